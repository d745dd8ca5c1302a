"""Conversations that `rwkvk serve` keeps: responses, chats with a session, forks, stores, owners, and what is wrong.

usage: conversations_test.py PROGRAM
"""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serve_test import ANSWER, Served  # noqa: E402  (takes PROGRAM from the arguments)

UNKNOWN = "0" * 22
# Answers of many tokens, which a client can leave.
ENDLESS = {"temperature": 5, "top_p": 1, "logit_bias": {"0": -100, "\n": -100, "\n\n": -100}, "max_output_tokens": 30000, "seed": 8}


class Talking(Served):
    def json(self, method, path, body=None, key=None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if key:
            headers["Authorization"] = "Bearer " + key
        status, text, _ = self.ask(method, path, None if body is None else json.dumps(body), headers)
        return status, json.loads(text)

    def ok(self, method, path, body=None, key=None):
        status, answer = self.json(method, path, body, key)
        assert status == 200, answer
        return answer

    def respond(self, said, **fields):
        return self.ok("POST", "/v1/responses", {"input": said, "seed": 1, **fields})

    def events(self, said, **fields):
        body = json.dumps({"input": said, "seed": 1, "stream": True, **fields})
        status, text, _ = self.ask("POST", "/v1/responses", body, {"Content-Type": "application/json"})
        assert status == 200, text
        events = [event.split("\n") for event in text.split("\n\n") if event]
        read = [json.loads(data[len("data: "):]) for _, data in events]
        assert [name for name, _ in events] == ["event: " + event["type"] for event in read]
        return read


def text_of(response):
    return "".join(part["text"] for item in response["output"] if item["type"] == "message" for part in item["content"])


class Conversations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Talking("-dev", "cpu", "-np", "4")

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def test_a_response_goes_on_from_another(self):
        first = self.server.respond("Hello!")
        self.assertEqual((text_of(first), first["status"], first["object"]), (ANSWER, "completed", "response"))
        second = self.server.respond("Who are you?", previous_response_id=first["id"])
        by_hand = self.server.chat(messages=[{"role": "user", "content": "Hello!"}, {"role": "assistant", "content": ANSWER},
                                             {"role": "user", "content": "Who are you?"}])
        self.assertEqual(second["rwkvk"]["fingerprint"], by_hand["rwkvk"]["fingerprint"])
        self.assertEqual(second["conversation"], first["conversation"])
        usage = second["usage"]
        self.assertEqual(usage["total_tokens"], usage["input_tokens"] + usage["output_tokens"])

    def test_the_tree_of_turns(self):
        first = self.server.respond("Hello!")
        name = first["conversation"]["id"]
        answers = [self.server.respond("Who are you?", previous_response_id=first["id"], instructions="Be brief.") for _ in range(2)]
        beginning = self.server.respond("Good morning!", previous_response_id=f"resp_{name[5:]}_0")
        alone = self.server.chat(messages=[{"role": "user", "content": "Good morning!"}])
        self.assertEqual(beginning["rwkvk"]["fingerprint"], alone["rwkvk"]["fingerprint"], "it follows nothing")
        turns = self.server.ok("GET", f"/v1/conversations/{name}/turns")
        kept = [first, *answers, beginning]
        self.assertEqual([turn["id"] for turn in turns["data"]], [response["id"] for response in kept])
        self.assertEqual([turn["previous_response_id"] for turn in turns["data"]], [None, first["id"], first["id"], None])
        self.assertEqual([turn["instructions"] for turn in turns["data"]], [None, "Be brief.", "Be brief.", None])
        self.assertEqual([turn["input"][0]["content"][0]["text"] for turn in turns["data"]], ["Hello!", "Who are you?", "Who are you?", "Good morning!"])
        for turn, response in zip(turns["data"], kept):
            self.assertEqual(turn["output"], response["output"])
            self.assertEqual({key: turn["rwkvk"][key] for key in ("seed", "fingerprint", "timings", "system_fingerprint")},
                             {key: response["rwkvk"][key] for key in ("seed", "fingerprint", "timings", "system_fingerprint")})
        self.assertEqual(turns["conversation"]["rwkvk"]["head"], beginning["id"])
        self.assertEqual(self.server.json("GET", f"/v1/responses/resp_{name[5:]}_0")[0], 404)
        self.assertEqual(self.server.json("GET", f"/v1/conversations/conv_{UNKNOWN}/turns")[0], 404)

    def test_instructions_stand_before_all_and_are_not_inherited(self):
        first = self.server.respond("Hello!", instructions="Be brief.")
        with_system = self.server.chat(messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello!"}])
        self.assertEqual(first["rwkvk"]["fingerprint"], with_system["rwkvk"]["fingerprint"])
        self.assertEqual(first["instructions"], "Be brief.")
        second = self.server.respond("And?", previous_response_id=first["id"])
        self.assertIsNone(second["instructions"])
        by_hand = self.server.chat(messages=[{"role": "user", "content": "Hello!"}, {"role": "assistant", "content": text_of(first)},
                                             {"role": "user", "content": "And?"}])
        self.assertEqual(second["rwkvk"]["fingerprint"], by_hand["rwkvk"]["fingerprint"])

    def test_an_older_response_is_a_fork_and_the_same_one_twice_gives_siblings(self):
        first = self.server.respond("Hello!")
        second = self.server.respond("Who are you?", previous_response_id=first["id"])
        again = self.server.respond("Who are you?", previous_response_id=first["id"])
        other = self.server.respond("Where are you?", previous_response_id=first["id"])
        self.assertEqual(len({r["id"] for r in (first, second, again, other)}), 4)
        self.assertEqual(second["rwkvk"]["fingerprint"], again["rwkvk"]["fingerprint"])
        self.assertNotEqual(second["rwkvk"]["fingerprint"], other["rwkvk"]["fingerprint"])
        items = self.server.ok("GET", f"/v1/conversations/{first['conversation']['id']}/items?order=asc")["data"]
        self.assertEqual([item["content"][0]["text"] for item in items], ["Hello!", ANSWER, "Where are you?", text_of(other)])

    def test_a_stream_says_the_same_in_the_order_of_events(self):
        whole = self.server.respond("Hello!")
        events = self.server.events("Hello!")
        self.assertEqual([event["sequence_number"] for event in events], list(range(len(events))))
        kinds = [event["type"].removeprefix("response.") for event in events]
        self.assertEqual(kinds[:4], ["created", "in_progress", "output_item.added", "content_part.added"])
        self.assertEqual(kinds[-4:], ["output_text.done", "content_part.done", "output_item.done", "completed"])
        self.assertEqual(set(kinds[4:-4]), {"output_text.delta"})
        self.assertEqual("".join(event["delta"] for event in events[4:-4]), ANSWER)
        last = events[-1]["response"]
        self.assertEqual((text_of(last), last["rwkvk"]["fingerprint"]), (ANSWER, whole["rwkvk"]["fingerprint"]))
        self.assertTrue(last["rwkvk"]["committed"])
        cut = self.server.events("Hello!", max_output_tokens=2)[-1]
        self.assertEqual((cut["type"], cut["response"]["incomplete_details"]), ("response.incomplete", {"reason": "max_output_tokens"}))

    def test_responses_are_found_again_until_they_are_deleted(self):
        told = self.server.respond("Hello!", metadata={"a": "b"}, temperature=0.5)
        found = self.server.ok("GET", "/v1/responses/" + told["id"])
        for name in ("id", "status", "output", "usage", "metadata", "temperature", "model", "conversation"):
            self.assertEqual(found[name], told[name], name)
        self.assertEqual(self.server.ok("GET", f"/responses/{told['id']}/input_items")["data"][0]["content"],
                         [{"type": "input_text", "text": "Hello!"}])
        after = self.server.respond("And?", previous_response_id=told["id"])
        self.assertTrue(self.server.ok("DELETE", "/v1/responses/" + told["id"])["deleted"])
        self.assertEqual(self.server.json("GET", "/v1/responses/" + told["id"])[0], 404)
        self.assertEqual(self.server.json("POST", "/v1/responses", {"input": "x", "previous_response_id": told["id"]})[0], 404)
        self.assertEqual(self.server.ok("GET", "/v1/responses/" + after["id"])["id"], after["id"])

    def test_what_is_not_stored_is_not_found(self):
        told = self.server.respond("Hello!", store=False)
        self.assertEqual(text_of(told), ANSWER)
        self.assertNotIn("conversation", told)
        self.assertEqual(self.server.json("GET", "/v1/responses/" + told["id"])[0], 404)

    def test_a_conversation_from_its_beginning_to_its_end(self):
        made = self.server.ok("POST", "/v1/conversations", {"metadata": {"topic": "tea"}, "items": [
            {"type": "message", "role": "user", "content": "Hello!"}, {"role": "assistant", "content": [{"type": "output_text", "text": ANSWER}]}]})
        path = "/v1/conversations/" + made["id"]
        self.assertRegex(made["id"], "^conv_[A-Za-z0-9]{22}$")
        self.assertEqual(self.server.ok("GET", path)["metadata"], {"topic": "tea"})
        self.assertEqual(self.server.ok("POST", path, {"metadata": {"topic": "tree"}})["metadata"], {"topic": "tree"})
        added = self.server.ok("POST", path + "/items", {"items": [{"role": "user", "content": "Wait."}]})["data"]
        answer = self.server.respond("Who are you?", conversation=made["id"])
        by_hand = self.server.chat(messages=[
            {"role": "user", "content": "Hello!"}, {"role": "assistant", "content": ANSWER}, {"role": "user", "content": "Wait."},
            {"role": "user", "content": "Who are you?"}])
        self.assertEqual(answer["rwkvk"]["fingerprint"], by_hand["rwkvk"]["fingerprint"])
        page = self.server.ok("GET", path + "/items?limit=2")
        self.assertEqual(([i["role"] for i in page["data"]], page["has_more"]), (["assistant", "user"], True))
        rest = self.server.ok("GET", path + "/items?after=" + page["last_id"])
        self.assertEqual((len(rest["data"]), rest["has_more"]), (3, False))
        item = path + "/items/" + added[0]["id"]
        self.assertEqual(self.server.ok("GET", item), added[0])
        self.server.ok("DELETE", item)
        self.assertEqual(self.server.json("GET", item)[0], 404)
        self.assertEqual(len(self.server.ok("GET", path + "/items")["data"]), 4)
        self.assertIn(made["id"], [c["id"] for c in self.server.ok("GET", "/v1/conversations?limit=100")["data"]])
        self.assertEqual(self.server.ok("DELETE", path), {"id": made["id"], "object": "conversation.deleted", "deleted": True})
        self.assertEqual([self.server.json(method, path)[0] for method in ("GET", "DELETE")], [404, 404])
        self.assertEqual(self.server.json("GET", "/v1/responses/" + answer["id"])[0], 404)

    def test_a_chat_with_a_session_sends_what_is_new(self):
        session = self.server.ok("POST", "/v1/conversations", {})["id"]
        first = self.server.chat(session_id=session)
        second = self.server.chat(conversation={"id": session}, messages=[{"role": "user", "content": "Who are you?"}])
        by_hand = self.server.chat(messages=[{"role": "user", "content": "Hello!"}, {"role": "assistant", "content": ANSWER},
                                             {"role": "user", "content": "Who are you?"}])
        self.assertEqual(second["rwkvk"]["fingerprint"], by_hand["rwkvk"]["fingerprint"])
        self.assertTrue(first["rwkvk"]["committed"])
        fork = self.server.respond("Who are you?", previous_response_id=first["rwkvk"]["response"])
        self.assertEqual(fork["rwkvk"]["fingerprint"], by_hand["rwkvk"]["fingerprint"])
        last = self.server.stream(session_id=session)[-1]
        self.assertTrue(last["rwkvk"]["committed"])
        self.assertNotIn("response", self.server.chat()["rwkvk"])
        self.assertEqual(self.server.json("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}], "session_id": "mine"})[0], 404)

    def begin_endless(self, **fields):
        connection = self.server.connect()
        connection.request("POST", "/v1/responses", json.dumps({"input": "Hello!", "stream": True, **ENDLESS, **fields}),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        seen = b""
        while seen.count(b"output_text.delta") < 6:
            seen += answer.read1(1000)
        return connection, json.loads(seen.split(b"\n")[1][6:])["response"]

    def test_of_two_that_append_at_once_the_second_is_told_to_wait(self):
        session = self.server.ok("POST", "/v1/conversations", {})["id"]
        connection, begun = self.begin_endless(conversation=session)
        status, text, headers = self.server.ask("POST", "/v1/responses", json.dumps({"input": "x", "conversation": session}))
        self.assertEqual((status, json.loads(text)["error"]["code"], headers["Retry-After"]), (409, "conversation_busy", "1"))
        self.assertEqual(self.server.json("POST", f"/v1/conversations/{session}/items", {"items": [{"role": "user", "content": "x"}]})[0], 409)
        connection.sock.shutdown(2)  # the answer holds the socket too
        connection.close()
        for _ in range(200):
            status, found = self.server.json("GET", "/v1/responses/" + begun["id"])
            if status == 200:
                break
            time.sleep(0.05)
        # A client that leaves: kept as far as it came, and others may go on.
        self.assertEqual((status, found.get("status")), (200, "cancelled"))
        self.assertTrue(text_of(found))
        self.assertEqual(self.server.respond("And?", conversation=session)["status"], "completed")

    def test_many_at_once_leave_one_line_of_turns(self):
        session = self.server.ok("POST", "/v1/conversations", {})["id"]
        def append(number):
            return self.server.json("POST", "/v1/responses", {"input": f"Number {number}", "conversation": session, "max_output_tokens": 3})
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(append, range(8)))
        done = [answer for status, answer in answers if status == 200]
        self.assertEqual({status for status, _ in answers} - {200, 409}, set())
        self.assertTrue(done and all(answer["rwkvk"]["committed"] for answer in done))
        self.assertEqual(len(self.server.ok("GET", f"/v1/conversations/{session}/items?limit=100")["data"]), 2 * len(done))

    def test_a_conversation_that_is_erased_meanwhile_stays_so(self):
        session = self.server.ok("POST", "/v1/conversations", {})["id"]
        connection, begun = self.begin_endless(conversation=session)
        self.server.ok("DELETE", "/v1/conversations/" + session)
        connection.sock.shutdown(2)  # the answer holds the socket too
        connection.close()
        time.sleep(0.3)
        self.assertEqual(self.server.json("GET", "/v1/responses/" + begun["id"])[0], 404)
        self.assertEqual(self.server.json("GET", "/v1/conversations/" + session)[0], 404)

    def refused(self, expected, words, body, path="/v1/responses", method="POST"):
        status, answer = self.server.json(method, path, body)
        self.assertEqual(status, expected, answer)
        self.assertIn(words, answer["error"]["message"])

    def test_what_is_wrong_is_told(self):
        response, conversation = f"resp_{UNKNOWN}_1", f"conv_{UNKNOWN}"
        self.refused(400, "input: expected", {})
        self.refused(400, "input: expected", {"input": []})
        self.refused(400, "input[0].role", {"input": [{"role": "robot", "content": "x"}]})
        self.refused(400, "input[0].content[0].text", {"input": [{"role": "user", "content": [{"type": "input_text"}]}]})
        self.refused(501, "input_image", {"input": [{"role": "user", "content": [{"type": "input_image"}]}]})
        self.refused(400, "input[0].call_id", {"input": [{"type": "function_call"}]})
        self.refused(400, "input[0].output", {"input": [{"type": "function_call_output", "call_id": "x"}]})
        self.refused(501, "web_search", {"input": "x", "tools": [{"type": "web_search"}]})
        self.refused(501, "background", {"input": "x", "background": True})
        self.refused(400, "temperature", {"input": "x", "temperature": "hot"})
        self.refused(400, "previous_response_id", {"input": "x", "previous_response_id": response, "conversation": conversation})
        self.refused(400, "conversation: expected", {"input": "x", "conversation": 3})
        self.refused(404, "no conversation", {"input": "x", "conversation": conversation})
        for hostile in ("", "resp_", "../../etc/passwd", response + "0" * 30, response.replace("_1", "_-1"), "resp_%00"):
            self.refused(404, "no conversation", {"input": "x", "previous_response_id": hostile})
        for path in (conversation, "conv_..", "conv_%2e%2e%2fx", "x" * 3000):
            self.assertEqual(self.server.json("GET", "/v1/conversations/" + path)[0], 404)
            self.assertEqual(self.server.json("DELETE", "/v1/responses/" + path)[0], 404)
        self.refused(400, "metadata", {"metadata": {"a": 3}}, "/v1/conversations")
        self.refused(400, "metadata", {"metadata": {"a": "x" * 600}}, "/v1/conversations")
        self.refused(400, "items[0]", {"items": [3]}, "/v1/conversations")
        self.refused(400, "limit", None, "/v1/conversations?limit=1000", "GET")
        self.assertEqual(self.server.json("PUT", "/v1/conversations/" + conversation)[0], 405)
        self.refused(400, "levels", {"items": json.loads("[" * 80 + "]" * 80)}, "/v1/conversations")


class Stores(unittest.TestCase):
    def test_a_folder_keeps_conversations_over_a_restart_and_shares_them(self):
        with tempfile.TemporaryDirectory() as folder:
            first = Talking("-dev", "cpu", "--store", folder)
            said = ["Hello!", "Who are you?", "And who am I?"]
            begun = first.respond(said[0])
            unbroken = [begun, first.respond(said[1], previous_response_id=begun["id"])]
            unbroken.append(first.respond(said[2], previous_response_id=unbroken[1]["id"]))
            self.assertEqual(first.stop(), 0)
            servers = [Talking("-dev", "cpu", "--store", folder) for _ in range(2)]
            second = servers[0].respond(said[1], previous_response_id=begun["id"])
            third = servers[1].respond(said[2], previous_response_id=second["id"])
            self.assertEqual([a["rwkvk"]["fingerprint"] for a in (second, third)], [a["rwkvk"]["fingerprint"] for a in unbroken[1:]])
            self.assertEqual(servers[0].ok("GET", "/v1/responses/" + third["id"])["output"], third["output"])
            file = next(os.path.join(root, name) for root, _, names in os.walk(folder) for name in names if name.endswith(".json"))
            with open(file, "w", encoding="utf-8") as damaged:
                damaged.write("{}")
            status, answer = servers[0].json("GET", "/v1/responses/" + third["id"])
            self.assertEqual((status, answer["error"]["code"]), (500, "conversation_damaged"))
            self.assertEqual([server.stop() for server in servers], [0, 0])

    def test_a_store_that_cannot_be_used_ends_the_program(self):
        failed = Served("--store", "/proc/none/store", ready=False)
        failed.process.wait(60)
        self.assertEqual((failed.stop(), len(failed.said())), (1, 1), failed.said())
        self.assertIn("/proc/none/store", failed.said()[0])

    def test_servers_share_a_redis_and_one_that_is_killed_is_not_missed(self):
        if not shutil.which("redis-server"):
            self.skipTest("redis-server is missing (Debian: redis-server)")
        with tempfile.TemporaryDirectory() as folder:
            socket = os.path.join(folder, "socket")
            redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder],
                                     stdout=subprocess.DEVNULL)
            self.addCleanup(redis.kill)
            for _ in range(500):
                if os.path.exists(socket):
                    break
                time.sleep(0.02)
            store = "redis+unix:" + socket
            first, second = [Talking("-dev", "cpu", "--store", store) for _ in range(2)]
            begun = first.respond("Hello!")
            forks = [server.respond("Who are you?", previous_response_id=begun["id"]) for server in (first, second)]
            self.assertEqual(forks[0]["rwkvk"]["fingerprint"], forks[1]["rwkvk"]["fingerprint"])
            self.assertNotEqual(forks[0]["id"], forks[1]["id"])
            first.process.kill()
            first.process.communicate()
            self.assertTrue(second.respond("And?", conversation=begun["conversation"])["rwkvk"]["committed"])
            redis.kill()
            redis.wait()
            status, answer = second.json("POST", "/v1/responses", {"input": "x", "conversation": begun["conversation"]})
            self.assertEqual((status, answer["error"]["code"]), (503, "store_unavailable"))
            self.assertEqual(second.json("GET", "/v1/responses/" + begun["id"])[0], 503)
            self.assertEqual(text_of(second.respond("Hello!", store=False)), ANSWER)
            self.assertEqual(second.chat()["choices"][0]["message"]["content"], ANSWER)
            self.assertEqual(second.stop(), 0)

    def test_others_find_nothing(self):
        with tempfile.NamedTemporaryFile("w", suffix=".keys") as keys:
            keys.write("one ann\ntwo bob\nthree ann\n")
            keys.flush()
            server = Talking("-dev", "cpu", "--api-key-file", keys.name)
            told = server.ok("POST", "/v1/responses", {"input": "Hello!", "seed": 1}, "one")
            conversation = "/v1/conversations/" + told["conversation"]["id"]
            for method, path, body in (("GET", "/v1/responses/" + told["id"], None), ("DELETE", "/v1/responses/" + told["id"], None),
                                       ("GET", conversation, None), ("DELETE", conversation, None), ("GET", conversation + "/items", None),
                                       ("POST", conversation, {"metadata": {}}), ("POST", conversation + "/items", {"items": "x"}),
                                       ("POST", "/v1/responses", {"input": "x", "previous_response_id": told["id"]}),
                                       ("POST", "/v1/responses", {"input": "x", "conversation": told["conversation"]})):
                status, answer = server.json(method, path, body, "two")
                self.assertEqual((status, answer["error"]["code"]), (404, "conversation_not_found"), path)
            self.assertEqual(server.ok("GET", "/v1/conversations", None, "two")["data"], [])
            self.assertEqual(server.json("GET", conversation)[0], 401)
            self.assertEqual(server.ok("GET", "/v1/responses/" + told["id"], None, "three")["id"], told["id"])
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
