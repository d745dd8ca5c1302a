"""Contexts: states and logits."""

import pathlib
import tempfile
import unittest

import rwkvk
from support import model, program

TOKENS = model.tokenize("User: Hello!\n\nAssistant:")


class ContextTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = rwkvk.Context(model, device="cpu", threads=1)

    def test_logits_are_the_programs(self):
        ids = ",".join(str(token) for token in TOKENS)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "logits.npy")
            program("logits", "--tokens", ids, "-o", str(file))
            self.assertTrue(file.read_bytes().endswith(self.context.logits(TOKENS).tobytes()))

    def test_a_state_goes_on_to_the_bit(self):
        state = self.context.state(TOKENS[:5])
        self.assertEqual(len(state), 4 * model.info()["state_elements"])
        self.assertEqual(self.context.state(TOKENS[5:], after=state), self.context.state(TOKENS))
        self.assertEqual(self.context.logits(TOKENS[5:], after=state), self.context.logits(TOKENS))
        self.assertNotEqual(self.context.state(TOKENS), state)
        self.assertEqual(self.context.state([], after=state), state)

    def test_logits_are_floats_of_the_vocabulary(self):
        logits = self.context.logits(TOKENS)
        self.assertEqual((memoryview(logits).format, len(logits)), ("f", model.info()["vocabulary"]))
        greedy = max(range(len(logits)), key=logits.__getitem__)
        output = rwkvk.Engine(model, device="cpu").generate([TOKENS], 1, sampling={"temperature": 0})[0]
        self.assertEqual(output.tokens, [greedy])

    def test_wrong_values_are_refused(self):
        with self.assertRaisesRegex(ValueError, "after: expected .* found 3"):
            self.context.state([1], after=b"abc")
        with self.assertRaisesRegex(rwkvk.Error, "id 4294967295"):
            self.context.logits([2**32 - 1])
        with self.assertRaises(rwkvk.Error) as caught:
            self.context.logits([])
        self.assertEqual(caught.exception.name, "bad argument")
        self.assertTrue(self.context.device.startswith("cpu (1 thread"))
