"""Answers that are held to something, and those of the server, which are the same."""

import json
import re
import unittest

import rwkvk
from support import Served, ask, engine, model, program

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "minimum": 0, "maximum": 150}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
HOT = {"temperature": 1.5}


class GrammarTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = engine()

    def test_every_answer_is_valid_by_its_schema(self):
        outputs = self.engine.generate([ask("Who are you?")], sampling=HOT, schema=SCHEMA, n=8)
        for output in outputs:
            found = json.loads(output.text)
            self.assertEqual(sorted(found), ["age", "name"])
            self.assertLessEqual(len(found["name"]), 12)
            self.assertIn(found["age"], range(151))
            self.assertEqual(output.finish, "stop")
        self.assertGreater(len({output.text for output in outputs}), 1)
        of_text = self.engine.generate([ask("Who are you?")], sampling=HOT, schema=json.dumps(SCHEMA), n=8)
        self.assertEqual([output.tokens for output in of_text], [output.tokens for output in outputs])

    def test_a_grammar_is_the_programs(self):
        grammar = 'root ::= [a-z]{3,6} " is " [0-9]{2}'
        flags = ("--temp", "1.5", "--grammar", grammar)
        said = json.loads(program("generate", "-p", "Ada", "-n", "30", "--seed", "4", "--json", *flags))["text"]
        (output,) = self.engine.generate(["Ada"], 30, HOT, seed=4, grammar=grammar)
        self.assertTrue(re.fullmatch("[a-z]{3,6} is [0-9]{2}", output.text), output.text)
        self.assertEqual(output.text, said)
        with self.engine.stream("Ada", 30, HOT, seed=4, grammar=grammar) as stream:
            self.assertEqual("".join(stream), output.text)


class ServerTest(unittest.TestCase):
    """Whose chats are asked for a short form of reasoning, unless it is told another."""

    @classmethod
    def setUpClass(cls):
        cls.engine = engine()
        served = Served()
        cls.server = served.__enter__()
        cls.addClassCleanup(served.__exit__)

    def same(self, told, *outputs):
        texts = [choice["message"]["content"] if "message" in choice else choice["text"] for choice in told["choices"]]
        self.assertEqual(texts, [output.text for output in outputs])
        return told["rwkvk"]["fingerprint"]

    def test_chats(self):
        for seed, stop in ((1, []), (2, ["Ada"])):
            question = ask("My name is Ada.")
            told = self.server.post("/v1/chat/completions", messages=question, seed=seed, stop=stop, temperature=1.5)
            (output,) = self.engine.generate([question], sampling=HOT, seed=seed, stop=stop, thinking="fast")
            self.assertEqual(self.same(told, output), output.fingerprint)

    def test_texts(self):
        fields = {"prompt": "Once", "max_tokens": 20, "temperature": 1.5, "top_p": 0.5, "seed": 3}
        told = self.server.post("/v1/completions", **fields)
        (output,) = self.engine.generate(["Once"], 20, {"temperature": 1.5, "top_p": 0.5}, seed=3)
        self.assertEqual(self.same(told, output), output.fingerprint)

    def test_several_answers_have_one_fingerprint_there(self):
        question = ask("Tell me a story about a fox.")
        told = self.server.post("/v1/chat/completions", messages=question, seed=5, n=3, temperature=1.5, max_tokens=20)
        outputs = self.engine.generate([question], 20, HOT, seed=5, n=3, thinking="fast")
        text = told["choices"][0]["message"]["content"]
        prompt = self.server.post("/tokenize", content=self.server.post("/apply-template", messages=question)["prompt"])["tokens"]
        together = rwkvk.fingerprint(prompt, *(output.tokens for output in outputs))
        self.assertEqual((self.same(told, *outputs), outputs[0].text), (together, text))

    def test_schemas(self):
        form = {"type": "json_schema", "json_schema": {"name": "person", "schema": SCHEMA}}
        told = self.server.post("/v1/chat/completions", messages=ask("Hello!"), seed=6, response_format=form)
        (output,) = self.engine.generate([ask("Hello!")], seed=6, schema=SCHEMA, thinking="fast")
        self.assertEqual(self.same(told, output), output.fingerprint)


class FingerprintTest(unittest.TestCase):
    def test_of_lists_one_after_the_other(self):
        self.assertEqual(rwkvk.fingerprint(), "2d06800538d394c2")  # of nothing, as xxHash defines it
        self.assertEqual(rwkvk.fingerprint([1, 2], [3]), rwkvk.fingerprint([1, 2, 3]))
        self.assertNotEqual(rwkvk.fingerprint([1, 2, 3]), rwkvk.fingerprint([3, 2, 1]))
        with self.assertRaises(OverflowError):
            rwkvk.fingerprint([2**32])

    def test_of_an_answer_are_its_prompt_and_tokens(self):
        (output,) = engine().generate(["Once"], 5)
        self.assertEqual(output.fingerprint, rwkvk.fingerprint(model.tokenize("Once"), output.tokens))
