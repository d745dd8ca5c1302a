"""States of conversations in stores that servers share: another server goes on from them, and what is missing, damaged or somebody
else's is read again from text, with the same answer.

usage: shared_states_test.py PROGRAM
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from conversations_test import Talking  # noqa: E402  (takes PROGRAM from the arguments)

STORY = "My name is Ada, and I walked along the river to the old mill with my brother. " * 4


class Sharing(Talking):
    def states(self, what, **headers):
        """How many states became that."""
        found = re.search(rf'^rwkvk_store_states_total{{what="{what}"}} (\d+)$', self.get("/metrics", **headers)[1], re.M)
        return int(found.group(1)) if found else 0

    def hits(self, tier):
        return int(re.search(rf'^rwkvk_prefix_cache_hits_total{{tier="{tier}"}} (\d+)$', self.get("/metrics")[1], re.M).group(1))

    def wait_until_saved(self, count):
        for _ in range(600):
            if self.states("saved") >= count:
                return
            time.sleep(0.05)
        raise AssertionError(f"{count} states were to be saved, {self.states('saved')} were")


def start(*flags):
    return Sharing("-dev", "cpu", *flags)


def talk(servers, count=3):
    """Turns of one conversation, each at the next server; the last of them."""
    turns = [servers[0].respond(STORY, max_output_tokens=40)]
    servers[0].wait_until_saved(1)
    for i in range(1, count):
        at = servers[i % len(servers)]
        saved = at.states("saved")
        turns.append(at.respond(f"Number {i}: what is my name?", previous_response_id=turns[-1]["id"], max_output_tokens=40))
        at.wait_until_saved(saved + 1)
    return turns


def fingerprints(turns):
    return [turn["rwkvk"]["fingerprint"] for turn in turns]


def cached(turn):
    return turn["usage"]["input_tokens_details"]["cached_tokens"]


class SharedStates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        alone = start()
        cls.expected = []
        previous = {}
        for said in (STORY, "Number 1: what is my name?", "Number 2: what is my name?"):
            turn = alone.respond(said, max_output_tokens=40, **previous)
            previous = {"previous_response_id": turn["id"]}
            cls.expected.append(turn["rwkvk"]["fingerprint"])
        assert alone.states("saved") == 0  # there is nobody to share with
        assert alone.stop() == 0

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self, *flags):
        server = start(*flags)
        self.addCleanup(server.process.kill)
        return server

    def files(self):
        return sorted(glob.glob(self.folder + "/s/*/*.safetensors"))

    def check_passed_on(self, servers):
        turns = talk(servers)
        self.assertEqual(fingerprints(turns), self.expected)
        for turn, server in zip(turns[1:], servers[1:] + servers):
            said_before = turn["usage"]["input_tokens"]
            self.assertGreater(cached(turn), said_before // 2)
        self.assertEqual(servers[1].states("fetched"), 1)
        self.assertGreaterEqual(servers[1].hits("store"), cached(turns[1]))
        self.assertEqual([server.stop() for server in servers], [0, 0])

    def test_another_server_goes_on_from_a_state_in_the_folder(self):
        self.check_passed_on([self.start("--store", self.folder) for _ in range(2)])
        self.assertEqual(len(self.files()), 3)

    def test_states_may_be_kept_beside_a_redis_or_in_it(self):
        if not shutil.which("redis-server"):
            self.skipTest("redis-server is missing (Debian: redis-server)")
        socket = os.path.join(self.folder, "socket")
        redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", self.folder],
                                 stdout=subprocess.DEVNULL)
        self.addCleanup(redis.kill)
        while not os.path.exists(socket):
            time.sleep(0.02)
        store = "redis+unix:" + socket
        self.check_passed_on([self.start("--store", store) for _ in range(2)])
        self.assertEqual(self.files(), [])
        self.check_passed_on([self.start("--store", store, "--state-store", self.folder) for _ in range(2)])
        self.assertEqual(len(self.files()), 3)
        redis.kill()
        redis.wait()

    def test_a_store_that_ends_costs_time_only(self):
        first, second = self.start("--store", self.folder), self.start("--store", self.folder)
        begun = talk([first], 1)[0]
        for file in self.files():
            os.remove(file)
        shutil.rmtree(self.folder + "/s")
        turn = second.respond("Number 1: what is my name?", previous_response_id=begun["id"], max_output_tokens=40)
        self.assertEqual(turn["rwkvk"]["fingerprint"], self.expected[1])
        self.assertEqual((second.states("missing"), cached(turn)), (1, 0))
        for _ in range(600):
            if 'rwkvk_store_errors_total{op="put_state"} 1' in second.get("/metrics")[1]:
                break
            time.sleep(0.05)
        self.assertIn('rwkvk_store_errors_total{op="put_state"} 1', second.get("/metrics")[1])
        self.assertIn("rwkvk_store_up 1", second.get("/metrics")[1])
        self.assertEqual([first.stop(), second.stop()], [0, 0])

    def check_refused(self, spoil):
        first, second = self.start("--store", self.folder), self.start("--store", self.folder)
        begun = talk([first], 1)[0]
        spoil(first, self.files()[0])
        bad = self.files()[0]
        turn = second.respond("Number 1: what is my name?", previous_response_id=begun["id"], max_output_tokens=40)
        self.assertEqual(turn["rwkvk"]["fingerprint"], self.expected[1])
        self.assertEqual((second.states("damaged"), second.states("fetched"), cached(turn)), (1, 0, 0))
        self.assertFalse(os.path.exists(bad))
        self.assertEqual([first.stop(), second.stop()], [0, 0])
        told = [line for line in second.said() if "is damaged and was deleted" in line]
        self.assertEqual(len(told), 1, second.said())
        self.assertIn(os.path.basename(bad).split(".")[0], told[0])

    def test_a_damaged_state_is_deleted_and_told_of(self):
        def spoil(_, file):
            with open(file, "r+b") as state:
                state.seek(-5000, os.SEEK_END)
                state.write(b"damage")
        self.check_refused(spoil)

    def test_a_file_that_is_cut_or_is_nothing_at_all_is_too(self):
        for content in (b"", b"\0" * 100, b"\xff" * 8 + b"{}", os.urandom(4096)):
            with self.subTest(content[:8]):
                def spoil(_, file, content=content):
                    with open(file, "wb") as state:
                        state.write(content)
                self.check_refused(spoil)
                shutil.rmtree(self.folder + "/s")

    def test_a_whole_state_of_other_words_is_too(self):
        def spoil(first, file):
            first.respond("Another " + STORY, max_output_tokens=3)
            first.wait_until_saved(2)
            other = next(each for each in self.files() if each != file)
            os.replace(other, file)
        self.check_refused(spoil)

    def test_a_server_that_is_started_again_goes_on_where_it_was(self):
        begun = self.start("--store", self.folder)
        turn = talk([begun], 1)[0]
        self.assertEqual(begun.stop(), 0)
        again = self.start("--store", self.folder)
        turn = again.respond("Number 1: what is my name?", previous_response_id=turn["id"], max_output_tokens=40)
        self.assertEqual((turn["rwkvk"]["fingerprint"], again.states("fetched")), (self.expected[1], 1))
        self.assertEqual(again.stop(), 0)

    def test_what_is_saved_when_the_server_is_told_to_end_is_there(self):
        server = self.start("--store", self.folder)
        server.respond(STORY, max_output_tokens=40)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(len(self.files()), 1)

    def test_owners_share_no_states_and_none_are_left_where_nobody_wants_them(self):
        keys = os.path.join(self.folder, "keys")
        with open(keys, "w", encoding="utf-8") as file:
            file.write("one ann\ntwo bob\n")
        store = os.path.join(self.folder, "store")
        server = self.start("--store", store, "--api-key-file", keys)
        for key in ("one", "two"):
            server.ok("POST", "/v1/responses", {"input": STORY, "seed": 1, "max_output_tokens": 40}, key)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(len(glob.glob(store + "/s/*/*.safetensors")), 2)
        other = os.path.join(self.folder, "other")
        server = self.start("--store", other, "--state-store", "none")
        server.respond(STORY, max_output_tokens=40)
        server.respond("Hello!")
        self.assertEqual(server.stop(), 0)
        self.assertFalse(os.path.exists(other + "/s"))

    def test_chats_of_a_session_and_instructions_are_passed_on_too(self):
        servers = [self.start("--store", self.folder) for _ in range(2)]
        session = servers[0].ok("POST", "/v1/conversations", {})["id"]
        servers[0].chat(session_id=session, messages=[{"role": "user", "content": STORY}], max_tokens=40)
        servers[0].wait_until_saved(1)
        turn = servers[1].chat(session_id=session, max_tokens=40)
        self.assertEqual(servers[1].states("fetched"), 1)
        self.assertGreater(turn["usage"]["prompt_tokens_details"]["cached_tokens"], 64)
        first = servers[0].respond("Hello!", instructions=STORY)
        servers[0].wait_until_saved(2)
        with_it = servers[1].respond("And?", instructions=STORY, previous_response_id=first["id"])
        self.assertEqual(servers[1].states("fetched"), 2)
        without = servers[1].respond("And?", previous_response_id=first["id"])
        self.assertNotEqual(with_it["rwkvk"]["fingerprint"], without["rwkvk"]["fingerprint"])
        self.assertEqual([server.stop() for server in servers], [0, 0])


class StateFiles(unittest.TestCase):
    """States that clients keep, with servers that share nothing."""

    @classmethod
    def setUpClass(cls):
        cls.servers = [start() for _ in range(2)]

    @classmethod
    def tearDownClass(cls):
        assert [server.stop() for server in cls.servers] == [0, 0]

    def raw(self, server, method, path, body=None):
        connection = server.connect()
        connection.request(method, path, body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    def test_a_client_brings_text_and_state_to_another_server(self):
        first, second = self.servers
        turn = first.respond(STORY, max_output_tokens=40)
        path = "/v1/conversations/" + turn["conversation"]["id"]
        status, state = self.raw(first, "GET", path + "/state")
        self.assertEqual(status, 200)
        self.assertEqual(self.raw(first, "GET", path + "/state?turn=1"), (200, state))
        items = [{"role": item["role"], "content": item["content"]} for item in first.ok("GET", path + "/items?order=asc")["data"]]
        there = second.ok("POST", "/v1/conversations", {"items": items})
        status, told = self.raw(second, "PUT", f"/v1/conversations/{there['id']}/state", state)
        self.assertEqual(status, 200, told)
        here_turn = first.respond("What is my name?", conversation=turn["conversation"])
        there_turn = second.respond("What is my name?", conversation=there["id"])
        self.assertEqual(there_turn["rwkvk"]["fingerprint"], here_turn["rwkvk"]["fingerprint"])
        self.assertEqual(cached(there_turn), json.loads(told)["tokens"])

    def test_what_is_no_state_of_the_conversation_is_refused(self):
        first, second = self.servers
        turn = first.respond(STORY, max_output_tokens=40)
        path = "/v1/conversations/" + turn["conversation"]["id"]
        state = self.raw(first, "GET", path + "/state")[1]
        other = second.respond("Other words", max_output_tokens=4)
        there = "/v1/conversations/" + other["conversation"]["id"]
        for body in (state, b"", b"nothing", state[:1000], state[:-3]):
            status, told = self.raw(second, "PUT", there + "/state", body)
            self.assertEqual((status, json.loads(told)["error"]["type"]), (400, "invalid_request_error"), told)
        unknown = "/v1/conversations/conv_" + "0" * 22
        empty = "/v1/conversations/" + first.ok("POST", "/v1/conversations", {})["id"]
        for method, at, expected in (("GET", unknown, 404), ("PUT", unknown, 404), ("GET", empty, 400), ("PUT", empty, 400)):
            self.assertEqual(self.raw(first, method, at + "/state", b"x" if method == "PUT" else None)[0], expected)
        for turn_number in ("2", "x", "-1", "99999999999999999999"):
            self.assertEqual(self.raw(first, "GET", path + "/state?turn=" + turn_number)[0], 400)


if __name__ == "__main__":
    unittest.main(verbosity=2)
