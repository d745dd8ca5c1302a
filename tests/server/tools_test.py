"""Calls of tools as `rwkvk serve` answers them in each dialect: their shape, whole and streamed, what they are held to, and
how they are told again in later turns.

usage: tools_test.py PROGRAM
"""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from conversations_test import Talking  # noqa: E402  (takes PROGRAM from the arguments)
from serve_test import ANSWER, HELLO  # noqa: E402

# Members in an order that is not the alphabet's.
SCHEMA = {"type": "object",
          "properties": {"unit": {"enum": ["C", "F"]}, "city": {"type": "string", "maxLength": 6}},
          "required": ["unit", "city"]}
WEATHER = {"name": "weather", "description": "of a town", "parameters": SCHEMA}
NOW = {"name": "now", "parameters": {"type": "object", "properties": {}, "additionalProperties": False}}
TOOLS = [{"type": "function", "function": WEATHER}, {"type": "function", "function": NOW}]
ASKED = [{"role": "user", "content": "Rain?"}]


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Talking("-dev", "cpu")

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def ask(self, path, **body):
        return self.server.ok("POST", path, body)

    def refused(self, status, path="/v1/chat/completions", **body):
        body.setdefault("messages", ASKED)
        answered, words = self.server.json("POST", path, body)
        self.assertEqual(answered, status, words)
        return words["error"]["message"]

    def chat(self, **body):
        body.setdefault("messages", ASKED)
        return self.ask("/v1/chat/completions", **body)["choices"][0]

    def prompt(self, messages=ASKED, **body):
        return self.ask("/apply-template", messages=messages, **body)["prompt"]

    def check_weather(self, arguments):
        """A text, members in the order of the schema."""
        self.assertEqual(list(json.loads(arguments)), ["unit", "city"])
        self.assertIn(json.loads(arguments)["unit"], "CF")

    # OpenAI's chats

    def test_a_call_that_is_required(self):
        choice = self.chat(tools=TOOLS[:1], tool_choice="required")
        self.assertEqual(choice["finish_reason"], "tool_calls")
        self.assertIsNone(choice["message"]["content"])
        call, = choice["message"]["tool_calls"]
        self.assertEqual((call["type"], call["function"]["name"]), ("function", "weather"))
        self.assertRegex(call["id"], "^call_[0-9a-f]{24}$")
        self.check_weather(call["function"]["arguments"])
        named = self.chat(tools=TOOLS, tool_choice={"type": "function", "function": {"name": "now"}})
        self.assertEqual(named["message"]["tool_calls"][0]["function"]["name"], "now")
        self.assertEqual(json.loads(named["message"]["tool_calls"][0]["function"]["arguments"]), {})
        for seed in range(8):  # far from what is most likely
            wild = self.chat(tools=TOOLS, tool_choice="required", temperature=3, top_p=1, seed=seed, max_tokens=4000)
            self.assertIn(wild["message"]["tool_calls"][0]["function"]["name"], ("weather", "now"))

    def test_text_where_no_tool_is_called(self):
        for more in ({}, {"tool_choice": "auto"}, {"tool_choice": "none"}):
            choice = self.chat(messages=HELLO, tools=TOOLS, **more)
            self.assertEqual((choice["finish_reason"], choice["message"]), ("stop", {"role": "assistant", "content": ANSWER}))
        self.assertEqual(self.prompt(tools=TOOLS, tool_choice="none"), self.prompt())
        self.assertIn('Tools: [{"name":"weather","description":"of a town","parameters":{"type":"object","properties":{"unit"',
                      self.prompt(tools=TOOLS))

    def test_a_call_that_is_cut_is_text(self):
        choice = self.chat(tools=TOOLS[:1], tool_choice="required", max_tokens=30)
        self.assertEqual(choice["finish_reason"], "length")
        self.assertNotIn("tool_calls", choice["message"])
        self.assertTrue(choice["message"]["content"].startswith("```json"), choice)

    def test_calls_are_streamed_whole(self):
        body = {"messages": ASKED, "tools": TOOLS[:1], "tool_choice": "required", "seed": 1, "logprobs": True}
        whole = self.chat(**body)
        pieces = [chunk["choices"][0] for chunk in self.server.stream(**body)]
        calls = [call for piece in pieces for call in piece["delta"].get("tool_calls", [])]
        self.assertEqual([call["index"] for call in calls], [0])
        self.assertEqual(calls[0]["function"], whole["message"]["tool_calls"][0]["function"])
        self.assertEqual([piece["delta"]["content"] for piece in pieces if "content" in piece["delta"]], [None])
        self.assertEqual(pieces[-1]["finish_reason"], "tool_calls")

    def test_several_calls_where_they_may_be(self):
        body = {"tools": TOOLS[1:], "tool_choice": "required", "temperature": 3, "top_p": 1, "max_tokens": 300}
        several = [self.chat(**body, parallel_tool_calls=True, seed=seed) for seed in range(6)]
        counts = [len(choice["message"].get("tool_calls", [])) for choice in several]
        self.assertGreater(max(counts), 1)
        for choice in several:
            ids = [call["id"] for call in choice["message"].get("tool_calls", [])]
            self.assertEqual(len(set(ids)), len(ids))
        self.assertEqual({len(self.chat(**body, seed=seed)["message"]["tool_calls"]) for seed in range(6)}, {1})

    def test_calls_of_the_past_are_told_again(self):
        call = {"id": "call_1", "type": "function", "function": {"name": "now", "arguments": '{"z": 1, "a": 2}'}}
        talk = [*ASKED, {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call_1", "content": "12:00"}]
        self.assertTrue(self.prompt(talk).endswith(
            'Assistant: ```json\n{"name": "now", "arguments": {"z": 1, "a": 2}}\n```\n\nUser: Function output:\n12:00\n\nAssistant: <think>\n</think'))
        self.assertEqual(self.chat(messages=talk, tools=TOOLS, max_tokens=4)["message"]["role"], "assistant")

    def test_what_is_wrong_is_refused(self):
        self.assertIn("tools: expected a list", self.refused(400, tools={}))
        self.assertIn("at most 128", self.refused(400, tools=TOOLS * 65))
        self.assertIn("tools[0].function: expected a function", self.refused(400, tools=[{"type": "function"}]))
        self.assertIn("tools[0].function.name", self.refused(400, tools=[{"function": {"name": ""}}]))
        self.assertIn("parameters: expected a JSON schema", self.refused(400, tools=[{"function": {"name": "x", "parameters": 3}}]))
        self.assertIn("two tools are called 'now'", self.refused(400, tools=TOOLS[1:] * 2))
        self.assertIn("type 'web_search'", self.refused(501, tools=[{"type": "web_search"}]))
        self.assertIn("one of the tools, found 'x'", self.refused(400, tools=TOOLS, tool_choice={"function": {"name": "x"}}))
        self.assertIn("none, auto, required", self.refused(400, tools=TOOLS, tool_choice="often"))
        self.assertIn("expected tools beside 'required'", self.refused(400, tool_choice="required"))
        self.assertIn("beside tools", self.refused(501, tools=TOOLS, response_format={"type": "json_object"}))
        odd = {"name": "odd", "parameters": {"type": "object", "not": {}}}
        self.assertIn("parameters of the tool 'odd': JSON schema, '#': the keyword 'not'",
                      self.refused(400, tools=[{"function": {**odd, "strict": True}}]))
        self.chat(tools=[{"function": odd}], max_tokens=1)
        called = [*ASKED, {"role": "assistant", "tool_calls": [{"function": {"name": "now", "arguments": "{}"}}]}]
        self.assertIn("found their calls", self.refused(400, messages=called))
        self.assertIn("tool_calls[0].function", self.refused(400, messages=[*ASKED, {"role": "assistant", "tool_calls": [{}]}, *ASKED]))
        self.assertIn("1000 members", self.refused(400, tools=[{"function": {"name": "x", "parameters": {str(i): 0 for i in range(1001)}}}]))

    # Anthropic

    def test_anthropic(self):
        tools = [{"name": "weather", "description": "of a town", "input_schema": SCHEMA}]
        body = {"messages": ASKED, "tools": tools, "tool_choice": {"type": "any"}, "max_tokens": 500, "seed": 1}
        whole = self.ask("/v1/messages", **body)
        block, = whole["content"]
        self.assertEqual((whole["stop_reason"], block["type"], block["name"]), ("tool_use", "tool_use", "weather"))
        self.assertEqual(set(block["input"]), {"unit", "city"})
        status, text, _ = self.server.ask("POST", "/v1/messages", json.dumps({**body, "stream": True}))
        self.assertEqual(status, 200)
        events = [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: ")]
        begin = next(event for event in events if event["type"] == "content_block_start")
        self.assertEqual((begin["content_block"]["type"], begin["content_block"]["input"]), ("tool_use", {}))
        pieces = "".join(event["delta"]["partial_json"] for event in events if event["type"] == "content_block_delta")
        self.assertEqual(json.loads(pieces), block["input"])
        self.assertEqual(events[-2]["delta"]["stop_reason"], "tool_use")
        # The next turn, counted: as OpenAI's chats have it.
        result = {"type": "tool_result", "tool_use_id": block["id"], "content": [{"type": "text", "text": "dry"}]}
        talk = [*ASKED, {"role": "assistant", "content": [{"type": "text", "text": "I look."}, block]},
                {"role": "user", "content": [result, {"type": "text", "text": "So?"}]}]
        call = {"function": {"name": "weather", "arguments": json.dumps(block["input"], sort_keys=True, separators=(",", ":"))}}
        same = [*ASKED, {"role": "assistant", "content": "I look.", "tool_calls": [call]}, {"role": "tool", "content": "dry"},
                {"role": "user", "content": "So?"}]
        counted = self.ask("/v1/messages/count_tokens", messages=talk, tools=tools)["input_tokens"]
        self.assertEqual(counted, self.ask("/v1/chat/completions/input_tokens", messages=same, tools=TOOLS[:1])["input_tokens"])
        self.assertIn("tool_choice.type", self.refused(400, "/v1/messages", tools=tools, tool_choice={"type": "often"}, max_tokens=1))
        self.assertIn("type 'bash", self.refused(501, "/v1/messages", tools=[{"type": "bash_20250124"}], max_tokens=1))

    # Ollama

    def test_ollama(self):
        talk = [*ASKED, {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "now", "arguments": {}}}]},
                {"role": "tool", "content": "12:00", "tool_name": "now"}]
        told = self.ask("/api/chat", messages=talk, tools=TOOLS, stream=False, options={"seed": 1})
        call = {"function": {"name": "now", "arguments": "{}"}}
        same = [*ASKED, {"role": "assistant", "content": "", "tool_calls": [call]}, {"role": "tool", "content": "12:00"}]
        chat = self.ask("/v1/chat/completions", messages=same, tools=TOOLS, seed=1)
        self.assertEqual(told["rwkvk"], chat["rwkvk"])
        for wanted, expected in (("json", dict), ({"enum": [[3, 1]]}, list)):
            answer = self.ask("/api/chat", messages=ASKED, format=wanted, stream=False)
            self.assertIsInstance(json.loads(answer["message"]["content"]), expected)

    # Responses

    def test_responses(self):
        tools = [{"type": "function", **WEATHER}]
        first = self.server.respond("Rain?", tools=tools, tool_choice="required")
        item, = first["output"]
        self.assertEqual((item["type"], item["name"], item["status"]), ("function_call", "weather", "completed"))
        self.check_weather(item["arguments"])
        self.assertEqual(first["tools"], tools)
        told = self.server.ok("GET", "/v1/responses/" + first["id"])
        self.assertEqual(told["output"], first["output"])
        output = {"type": "function_call_output", "call_id": item["call_id"], "output": "dry"}
        second = self.server.respond([output], previous_response_id=first["id"], tools=tools)
        call = {"function": {"name": "weather", "arguments": item["arguments"]}}
        same = [*ASKED, {"role": "assistant", "content": "", "tool_calls": [call]}, {"role": "tool", "content": "dry"}]
        chat = self.ask("/v1/chat/completions", messages=same, tools=TOOLS[:1], seed=1)
        self.assertEqual(second["rwkvk"]["fingerprint"], chat["rwkvk"]["fingerprint"])
        by_hand = self.server.respond([{"role": "user", "content": "Rain?"}, item, output], tools=tools)
        self.assertEqual(by_hand["rwkvk"]["fingerprint"], chat["rwkvk"]["fingerprint"])
        kinds = [event["type"] for event in self.server.events("Rain?", tools=tools, tool_choice="required")]
        self.assertEqual(kinds, ["response." + kind for kind in (
            "created", "in_progress", "output_item.added", "function_call_arguments.delta",
            "function_call_arguments.done", "output_item.done", "completed")])
        session = {"session_id": first["conversation"]["id"], "seed": 1, "tools": TOOLS[:1],
                   "messages": [{"role": "tool", "tool_call_id": item["call_id"], "content": "dry"}]}
        branch = self.server.respond([output], previous_response_id=first["id"], tools=tools, store=False)
        self.assertEqual(branch["rwkvk"]["fingerprint"], chat["rwkvk"]["fingerprint"])
        self.assertTrue(self.ask("/v1/chat/completions", **session)["rwkvk"]["committed"])

    def test_responses_in_a_format(self):
        schema = {"type": "object", "properties": {"z": {"type": "boolean"}, "a": {"type": "boolean"}}, "required": ["z", "a"]}
        given = {"format": {"type": "json_schema", "name": "x", "schema": schema}}
        answer = self.server.respond("Rain?", text=given)
        self.assertEqual(list(json.loads(answer["output"][0]["content"][0]["text"])), ["z", "a"])
        self.assertEqual(answer["text"], given)
        self.assertIn("text.format.type", self.refused(400, "/v1/responses", input="x", text={"format": {"type": "xml"}}))
        self.assertIn("text.format.schema", self.refused(400, "/v1/responses", input="x", text={"format": {"type": "json_schema"}}))

    def test_the_other_form(self):
        server = Talking("-dev", "cpu", "--tool-format", "markdown")
        try:
            prompt = server.ok("POST", "/apply-template", {"messages": ASKED, "tools": TOOLS})["prompt"]
            self.assertIn("### `weather`\n**Description:** of a town", prompt)
            choice = server.ok("POST", "/v1/chat/completions", {"messages": ASKED, "tools": TOOLS, "tool_choice": "required"})["choices"][0]
            self.assertEqual(choice["finish_reason"], "tool_calls")
        finally:
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
