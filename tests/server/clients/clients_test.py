"""The official clients of other people's servers, pinned in requirements.txt and package.json, against `rwkvk serve`.

usage: clients_test.py PROGRAM       (scripts/clients installs them and runs this)
"""
import asyncio
import json
import math
import os
import subprocess
import sys
import tempfile
import typing
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from serve_test import ANSWER, HELLO, PROGRAM, Served  # noqa: E402  (takes PROGRAM from the arguments)

import anthropic  # noqa: E402
import langchain_core.tools  # noqa: E402
import langchain_openai  # noqa: E402
import ollama  # noqa: E402
import openai  # noqa: E402
import pydantic  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TEXT = "The cat sat. The dog ran! Who are you? I am a small model.\n"


class Weather(pydantic.BaseModel):
    """How it is in a town."""
    city: str = pydantic.Field(max_length=6)


SCHEMA = Weather.model_json_schema()
TOOL = {"type": "function", "function": {"name": "Weather", "parameters": SCHEMA}}


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Served("-dev", "cpu")
        cls.base = f"http://127.0.0.1:{cls.server.port}"

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def test_openai(self):
        client = openai.OpenAI(base_url=self.base + "/v1", api_key="any", max_retries=0)
        asked = {"model": "any", "messages": HELLO, "seed": 1}
        chats = client.chat.completions
        self.assertEqual(client.models.list().data[0].id, "rwkvk-demo")
        whole = chats.create(**asked)
        self.assertEqual(whole.choices[0].message.content, ANSWER)
        chunks = list(chats.create(**asked, stream=True, stream_options={"include_usage": True}))
        self.assertEqual("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices), ANSWER)
        self.assertEqual(chunks[-1].usage, whole.usage)
        with chats.stream(**asked) as stream:
            self.assertEqual(stream.get_final_completion().choices[0].message.content, ANSWER)
        parsed = chats.parse(**asked, response_format=Weather)
        self.assertIsInstance(parsed.choices[0].message.parsed, Weather)
        called = chats.parse(**asked, tools=[openai.pydantic_function_tool(Weather)], tool_choice="required")
        self.assertIsInstance(called.choices[0].message.tool_calls[0].function.parsed_arguments, Weather)
        with chats.stream(**asked, tools=[TOOL], tool_choice="required") as stream:
            self.assertEqual(stream.get_final_completion().choices[0].message.tool_calls[0].function.name, "Weather")
        scored = chats.create(**asked, logprobs=True, top_logprobs=2)
        self.assertEqual(len(scored.choices[0].logprobs.content[0].top_logprobs), 2)
        first = client.responses.create(model="any", input="Hello!")
        self.assertEqual(first.output_text, ANSWER)
        second = client.responses.create(model="any", input="Who are you?", previous_response_id=first.id)
        self.assertEqual(client.responses.retrieve(second.id).output_text, second.output_text)
        self.assertIsInstance(client.responses.parse(model="any", input="Hello!", text_format=Weather).output_parsed, Weather)
        with client.responses.stream(model="any", input="Hello!") as stream:
            self.assertEqual(stream.get_final_response().output_text, ANSWER)
        vectors = client.embeddings.create(model="any", input=["Hello!", "Bye."]).data
        plain = client.embeddings.create(model="any", input="Hello!", encoding_format="float").data
        for base64, digits in zip(vectors[0].embedding, plain[0].embedding, strict=True):
            self.assertAlmostEqual(base64, digits, delta=1e-7)
        with self.assertRaises(openai.BadRequestError):
            chats.create(**asked, temperature=1000)

    def test_openai_async(self):
        async def ask():
            client = openai.AsyncOpenAI(base_url=self.base + "/v1", api_key="any", max_retries=0)
            asked = {"model": "any", "messages": HELLO, "seed": 1}
            answers = await asyncio.gather(*(client.chat.completions.create(**asked) for _ in range(8)))
            self.assertEqual({answer.choices[0].message.content for answer in answers}, {ANSWER})
            stream = await client.chat.completions.create(**asked, stream=True)
            self.assertEqual("".join([chunk.choices[0].delta.content or "" async for chunk in stream]), ANSWER)
            await client.close()

        asyncio.run(ask())

    def test_openai_for_javascript(self):
        script = os.path.join(os.environ.get("RWKVK_CLIENTS", ""), "chat.mjs")
        if not os.path.exists(script):
            self.skipTest("it is not installed")
        run = subprocess.run(["node", script, self.base + "/v1"], capture_output=True, text=True, timeout=120)
        self.assertEqual(run.returncode, 0, run.stderr)
        told = json.loads(run.stdout)
        self.assertEqual(told["models"], ["rwkvk-demo"])
        for name in ("whole", "streamed", "helper", "response", "responseStreamed"):
            self.assertEqual(told[name], ANSWER, name)
        self.assertEqual(told["call"]["name"], "weather")
        self.assertEqual(list(json.loads(told["call"]["arguments"])), ["city"])
        self.assertGreater(told["embedding"], 8)
        self.assertEqual(told["error"], 400)

    def test_langchain(self):
        model = langchain_openai.ChatOpenAI(base_url=self.base + "/v1", api_key="any", model="any", seed=1, max_retries=0)
        self.assertEqual(model.invoke("Hello!").content, ANSWER)
        self.assertEqual("".join(chunk.text for chunk in model.stream("Hello!")), ANSWER)
        self.assertEqual({answer.content for answer in model.batch(["Hello!"] * 4)}, {ANSWER})

        @langchain_core.tools.tool
        def weather(city: typing.Annotated[str, pydantic.Field(max_length=6)]) -> str:
            """How it is in a town."""
            return "dry in " + city

        asked = model.bind_tools([weather], tool_choice="any").invoke("Rain?")
        call = asked.tool_calls[0]
        self.assertEqual(call["name"], "weather")
        result = weather.invoke(call)
        self.assertTrue(model.bind_tools([weather]).invoke([("user", "Rain?"), asked, result]).content)
        self.assertIsInstance(model.with_structured_output(Weather).invoke("Rain?"), Weather)
        self.assertIsInstance(model.with_structured_output(Weather, method="function_calling").invoke("Rain?"), Weather)
        vectors = langchain_openai.OpenAIEmbeddings(base_url=self.base + "/v1", api_key="any", model="any", check_embedding_ctx_length=False)
        self.assertEqual(len(vectors.embed_documents(["a", "b"])), 2)

    def test_ollama(self):
        client = ollama.Client(host=self.base)
        self.assertEqual(client.list().models[0].model, "rwkvk-demo")
        self.assertIn("tools", client.show("any").capabilities)
        asked = {"model": "any", "messages": HELLO, "options": {"seed": 1}}
        self.assertEqual(client.chat(**asked).message.content, ANSWER)
        self.assertEqual("".join(part.message.content for part in client.chat(**asked, stream=True)), ANSWER)
        self.assertEqual(client.generate("any", "Hello!", options={"seed": 1}).response, ANSWER)
        Weather.model_validate_json(client.chat(**asked, format=SCHEMA).message.content)
        self.assertTrue(client.chat(**asked, tools=[TOOL]).message.content)
        self.assertEqual(len(client.embed("any", ["Hello!", "Bye."]).embeddings), 2)
        with self.assertRaises(ollama.ResponseError):
            client.chat("any", [{"role": "robot", "content": "x"}])

    def test_anthropic(self):
        client = anthropic.Anthropic(base_url=self.base, api_key="any", max_retries=0)
        asked = {"model": "any", "max_tokens": 500, "messages": HELLO}
        self.assertEqual(client.messages.create(**asked).content[0].text, ANSWER)
        with client.messages.stream(**asked) as stream:
            self.assertEqual("".join(stream.text_stream), ANSWER)
        tools = {"tools": [{"name": "weather", "input_schema": SCHEMA}], "tool_choice": {"type": "any"}}
        block, = client.messages.create(**asked, **tools).content
        self.assertEqual((block.type, list(block.input)), ("tool_use", ["city"]))
        with client.messages.stream(**asked, **tools) as stream:
            final = stream.get_final_message()
        self.assertEqual((final.content[0].input, final.stop_reason), (block.input, "tool_use"))
        result = {"type": "tool_result", "tool_use_id": block.id, "content": "dry"}
        talk = [*HELLO, {"role": "assistant", "content": [block.model_dump(exclude_none=True)]}, {"role": "user", "content": [result]}]
        self.assertTrue(client.messages.create(**{**asked, "messages": talk}, tools=tools["tools"]).content)
        self.assertGreater(client.messages.count_tokens(model="any", messages=HELLO).input_tokens, 3)
        with self.assertRaises(anthropic.BadRequestError):
            client.messages.create(**{**asked, "messages": []})

    def test_lm_evaluation_harness(self):
        """Its sum over a text is that of `rwkvk perplexity`."""
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "texts.jsonl"), "w") as file:
                file.write(json.dumps({"text": TEXT}) + "\n")
            text = os.path.join(folder, "text.txt")
            with open(text, "w") as file:
                file.write(TEXT)
            with open(os.path.join(folder, "sums.yaml"), "w") as file:
                json.dump({"task": "sums", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": os.path.join(folder, "texts.jsonl")}},
                           "test_split": "test", "output_type": "loglikelihood_rolling", "doc_to_text": "", "doc_to_target": "{{text}}",
                           "metric_list": [{"metric": "word_perplexity"}]}, file)
            arguments = f"model=any,base_url={self.base}/v1/completions,tokenizer_backend=remote,max_length=4096,custom_prefix_token_id=0"
            environment = {**os.environ, "HF_HOME": folder, "HF_DATASETS_OFFLINE": "1", "OPENAI_API_KEY": "any"}
            run = subprocess.run([sys.executable, "-m", "lm_eval", "--model", "local-completions", "--model_args", arguments, "--tasks", "sums",
                                  "--include_path", folder, "--output_path", os.path.join(folder, "out"), "--log_samples"],
                                 capture_output=True, text=True, env=environment, timeout=300)
            self.assertEqual(run.returncode, 0, run.stderr[-3000:])
            samples = [os.path.join(at, name) for at, _, names in os.walk(os.path.join(folder, "out")) for name in names if name.startswith("samples")]
            with open(samples[0]) as file:
                harness = json.loads(file.readline())["resps"][0][0]
            harness = harness[0] if isinstance(harness, list) else harness
            report = json.loads(subprocess.run([PROGRAM, "perplexity", "-dev", "cpu", "-f", text, "--json"], capture_output=True,
                                               text=True, check=True).stdout)
            self.assertAlmostEqual(float(harness), -math.log(report["perplexity"]) * report["tokens"], delta=1e-4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
