"""`rwkvk serve` as a client sees it: answers, streams, refusals, clients that leave, and the same bits alone and among others.

usage: serve_test.py PROGRAM
"""
import concurrent.futures
import http.client
import json
import math
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else "rwkvk"
HELLO = [{"role": "user", "content": "Hello!"}]
ANSWER = "Hello! How can I help you?"
KEY = "a-secret"


class Served:
    """A server of its own, on a port that is free."""

    def __init__(self, *flags, ready=True):
        command = [PROGRAM, "serve", "--port", "0", *flags]
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        self.port = int(re.search(r":(\d+)$", line).group(1)) if line else 0
        if ready:
            self.wait_until_ready()

    def wait_until_ready(self):
        for _ in range(3000):  # a device that is new is tested first
            if self.get("/health")[0] == 200:
                return
            time.sleep(0.1)
        raise AssertionError("the server is not ready within 5 minutes")

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def ask(self, method, path, body=None, headers=()):
        connection = self.connect()
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text, dict(answer.getheaders())

    def get(self, path, **headers):
        return self.ask("GET", path, None, headers)[:2]

    def post(self, path, body, **headers):
        status, text, _ = self.ask("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
        return status, json.loads(text)

    def chat(self, **fields):
        status, answer = self.post("/v1/chat/completions", {"messages": HELLO, "seed": 1, **fields})
        assert status == 200, answer
        return answer

    def stream(self, **fields):
        """The events of a stream, without its end."""
        body = json.dumps({"messages": HELLO, "seed": 1, "stream": True, **fields})
        status, text, headers = self.ask("POST", "/v1/chat/completions", body)
        assert status == 200 and headers["Content-Type"].startswith("text/event-stream"), text
        events = [event[len("data: "):] for event in text.split("\n\n") if event.startswith("data: ")]
        assert events[-1] == "[DONE]", text
        return [json.loads(event) for event in events[:-1]]

    def metric(self, name):
        return float(re.search(rf"^rwkvk_{name} (\S+)$", self.get("/metrics")[1], re.M).group(1))

    def said(self):
        """The lines on stderr, of one that has ended."""
        return self.lines

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        if not self.log.closed:
            self.log.seek(0)
            self.lines = self.log.read().splitlines()
            self.log.close()
        return self.process.returncode


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Served("-dev", "cpu", "-np", "6", "--queue", "100")

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def test_a_question_is_answered(self):
        answer = self.server.chat()
        self.assertEqual(answer["choices"][0]["message"], {"role": "assistant", "content": ANSWER})
        self.assertEqual(answer["choices"][0]["finish_reason"], "stop")
        self.assertEqual(answer["model"], "rwkvk-demo")
        usage = answer["usage"]
        self.assertEqual(usage["total_tokens"], usage["prompt_tokens"] + usage["completion_tokens"])
        self.assertEqual(answer["rwkvk"]["seed"], 1)
        self.assertRegex(answer["system_fingerprint"], "^b2-[0-9a-f]{16}$")

    def test_a_stream_says_the_same(self):
        whole = self.server.chat()
        first, *pieces, last, usage = self.server.stream(stream_options={"include_usage": True})
        self.assertEqual(first["choices"][0]["delta"], {"role": "assistant", "content": None})
        self.assertTrue(all("role" not in piece["choices"][0]["delta"] for piece in pieces))
        self.assertEqual("".join(piece["choices"][0]["delta"]["content"] for piece in pieces), ANSWER)
        self.assertEqual((last["choices"][0]["delta"], last["choices"][0]["finish_reason"]), ({}, "stop"))
        self.assertEqual(usage["choices"], [])
        self.assertEqual(usage["usage"]["completion_tokens"], whole["usage"]["completion_tokens"])
        self.assertEqual(usage["rwkvk"], whole["rwkvk"])
        self.assertEqual(len({piece["id"] for piece in [first, *pieces, last, usage]}), 1)
        self.assertNotIn("usage", self.server.stream()[-1])

    def test_a_conversation_goes_on_from_what_was_read(self):
        story = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "My name is Ada."}]
        first = self.server.chat(messages=story)
        story += [first["choices"][0]["message"], {"role": "user", "content": [{"type": "text", "text": "What is my name?"}]}]
        second = self.server.chat(messages=story)
        self.assertIn("Ada", second["choices"][0]["message"]["content"])
        # All but the end of the first prompt, which asks for no reasoning and is no part of the history.
        self.assertGreater(second["usage"]["prompt_tokens_details"]["cached_tokens"], first["usage"]["prompt_tokens"] - 6)

    def test_64_at_once_are_those_alone(self):
        asked = [{"messages": [{"role": "user", "content": f"What is {17 * i} + {i}?"}], "seed": i, "temperature": 3, "top_p": 1,
                  "max_tokens": 24, "n": 1 + i % 2} for i in range(32)]
        asked += [{**one, "stream": True, "stream_options": {"include_usage": True}} for one in asked]

        def fingerprint(fields):
            return (self.server.stream(**fields)[-1] if fields.get("stream") else self.server.chat(**fields))["rwkvk"]

        with concurrent.futures.ThreadPoolExecutor(64) as threads:
            together = list(threads.map(fingerprint, asked))
        self.assertEqual(together, [fingerprint(fields) for fields in asked])
        self.assertEqual(together[:32], together[32:])
        self.assertGreater(len({one["fingerprint"] for one in together}), 20)

    def test_choices_have_seeds_of_their_own(self):
        several = self.server.chat(n=3, temperature=3, top_p=1, max_tokens=12)
        self.assertEqual([choice["index"] for choice in several["choices"]], [0, 1, 2])
        alone = [self.server.chat(seed=seed, temperature=3, top_p=1, max_tokens=12) for seed in (1, 2, 3)]
        self.assertEqual([choice["message"] for choice in several["choices"]], [one["choices"][0]["message"] for one in alone])
        self.assertEqual(several["usage"]["completion_tokens"], sum(one["usage"]["completion_tokens"] for one in alone))

    def test_an_answer_goes_on_from_what_it_began_with(self):
        begun = [*HELLO, {"role": "assistant", "content": "Hello! How"}]
        self.assertEqual(self.server.chat(messages=begun, temperature=0)["choices"][0]["message"]["content"], " can I help you?")
        self.refused(400, messages=[*begun, begun[-1]])
        self.refused(400, messages=begun, add_generation_prompt=True)
        self.refused(400, messages=begun, continue_final_message=False)
        self.refused(400, continue_final_message=True)

    def test_limits_stops_and_biases(self):
        cut = self.server.chat(max_tokens=3)
        self.assertEqual((cut["choices"][0]["finish_reason"], cut["usage"]["completion_tokens"]), ("length", 3))
        self.assertEqual(self.server.chat(max_completion_tokens=0)["choices"][0]["message"]["content"], "")
        self.assertEqual(self.server.chat(stop="can")["choices"][0]["message"]["content"].strip(), "Hello! How")
        ids = self.server.post("/tokenize", {"content": "H"})[1]["tokens"]
        biased = self.server.chat(logit_bias={str(ids[0]): -100}, temperature=0)
        self.assertFalse(biased["choices"][0]["message"]["content"].startswith("H"))
        self.assertEqual(biased["rwkvk"], self.server.chat(logit_bias={"H": False}, temperature=0)["rwkvk"])

    def test_texts_and_ids_are_completed(self):
        status, text = self.server.post("/v1/completions", {"prompt": "User: Hello!\n\nAssistant:", "temperature": 0})
        self.assertEqual((status, text["object"]), (200, "text_completion"))
        ids = self.server.post("/tokenize", {"content": "User: Hello!\n\nAssistant:"})[1]["tokens"]
        self.assertEqual(self.server.post("/v1/completions", {"prompt": ids, "temperature": 0})[1]["rwkvk"]["fingerprint"],
                         text["rwkvk"]["fingerprint"])
        _, both = self.server.post("/v1/completions", {"prompt": ["Hello", "What"], "n": 2, "echo": True, "max_tokens": 4})
        self.assertEqual([choice["text"][:4] for choice in both["choices"]], ["Hell", "Hell", "What", "What"])

    def test_texts_are_scored_as_perplexity_has_it(self):
        text = "User: What is my name?\n\nAssistant: Your name is Ada. Grüße!\n\n"
        ids = self.server.post("/tokenize", {"content": text})[1]["tokens"]
        ask = {"prompt": [0, *ids], "echo": True, "logprobs": 3, "max_tokens": 1, "temperature": 0}
        before = self.server.post("/v1/completions", ask)[1]["choices"][0]["logprobs"]
        status, answer = self.server.post("/v1/completions", ask)  # of which a state is kept by now
        scores = answer["choices"][0]["logprobs"]
        self.assertEqual((status, scores), (200, before))
        self.assertEqual([len(scores[name]) for name in ("tokens", "token_logprobs", "top_logprobs", "text_offset")], [len(ids) + 2] * 4)
        self.assertIsNone(scores["token_logprobs"][0])
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            report = json.loads(subprocess.run([PROGRAM, "perplexity", "-dev", "cpu", "-f", file.name, "--json"], capture_output=True,
                                               text=True, check=True).stdout)
        self.assertEqual(report["tokens"], len(ids))
        self.assertAlmostEqual(-sum(scores["token_logprobs"][1:-1]), math.log(report["perplexity"]) * len(ids), delta=1e-4)
        for score, likeliest in list(zip(scores["token_logprobs"], scores["top_logprobs"]))[1:]:
            self.assertLessEqual(score, max(likeliest.values()))
            self.assertIn(score, likeliest.values())
        body = json.dumps({**ask, "stream": True})
        status, streamed, _ = self.server.ask("POST", "/v1/completions", body)
        pieces = [json.loads(event[6:])["choices"][0]["logprobs"] for event in streamed.split("\n\n")[:-2]]
        self.assertEqual({name: sum((piece[name] for piece in pieces), []) for name in scores}, scores)
        several = self.server.post("/v1/completions", {**ask, "n": 2})[1]["choices"]
        self.assertEqual([choice["logprobs"] for choice in several], [scores, scores])

    def test_tokens_of_an_answer_are_scored(self):
        scores = self.server.chat(logprobs=True, top_logprobs=2)["choices"][0]["logprobs"]["content"]
        self.assertEqual("".join(score["token"] for score in scores), ANSWER)
        self.assertTrue(all(score["logprob"] <= 0 and len(score["top_logprobs"]) == 2 for score in scores))
        self.assertEqual(b"".join(bytes(score["bytes"]) for score in scores).decode(), ANSWER)
        pieces = self.server.stream(logprobs=True, top_logprobs=2)
        self.assertEqual(sum((p["choices"][0]["logprobs"]["content"] for p in pieces if p["choices"][0]["delta"].get("content")), []), scores)
        self.assertIsNone(self.server.chat()["choices"][0]["logprobs"])

    def test_progress_and_times_are_told_while_it_comes(self):
        events = self.server.stream(messages=[{"role": "user", "content": "Say it. " * 600}], max_tokens=5, return_progress=True,
                                    timings_per_token=True)
        progress = [event["prompt_progress"] for event in events if "prompt_progress" in event]
        self.assertEqual(progress[0]["processed"], progress[0]["cache"])
        self.assertEqual(progress[-1]["processed"], progress[-1]["total"])
        self.assertEqual([p["processed"] for p in progress], sorted({p["processed"] for p in progress}))
        self.assertGreater(len(progress), 2)
        self.assertTrue(all("timings" in event for event in events if event["choices"][0]["delta"].get("content")))

    def test_the_native_way(self):
        ask = {"prompt": "User: Hello!\n\nAssistant:", "n_predict": 12, "temperature": 0, "n_probs": 2}
        status, answer = self.server.post("/completion", {**ask, "return_tokens": True})
        self.assertEqual((status, answer["stop"], answer["tokens_predicted"]), (200, True, len(answer["tokens"])))
        self.assertEqual(len(answer["completion_probabilities"]), len(answer["tokens"]))
        self.assertEqual(self.server.post("/detokenize", {"tokens": answer["tokens"]})[1]["content"], answer["content"])
        _, text, _ = self.server.ask("POST", "/completion", json.dumps({**ask, "stream": True}))
        events = [json.loads(event[6:]) for event in text.split("\n\n") if event]
        self.assertEqual("".join(event["content"] for event in events), answer["content"])
        self.assertEqual([event["stop"] for event in events], [False] * (len(events) - 1) + [True])
        self.assertEqual(answer["stop_type"], "limit")
        word = self.server.post("/completion", {**ask, "n_predict": 100, "stop": ["can"]})[1]
        self.assertEqual((word["stop_type"], word["stopping_word"]), ("word", "can"))
        _, several = self.server.post("/completion", {**ask, "prompt": ["Hello", {"prompt_string": "What"}]})
        self.assertEqual([one["prompt"] for one in several], ["Hello", "What"])
        self.assertEqual(self.server.post("/v1/chat/completions/input_tokens", {"messages": HELLO})[1]["input_tokens"],
                         self.server.chat()["usage"]["prompt_tokens"])

    def test_tokens_and_templates(self):
        content = "Grüße, 世界!"
        _, tokens = self.server.post("/tokenize", {"content": content})
        self.assertEqual(self.server.post("/detokenize", tokens)[1], {"content": content, "prompt": content})
        self.assertEqual(self.server.post("/tokenize", {"prompt": content})[1], tokens)
        self.assertEqual(json.loads(self.server.get("/tokenizer_info")[1])["vocab_size"], json.loads(self.server.get("/v1/models")[1])["data"][0]["meta"]["n_vocab"])
        _, pieces = self.server.post("/tokenize", {"content": content, "with_pieces": True})
        said = b"".join(p["piece"].encode() if isinstance(p["piece"], str) else bytes(p["piece"]) for p in pieces["tokens"])
        self.assertEqual(said.decode(), content)
        _, prompt = self.server.post("/apply-template", {"messages": HELLO})
        self.assertIn("Hello!", prompt["prompt"])

    def test_what_is_served_is_told(self):
        self.assertEqual(json.loads(self.server.get("/v1/models")[1])["data"][0]["id"], "rwkvk-demo")
        self.assertEqual(json.loads(self.server.get("/props")[1])["total_slots"], 6)
        self.assertEqual(self.server.get("/livez")[0], 200)
        self.assertEqual(self.server.ask("HEAD", "/")[:2], (200, ""))
        self.server.chat()
        self.assertGreater(self.server.metric("generation_tokens_total"), 0)
        self.assertIn('rwkvk_request_success_total{finished_reason="stop"}', self.server.get("/metrics")[1])
        self.assertEqual(self.server.metric("kv_cache_usage_perc"), 0)
        names = ("time_to_first_token", "request_queue_time", "request_prefill_time", "request_decode_time",
                 "request_time_per_output_token", "e2e_request_latency")
        before = [self.server.metric(name + "_seconds_count") for name in names]
        self.server.chat()
        self.assertEqual([self.server.metric(name + "_seconds_count") for name in names], [count + 1 for count in before])
        self.assertGreater(self.server.metric("e2e_request_latency_seconds_sum"), self.server.metric("request_decode_time_seconds_sum"))
        buckets = [int(count) for count in re.findall(r'^rwkvk_e2e_request_latency_seconds_bucket{le="[^"]+"} (\d+)$', self.server.get("/metrics")[1], re.M)]
        self.assertEqual((buckets, buckets[-1]), (sorted(buckets), before[-1] + 1))

    def refused(self, expected, path="/v1/chat/completions", **fields):
        status, answer = self.server.post(path, {"messages": HELLO, **fields})
        self.assertEqual(status, expected, answer)
        return answer["error"]["message"]

    def test_what_is_wrong_is_told(self):
        self.assertIn('temperature: expected a number from 0 to 100, found "hot"', self.refused(400, temperature="hot"))
        self.assertIn("n: expected a whole number from 1 to 8", self.refused(400, n=9))
        self.assertIn("messages: expected a list", self.refused(400, messages=[]))
        self.assertIn("messages[0].role", self.refused(400, messages=[{"role": "robot", "content": "x"}]))
        self.assertIn("messages[1]: expected an object", self.refused(400, messages=[HELLO[0], 3]))
        self.assertIn("empty", self.refused(400, messages=[{"role": "user", "content": " "}]))
        self.assertIn("logit_bias", self.refused(400, logit_bias={"5000000": 1}))
        self.assertIn("stop: expected", self.refused(400, stop=[1]))
        self.assertIn("functions is not supported", self.refused(501, functions=[{"name": "x"}]))
        self.assertIn("image_url", self.refused(501, messages=[{"role": "user", "content": [{"type": "image_url"}]}]))
        self.assertIn("prompt: expected", self.refused(400, path="/v1/completions"))
        self.assertIn("prompt: expected", self.refused(400, path="/v1/completions", prompt=""))
        self.assertIn("token 0 of the prompt", self.refused(400, path="/v1/completions", prompt=[4000000]))
        for body in ("", "{", "[]", "3", '"x"', "\xff", "[" * 100000, '{"messages":' * 1000):
            status, text, _ = self.server.ask("POST", "/v1/chat/completions", body.encode("latin-1"))
            self.assertEqual((status, json.loads(text)["error"]["type"]), (400, "invalid_request_error"))
        self.assertEqual(self.server.get("/nothing")[0], 404)
        self.assertEqual(self.server.get("/v1/chat/completions")[0], 405)
        self.assertEqual(self.server.get("/slots")[0], 501)
        self.assertEqual(self.server.ask("POST", "/tokenize", b" " * 5_000_000)[0], 413)

    def test_answers_follow_grammars_and_schemas(self):
        schema = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 20}, "age": {"type": "integer", "minimum": 0, "maximum": 99}},
                  "required": ["name", "age"]}
        wanted = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": schema}}
        for thinking in ({}, {"chat_template_kwargs": {"enable_thinking": True}}):
            answer = self.server.chat(response_format=wanted, temperature=1, **thinking)["choices"][0]
            person = json.loads(answer["message"]["content"])
            self.assertEqual((list(person), answer["finish_reason"]), (["name", "age"], "stop"))
        text = "".join(event["choices"][0]["delta"].get("content") or "" for event in self.server.stream(response_format=wanted) if event["choices"])
        self.assertEqual(list(json.loads(text)), ["name", "age"])
        answers = [choice["message"]["content"] for choice in self.server.chat(grammar='root ::= [ab]{5} "!"', temperature=1, n=3)["choices"]]
        for answer in answers:
            self.assertRegex(answer, r"^[ab]{5}!$")
        self.assertIsInstance(json.loads(self.server.chat(json_schema={"type": "array", "maxItems": 2, "items": {"type": "boolean"}})["choices"][0]["message"]["content"]), list)
        self.assertEqual(self.server.chat(response_format={"type": "text"})["choices"][0]["message"]["content"], ANSWER)
        status, answer = self.server.post("/v1/completions", {"prompt": "x", "grammar": 'root ::= "yes" | "no"', "max_tokens": 9})
        self.assertIn((status, answer["choices"][0]["text"]), [(200, "yes"), (200, "no")])

    def test_wrong_grammars_are_told_before_an_answer(self):
        def refused(**fields):
            return self.refused(400, stream=True, **fields)
        self.assertIn("grammar, line 1, column 10: the rule 'x' is used but not defined", refused(grammar="root ::= x"))
        self.assertIn("left recursion", refused(grammar='root ::= root "a" | "b"'))
        self.assertIn("the keyword 'multipleOf' is not supported", refused(json_schema={"type": "integer", "multipleOf": 2}))
        self.assertIn("response_format.type: expected text, json_object", refused(response_format={"type": "xml"}))
        self.assertIn("json_schema.schema: expected a schema", refused(response_format={"type": "json_schema", "json_schema": {"name": "x"}}))
        self.assertIn("leave out one", refused(grammar='root ::= "a"', json_schema={}))
        self.assertIn("leave out one", refused(response_format={"type": "json_object"}, json_schema={}))
        self.assertIn("grammar: expected a text", refused(grammar=3))

    def test_pages_of_others_may_not_ask(self):
        ask = {"messages": HELLO}
        self.assertEqual(self.server.post("/v1/chat/completions", ask, Origin="https://example.org")[0], 403)
        self.assertEqual(self.server.get("/v1/models", Host="example.org")[0], 403)
        self.assertEqual(self.server.get("/v1/models", **{"Sec-Fetch-Site": "cross-site"})[0], 403)
        own = f"http://127.0.0.1:{self.server.port}"
        self.assertEqual(self.server.post("/v1/chat/completions", ask, Origin=own)[0], 200)
        self.assertEqual(self.server.ask("POST", "/v1/chat/completions", json.dumps(ask), {"Origin": own, "Content-Type": "text/plain"})[0], 415)

    def test_a_client_that_leaves_frees_its_slot(self):
        for stream in (True, False):
            connection = self.server.connect()
            connection.request("POST", "/v1/chat/completions", json.dumps(
                {"messages": HELLO, "stream": stream, "max_tokens": 30000, "temperature": 5, "top_p": 1,
                 "logit_bias": {"0": -100, "\n": -100, "\n\n": -100}, "seed": 8}))  # no end of its own
            if stream:
                connection.getresponse().read(100)
            for _ in range(100):
                if self.server.metric("num_requests_running") > 0:
                    break
                time.sleep(0.02)
            self.assertGreater(self.server.metric("num_requests_running"), 0)
            connection.sock.shutdown(socket.SHUT_RDWR)  # closing waits for the response that is being read
            connection.close()
            left = time.monotonic()
            while self.server.metric("num_requests_running") > 0 and time.monotonic() < left + 60:
                time.sleep(0.02)
            self.assertEqual(self.server.metric("num_requests_running"), 0)
            self.assertIn('rwkvk_client_gone_total{phase=', self.server.get("/metrics")[1])


class Starts(unittest.TestCase):
    def test_keys(self):
        server = Served("-dev", "cpu", "--api-key", KEY, "--alias", "one,two")
        self.assertEqual(server.get("/v1/models")[0], 401)
        self.assertEqual(server.get("/v1/models", Authorization="Bearer a-secreT")[0], 401)
        status, text = server.get("/v1/models", Authorization="Bearer " + KEY)
        self.assertEqual([model["id"] for model in json.loads(text)["data"]], ["one", "two"])
        self.assertEqual(server.get("/v1/models", **{"x-api-key": KEY})[0], 200)
        self.assertEqual(server.get("/health")[0], 200)
        self.assertEqual(server.stop(), 0)

    def test_a_line_tells_of_each_request(self):
        server = Served("-dev", "cpu", "--api-key", KEY)
        key = {"Authorization": "Bearer " + KEY}
        question = json.dumps({"messages": HELLO, "seed": 1})
        self.assertEqual(server.ask("POST", "/v1/chat/completions", question, key)[0], 200)
        self.assertEqual(server.ask("POST", "/v1/chat/completions", question, {"x-api-key": "wrong"})[0], 401)
        self.assertEqual(server.ask("GET", "/v1/mod%c3%bcls", None, key)[0], 404)
        server.get("/health")
        self.assertEqual(server.stop(), 0)
        lines = [line for line in server.said() if " /" in line and "/health" not in line]
        self.assertEqual(len(lines), 3, lines)
        self.assertRegex(lines[0], r"^[0-9a-f]{16} 127\.0\.0\.1 POST /v1/chat/completions 200 \d+ ms, 1\d tokens read \(0 known\), \d+ written: stop$")
        self.assertRegex(lines[1], r"POST /v1/chat/completions 401 \d+ ms$")
        self.assertRegex(lines[2], r"GET /v1/mod\?\?ls 404 \d+ ms$")
        self.assertNotIn("Hello", " ".join(lines))

    def test_pages_of_listed_origins_may_ask(self):
        server = Served("-dev", "cpu", "--api-key", KEY, "--cors-origins", "https://example.org")
        own, other = {"Origin": "https://Example.org"}, {"Origin": "https://example.com"}
        status, _, headers = server.ask("OPTIONS", "/v1/chat/completions", None, own)
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (204, own["Origin"]))
        self.assertEqual(server.ask("OPTIONS", "/v1/chat/completions", None, other)[0], 403)
        self.assertEqual(server.ask("GET", "/v1/models", None, own)[0], 401)
        status, _, headers = server.ask("GET", "/v1/models", None, {**own, "x-api-key": KEY, "Sec-Fetch-Site": "cross-site"})
        self.assertEqual((status, headers["Access-Control-Allow-Origin"], headers["Vary"]), (200, own["Origin"], "Origin"))
        status, _, headers = server.ask("GET", "/v1/models", None, {"x-api-key": KEY})
        self.assertEqual((status, "Access-Control-Allow-Origin" in headers), (200, False))
        self.assertEqual(server.ask("GET", "/v1/models", None, {**other, "x-api-key": KEY})[0], 403)
        self.assertEqual(server.stop(), 0)

    def test_an_answer_is_whole_when_the_server_is_told_to_end(self):
        server = Served("-dev", "cpu")
        connection = server.connect()
        connection.request("POST", "/v1/chat/completions", json.dumps({"messages": HELLO, "seed": 1, "stream": True}))
        answer = connection.getresponse()
        answer.read(10)
        server.process.send_signal(signal.SIGTERM)
        self.assertTrue(answer.read().endswith(b"data: [DONE]\n\n"))
        connection.close()
        server.process.wait(60)
        self.assertEqual(server.stop(), 0)

    def fails(self, status, words, *flags):
        done = subprocess.run([PROGRAM, "serve", *flags], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (status, 1), done.stderr)
        self.assertIn(words, done.stderr)

    def test_flags_say_what_requests_do_not(self):
        server = Served("-dev", "cpu", "--slots", "-np", "3", "--seed", "7", "--temp", "0.5", "-c", "512")
        self.assertEqual(json.loads(server.get("/slots")[1]), [{"id": i, "n_ctx": 0, "is_processing": False} for i in range(3)])
        told = json.loads(server.get("/props")[1])["default_generation_settings"]["params"]
        self.assertEqual((told["seed"], told["temperature"]), (7, 0.5))
        self.assertEqual(server.chat(seed=None)["rwkvk"]["seed"], 7)
        self.assertEqual(server.chat(seed=5)["rwkvk"]["seed"], 5)
        self.assertEqual(server.stop(), 0)

    def passed(self, host, count="1", *flags):
        """A server that is started with sockets which listen already, as systemd does it."""
        listening = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.addCleanup(listening.close)
        start = f'exec 3<&{listening.fileno()}; LISTEN_PID=$$ LISTEN_FDS={count} exec "$@"'
        process = subprocess.Popen(["sh", "-c", start, "sh", PROGRAM, "serve", "-dev", "cpu", *flags], pass_fds=[listening.fileno()], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return listening.getsockname()[1], process

    def test_a_socket_that_a_service_manager_passes(self):
        for host in ("127.0.0.1", "::1"):
            port, process = self.passed(host)
            self.assertEqual(process.stdout.readline(), f"listening on fd:3, the socket of port {port}\n")
            client = http.client.HTTPConnection(host, port, timeout=60)
            client.request("GET", "/livez")
            self.assertEqual(client.getresponse().status, 200)
            client.close()
            process.terminate()
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0)
        for host, count, words in (("0.0.0.0", "1", "--insecure"), ("127.0.0.1", "2", "expected 1 socket, found 2")):
            _, process = self.passed(host, count)
            self.assertIn(words, process.communicate(timeout=60)[1])
            self.assertNotEqual(process.returncode, 0)

    def test_what_cannot_be_started_says_why(self):
        self.fails(2, "--insecure", "--host", "0.0.0.0", "--port", "0")
        self.fails(1, "none.gguf", "-m", "none.gguf", "--port", "0")
        taken = Served("-dev", "cpu")
        self.fails(1, str(taken.port), "--port", str(taken.port))
        self.assertEqual(taken.stop(), 0)

    def test_the_device_gives_the_bits_of_the_cpu(self):
        listed = subprocess.run([PROGRAM, "devices"], capture_output=True, text=True, check=False).stdout
        if "llvmpipe" not in listed:
            self.skipTest("llvmpipe is missing (Debian: mesa-vulkan-drivers)")
        fields = {"temperature": 2, "top_p": 1, "max_tokens": 16}
        servers = [Served("-dev", "cpu"), Served("-dev", "llvmpipe")]
        answers = [server.chat(**fields) for server in servers]
        self.assertEqual(answers[0]["rwkvk"], answers[1]["rwkvk"])
        self.assertEqual(answers[0]["system_fingerprint"], answers[1]["system_fingerprint"])
        self.assertEqual([server.stop() for server in servers], [0, 0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
