"""`rwkvk serve` in the dialects of Ollama and Anthropic, and its embeddings, as raw HTTP.

usage: dialects_test.py PROGRAM
"""
import base64
import json
import struct
import subprocess
import unittest

from serve_test import ANSWER, HELLO, KEY, PROGRAM, Served

WARM = {"temperature": 2, "top_p": 1, "seed": 5}  # far from what is most likely


class Dialects(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Served("-dev", "cpu")

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def ask(self, path, **body):
        status, answer = self.server.post(path, body)
        self.assertEqual(status, 200, answer)
        return answer

    def refused(self, path, expected, **body):
        status, answer = self.server.post(path, body)
        self.assertEqual(status, expected, answer)
        return answer

    def text(self, path, content_type, **body):
        status, text, headers = self.server.ask("POST", path, json.dumps(body))
        self.assertEqual((status, headers["Content-Type"]), (200, content_type), text)
        return text

    # Ollama

    def lines(self, path, **body):
        return [json.loads(line) for line in self.text(path, "application/x-ndjson", **body).splitlines()]

    def test_ollama_chats(self):
        whole = self.ask("/api/chat", model="any", messages=HELLO, stream=False, options={"seed": 1})
        self.assertEqual(whole["message"], {"role": "assistant", "content": ANSWER})
        self.assertEqual((whole["model"], whole["done"], whole["done_reason"]), ("rwkvk-demo", True, "stop"))
        chat = self.server.chat()
        self.assertEqual(whole["rwkvk"], chat["rwkvk"])
        self.assertEqual((whole["prompt_eval_count"], whole["eval_count"]),
                         (chat["usage"]["prompt_tokens"], chat["usage"]["completion_tokens"]))
        self.assertGreater(whole["total_duration"], whole["eval_duration"])
        self.assertTrue(all(isinstance(whole[name], int) for name in whole if name.endswith("_duration")))
        *pieces, last = self.lines("/api/chat", messages=HELLO, options={"seed": 1})  # streams unless told not to
        self.assertEqual("".join(piece["message"]["content"] for piece in pieces), ANSWER)
        self.assertEqual([piece["done"] for piece in pieces], [False] * len(pieces))
        self.assertEqual((last["done"], last["message"]["content"], last["rwkvk"]), (True, "", whole["rwkvk"]))

    def test_ollama_draws_as_options_say(self):
        ask = {"messages": HELLO, "stream": False}
        warm = self.ask("/api/chat", **ask, options={**WARM, "num_predict": 9})
        self.assertEqual(warm["rwkvk"], self.server.chat(**WARM, max_tokens=9)["rwkvk"])
        self.assertEqual((warm["done_reason"], warm["eval_count"]), ("length", 9))
        stopped = self.ask("/api/chat", **ask, options={"stop": ["can"], "num_predict": -1, "unknown": []})
        self.assertEqual(stopped["message"]["content"].strip(), "Hello! How")
        for think in (True, False, "low", "medium", "high"):
            effort = {True: "medium", False: "none"}.get(think, think)
            self.assertEqual(self.ask("/api/chat", **ask, think=think, options=WARM)["rwkvk"],
                             self.server.chat(reasoning_effort=effort, **WARM)["rwkvk"])

    def test_ollama_generates(self):
        whole = self.ask("/api/generate", prompt="Hello!", stream=False, options={"seed": 1})
        self.assertEqual((whole["response"], whole["rwkvk"]), (ANSWER, self.server.chat()["rwkvk"]))
        *pieces, last = self.lines("/api/generate", prompt="Hello!", options={"seed": 1})
        self.assertEqual("".join(piece["response"] for piece in pieces), ANSWER)
        self.assertEqual(last["rwkvk"], whole["rwkvk"])
        kind = self.ask("/api/generate", prompt="Hello!", system="Be kind.", stream=False, options=WARM)
        story = [{"role": "system", "content": "Be kind."}, *HELLO]
        self.assertEqual(kind["rwkvk"], self.server.chat(messages=story, **WARM)["rwkvk"])
        prompt = "User: Hello!\n\nAssistant:"
        raw = self.ask("/api/generate", prompt=prompt, raw=True, stream=False, options={**WARM, "num_predict": 7})
        self.assertEqual(raw["rwkvk"], self.ask("/v1/completions", prompt=prompt, max_tokens=7, **WARM)["rwkvk"])

    def test_ollama_loads(self):
        for path, body in (("/api/chat", {}), ("/api/chat", {"messages": []}), ("/api/generate", {"prompt": "", "keep_alive": 0})):
            answer = self.ask(path, model="any", **body)
            self.assertEqual((answer["done"], answer["done_reason"]), (True, "load"))

    def test_ollama_is_told_of_the_model(self):
        def get(path):
            status, text = self.server.get(path)
            self.assertEqual(status, 200)
            return json.loads(text)

        for path in ("/api/tags", "/api/ps"):
            model = get(path)["models"][0]
            self.assertEqual((model["name"], model["model"], model["details"]["family"]), ("rwkvk-demo", "rwkvk-demo", "rwkv7"))
            self.assertGreater(model["size"], 1000000)
        self.assertRegex(get("/api/version")["version"], r"^\d+\.\d+\.\d+$")
        show = self.ask("/api/show", model="rwkvk-demo")
        self.assertEqual(show["capabilities"], ["completion", "embedding", "thinking", "tools"])
        self.assertEqual(show["model_info"]["general.architecture"], "rwkv7")
        self.assertIn("temperature ", show["parameters"])

    def test_ollama_refuses_in_its_words(self):
        def words(path, status, **body):
            answer = self.refused(path, status, **body)
            self.assertEqual(list(answer), ["error"])
            return answer["error"]

        self.assertIn('options.top_p: expected a number from 0 to 1, found 7', words("/api/chat", 400, messages=HELLO, options={"top_p": 7}))
        self.assertIn("think: expected true, false, low", words("/api/chat", 400, messages=HELLO, think="deep"))
        self.assertIn("options: expected an object", words("/api/chat", 400, messages=HELLO, options=3))
        self.assertIn("messages: expected a list", words("/api/chat", 400, messages="x"))
        self.assertIn("messages[0].role", words("/api/chat", 400, messages=[{"role": "robot", "content": "x"}]))
        self.assertIn("num_predict", words("/api/generate", 400, prompt="x", options={"num_predict": -3}))
        self.assertIn("images", words("/api/chat", 501, messages=[{**HELLO[0], "images": ["AAAA"]}]))
        self.assertIn("format: expected", words("/api/generate", 400, prompt="x", format=3))
        self.assertIn("tools[0].function", words("/api/chat", 400, messages=HELLO, tools=[{"type": "function"}]))
        self.assertIn("/api/pull", words("/api/pull", 501, model="x"))
        self.assertIn("nothing", words("/api/nothing", 404))
        self.assertEqual(json.loads(self.server.get("/api/chat")[1])["error"], "/api/chat: expected POST, found GET")

    # Anthropic

    def events(self, **body):
        text = self.text("/v1/messages", "text/event-stream", stream=True, **body)
        events = []
        for event in text.split("\n\n")[:-1]:
            name, data = event.split("\n")
            events.append(json.loads(data[len("data: "):]))
            self.assertEqual(name, "event: " + events[-1]["type"])
        return events

    def test_anthropic_answers(self):
        whole = self.ask("/v1/messages", model="any", max_tokens=100, messages=HELLO, seed=1)
        self.assertEqual(whole["content"], [{"type": "text", "text": ANSWER}])
        self.assertEqual((whole["type"], whole["role"], whole["stop_reason"], whole["stop_sequence"]), ("message", "assistant", "end_turn", None))
        chat = self.server.chat()
        self.assertEqual(whole["rwkvk"], chat["rwkvk"])
        usage = whole["usage"]
        self.assertEqual(usage["input_tokens"] + usage["cache_read_input_tokens"], chat["usage"]["prompt_tokens"])
        self.assertEqual(usage["output_tokens"], chat["usage"]["completion_tokens"])
        first, start, *pieces, stop, delta, last = self.events(max_tokens=100, messages=HELLO, seed=1)
        self.assertEqual((first["type"], first["message"]["content"], first["message"]["stop_reason"]), ("message_start", [], None))
        self.assertEqual(start, {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
        self.assertEqual({(piece["type"], piece["index"], piece["delta"]["type"]) for piece in pieces}, {("content_block_delta", 0, "text_delta")})
        self.assertEqual("".join(piece["delta"]["text"] for piece in pieces), ANSWER)
        self.assertEqual(stop, {"type": "content_block_stop", "index": 0})
        self.assertEqual(delta["delta"], {"stop_reason": "end_turn", "stop_sequence": None})
        self.assertEqual((delta["usage"]["output_tokens"], delta["rwkvk"]), (usage["output_tokens"], whole["rwkvk"]))
        self.assertEqual(last, {"type": "message_stop"})

    def test_anthropic_reads_blocks(self):
        blocks = [{"type": "text", "text": "Be "}, {"type": "text", "text": "kind.", "cache_control": {"type": "ephemeral"}}]
        said = [{"type": "thinking", "thinking": "?", "signature": "x"}, {"type": "text", "text": "Hi!"}]
        story = [*HELLO, {"role": "assistant", "content": said}, {"role": "user", "content": [{"type": "text", "text": "And now?"}]}]
        plain = [{"role": "system", "content": "Be kind."}, *HELLO, {"role": "assistant", "content": "Hi!"}, {"role": "user", "content": "And now?"}]
        expected = self.server.chat(messages=plain, max_tokens=9, **WARM)
        for system in (blocks, "Be kind."):
            answer = self.ask("/v1/messages", system=system, max_tokens=9, messages=story, **WARM)
            self.assertEqual(answer["rwkvk"], expected["rwkvk"])
            self.assertEqual(self.ask("/v1/messages/count_tokens", system=system, messages=story), {"input_tokens": expected["usage"]["prompt_tokens"]})
        self.assertEqual(answer["stop_reason"], "max_tokens")
        thinks = self.ask("/v1/messages", max_tokens=90, messages=HELLO, thinking={"type": "enabled", "budget_tokens": 1024}, **WARM)
        self.assertEqual(thinks["rwkvk"], self.server.chat(reasoning_effort="medium", max_tokens=90, **WARM)["rwkvk"])
        stopped = self.ask("/v1/messages", max_tokens=90, messages=HELLO, stop_sequences=["zz", "can"], seed=1)
        self.assertEqual((stopped["stop_reason"], stopped["stop_sequence"]), ("stop_sequence", "can"))
        self.assertEqual(self.events(max_tokens=90, messages=HELLO, stop_sequences=["can"])[-2]["delta"]["stop_sequence"], "can")

    def test_anthropic_refuses_in_its_words(self):
        def words(status, kind="invalid_request_error", path="/v1/messages", **body):
            answer = self.refused(path, status, **{"max_tokens": 9, "messages": HELLO, **body})
            self.assertEqual((answer["type"], answer["error"]["type"]), ("error", kind))
            return answer["error"]["message"]

        self.assertIn("max_tokens: expected a whole number from 1 on, found none", words(400, max_tokens=None))
        self.assertIn("max_tokens: expected", words(400, max_tokens=0))
        self.assertIn("messages: expected", words(400, messages=[]))
        self.assertIn("messages[0].role: expected user or assistant", words(400, messages=[{"role": "system", "content": "x"}]))
        self.assertIn("messages[0].content: expected a text or a list", words(400, messages=[{"role": "user", "content": 3}]))
        self.assertIn("system[0]: expected an object", words(400, system=["x"]))
        self.assertIn("thinking.type", words(400, thinking={"type": "much"}))
        self.assertIn("thinking.budget_tokens", words(400, thinking={"type": "enabled", "budget_tokens": 0}))
        self.assertIn("stop_sequences", words(400, stop_sequences=[1]))
        self.assertIn("temperature", words(400, temperature="x", path="/v1/messages"))
        self.assertIn("'image'", words(501, messages=[{"role": "user", "content": [{"type": "image"}]}]))
        self.assertIn("'document'", words(501, messages=[{"role": "user", "content": [{"type": "document"}]}], path="/v1/messages/count_tokens"))
        self.assertIn("tools[0].function.name", words(400, tools=[{"name": ""}]))
        self.assertEqual(json.loads(self.server.get("/v1/messages")[1])["type"], "error")

    # Embeddings

    def vectors(self, path="/v1/embeddings", **body):
        return [one["embedding"] for one in self.ask(path, **body)["data"]]

    def test_embeddings_are_those_of_the_program(self):
        texts = ["Hello!", "What is my name? " * 40, "Grüße, 世界"]
        command = [PROGRAM, "embed", "-dev", "cpu", "-o", "json", "-p", "\n".join(texts)]
        report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        expected = [one["embedding"] for one in report]
        answer = self.ask("/v1/embeddings", model="any", input=texts)
        self.assertEqual([(one["object"], one["index"]) for one in answer["data"]], [("embedding", i) for i in range(3)])
        self.assertEqual([one["embedding"] for one in answer["data"]], expected)
        tokens = sum(one["tokens"] for one in report)
        self.assertEqual(answer["usage"], {"prompt_tokens": tokens, "total_tokens": tokens})
        self.assertAlmostEqual(sum(x * x for x in expected[0]), 1, places=5)
        packed = self.vectors(input=texts, encoding_format="base64")
        floats = [struct.unpack(f"<{len(raw) // 4}f", raw) for raw in map(base64.b64decode, packed)]
        self.assertEqual(floats, [struct.unpack(f"<{len(one)}f", struct.pack(f"<{len(one)}f", *one)) for one in expected])
        ids = self.server.post("/tokenize", {"content": texts[0]})[1]["tokens"]
        self.assertEqual(self.vectors(input=ids, path="/embeddings"), expected[:1])
        self.assertEqual(self.vectors(input=[ids, texts[1]], dimensions=len(expected[0])), expected[:2])
        self.assertEqual(self.vectors(input=texts[1]), expected[1:2])
        self.assertEqual(self.ask("/api/embed", input=texts)["embeddings"], expected)
        self.assertEqual(self.ask("/api/embed", input=texts[0])["embeddings"], expected[:1])
        self.assertEqual(self.ask("/api/embeddings", prompt=texts[0]), {"embedding": expected[0]})
        self.assertEqual(self.ask("/v1/completions", prompt=texts[1], max_tokens=0)["usage"]["prompt_tokens"], report[1]["tokens"])

    def test_embeddings_refuse(self):
        def words(status, path="/v1/embeddings", **body):
            return self.refused(path, status, **body)["error"]

        self.assertIn("input: expected", words(400)["message"])
        for wrong in ("", [], 3, [[]], [""], ["a"] * 65, [1.5], {"a": 1}):
            self.assertIn("input: expected", words(400, input=wrong)["message"])
        self.assertIn("dimensions: expected 256, found 5", words(400, input="x", dimensions=5)["message"])
        self.assertIn("encoding_format: expected float or base64", words(400, input="x", encoding_format="int8")["message"])
        self.assertIn("token 0 of the prompt", words(400, input=[4000000])["message"])
        self.assertIn("input: expected", words(400, path="/api/embed"))
        self.assertIn("prompt: expected", words(400, path="/api/embeddings"))


class Starts(unittest.TestCase):
    def test_without_ollama_and_with_keys(self):
        server = Served("-dev", "cpu", "--no-ollama", "--api-key", KEY, "--pooling", "last")
        key = {"x-api-key": KEY}
        self.assertEqual(server.get("/api/version", **key)[0], 404)
        self.assertEqual(server.ask("HEAD", "/", headers=key)[0], 200)
        status, refusal = server.post("/v1/messages", {"max_tokens": 9, "messages": HELLO})
        self.assertEqual((status, refusal["type"], refusal["error"]["type"]), (401, "error", "authentication_error"))
        self.assertEqual(server.post("/v1/messages", {"max_tokens": 9, "messages": HELLO}, **key)[0], 200)
        self.assertEqual(list(server.post("/api/chat", {})[1]), ["error"])
        self.assertIsInstance(server.post("/api/chat", {})[1]["error"], str)
        last = server.post("/v1/embeddings", {"input": "Hello!"}, **key)[1]["data"][0]["embedding"]
        command = [PROGRAM, "embed", "-dev", "cpu", "-o", "json", "-p", "Hello!", "--pooling", "last"]
        report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        self.assertEqual(last, report[0]["embedding"])
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
