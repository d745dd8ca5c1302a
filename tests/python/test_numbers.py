"""What texts are to a model: scores, vectors, states; and numpy, where it is there."""

import array
import json
import math
import pathlib
import tempfile
import threading
import unittest

import rwkvk
from support import engine, model, program

TEXTS = ["My name is Ada.", "The capital of France is Paris.", "b-a-n-a-n-a", "Grüße, 世界"]


class NumbersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = engine(slots=2)

    def test_scores_are_those_of_perplexity(self):
        for text, score in zip(TEXTS, self.engine.score(TEXTS)):
            with tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder, "text")
                file.write_text(text, encoding="utf-8")
                said = json.loads(program("perplexity", "-f", str(file), "--json"))
            self.assertEqual(score.tokens, model.tokenize(text))
            self.assertEqual(said["tokens"], len(score.tokens))
            # Each is a float32 that may be off by 2e-6 besides (docs/NUMERICS.md).
            most = sum(2e-6 + abs(value) * 2**-24 for value in score.log_probabilities)
            self.assertAlmostEqual(score.total, -math.log(said["perplexity"]) * said["tokens"], delta=most)
            self.assertLess(score.total, -1)

    def test_scores_of_ids_have_no_beginning(self):
        ids = model.tokenize(TEXTS[0])
        begun = [model.tokenizer.end_of_text] + ids
        of_text, of_begun, of_ids, of_one, of_none = self.engine.score([TEXTS[0], begun, ids, ids[:1], []])
        self.assertEqual(of_text, of_begun)
        self.assertEqual(of_ids.tokens, ids[1:])
        self.assertNotEqual(of_ids.log_probabilities, of_text.log_probabilities[1:])
        self.assertEqual((of_one.tokens, of_none.log_probabilities, of_none.total), ([], [], 0))

    def test_vectors_are_the_programs(self):
        for pooling in ("mean", "last"):
            for plain in ((), ("--plain",)):
                said = json.loads(program("embed", "-p", "\n".join(TEXTS), "-o", "json", "--pooling", pooling, *plain))
                found = self.engine.embed(TEXTS, pooling, plain=bool(plain))
                self.assertEqual(found, [array.array("f", one["embedding"]) for one in said])
                self.assertEqual(len(found[0]), model.info()["width"])
        self.assertEqual(self.engine.embed([model.tokenize(text) for text in TEXTS]), self.engine.embed(TEXTS))

    def test_states_are_those_of_a_context(self):
        tokens = model.tokenize(TEXTS[1])
        self.assertEqual(self.engine.state(tokens), rwkvk.Context(model, "cpu", 1).state(tokens))
        self.assertNotEqual(self.engine.state(tokens), self.engine.state(tokens[:-1]))

    def test_wrong_values_are_refused(self):
        with self.assertRaisesRegex(ValueError, "pooling: expected mean, last, found 'most'"):
            self.engine.embed(TEXTS, "most")
        with self.assertRaisesRegex(TypeError, "texts: expected a list of texts"):
            self.engine.embed(TEXTS[0])
        with self.assertRaisesRegex(TypeError, "texts: expected a list of texts"):
            self.engine.score(TEXTS[0])
        with self.assertRaisesRegex(rwkvk.Error, "at least 1 token"):
            self.engine.embed([""])
        with self.assertRaisesRegex(rwkvk.Error, "id 4294967295"):
            self.engine.score([[1, 2**32 - 1]])
        self.assertEqual(self.engine.score([]) + self.engine.embed([]), [])

    def test_closing_the_engine_is_an_error_not_a_half(self):
        own = engine()
        closing = threading.Timer(0.3, own.close)
        closing.start()
        with self.assertRaisesRegex(rwkvk.Error, "the engine was closed") as caught:
            own.score([[1] * 200000])
        self.assertEqual(caught.exception.name, "cancelled")
        closing.join()

    def test_numpy_takes_them_without_a_copy(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("numpy is not installed")
        (vector,) = self.engine.embed(TEXTS[:1])
        view = rwkvk.as_array(vector)
        self.assertEqual((view.dtype, view.tolist()), (numpy.float32, vector.tolist()))
        view[0] = 5
        self.assertEqual(vector[0], 5)
        state = self.engine.state([1])
        self.assertEqual(rwkvk.as_array(state).tobytes(), state)
