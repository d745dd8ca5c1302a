"""Models and tokenizers."""

import json
import pathlib
import unittest

import rwkvk
from support import DEMO, model, program


class ModelTest(unittest.TestCase):
    def test_says_what_it_is(self):
        said = json.loads(program("info", "--json"))
        self.assertEqual(model.info()["name"], "demo.gguf")
        self.assertEqual(model.info()["version"], said["version"])
        self.assertEqual(model.info()["parameters"], said["parameters"])
        self.assertEqual(model.fingerprint(), said["fingerprint"])

    def test_weights_are_converted(self):
        self.assertNotEqual(rwkvk.Model(pathlib.Path(DEMO), weights="q4_0").fingerprint(), model.fingerprint())
        with self.assertRaisesRegex(rwkvk.Error, "q99"):
            rwkvk.Model(DEMO, weights="q99")

    def test_failures_carry_the_librarys_line_and_status(self):
        with self.assertRaisesRegex(rwkvk.Error, "no such file.gguf") as caught:
            rwkvk.Model("no such file.gguf")
        self.assertEqual(caught.exception.status, 11)
        self.assertEqual(caught.exception.name, "io")
        with self.assertRaisesRegex(rwkvk.Error, "no adapter.pth"):
            rwkvk.Model(DEMO, adapters=[("no adapter.pth", 0.5)])
        with self.assertRaisesRegex(ValueError, "path.*NUL"):
            rwkvk.Model("a\0b")

    def test_closed(self):
        with rwkvk.Model(DEMO) as closed:
            closed.info()
        with self.assertRaisesRegex(rwkvk.Error, "this Model is closed"):
            closed.info()
        closed.close()


class TokenizerTest(unittest.TestCase):
    def test_text_comes_back(self):
        for text in ("", "Hello!", "a\0b", "Grüße, 世界 🌍"):
            self.assertEqual(model.tokenizer.decode(model.tokenize(text)), text)

    def test_ids_are_the_programs(self):
        ids = program("tokenize", text="My name is Ada.").split()
        self.assertEqual(model.tokenize("My name is Ada."), [int(token) for token in ids])

    def test_bytes_that_are_no_text(self):
        tokens = model.tokenizer.encode(b"\xff")
        self.assertEqual(model.tokenizer.bytes_of(tokens), b"\xff")
        self.assertEqual(model.tokenizer.decode(tokens), "\ufffd")

    def test_outlives_its_model(self):
        tokenizer = rwkvk.Tokenizer(rwkvk.Model(DEMO))
        self.assertEqual(tokenizer.encode("Hi"), model.tokenize("Hi"))
