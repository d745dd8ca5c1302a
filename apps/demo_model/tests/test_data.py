"""Skills accept their own answers, held-out contents stay out of training, documents read as the program
feeds them."""

import os
import random
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import vocabulary  # noqa: E402
from data import Batches  # noqa: E402
from documents import encode, pieces  # noqa: E402
from model import CHUNK  # noqa: E402
from skills import SKILLS, conversation, recall_conversation  # noqa: E402
from skills.arithmetic import add_columns, subtract_columns  # noqa: E402
from skills.wording import Turn, ends_with, is_held_out  # noqa: E402

TURNS = 3000


class Skills(unittest.TestCase):
    def test_answers_are_accepted_and_others_are_not(self):
        for name, make in SKILLS.items():
            rng = random.Random(name)
            for held_out in (False, True):
                for _ in range(200):
                    turn = make(rng, held_out)
                    self.assertTrue(turn.accepts(turn.answer), turn)
                    self.assertFalse(turn.accepts(""), turn)
                    self.assertFalse(turn.accepts("I like trains, 99999 of them."), turn)
                    self.assertNotIn("\n", turn.user + turn.answer)

    def test_ends_with(self):
        self.assertTrue(ends_with(132)("47 + 85 = 132."))
        for wrong in ("47 + 85 = 1132.", "= -132", "132 it is not", "13"):
            self.assertFalse(ends_with(132)(wrong), wrong)
        self.assertTrue(ends_with(-5)("2 - 7 = -5."))

    def test_columns(self):
        self.assertEqual(add_columns(4738, 965), "8+5=13, 3+6+1=10, 7+9+1=17, 4+1=5")
        self.assertEqual(subtract_columns(1002, 5), "12-5=7, 9-0=9, 9-0=9, 0-0=0")

    def test_held_out_contents_stay_out(self):
        """Every content that a skill draws is recorded: those of training and of questions have none in
        common."""
        seen = {False: set(), True: set()}
        for held_out in (False, True):
            for name, make in SKILLS.items():
                rng = random.Random(f"{name} {held_out}")
                for _ in range(TURNS // 4):
                    turn = make(rng, held_out)
                    if name in ("reversal", "spelling"):
                        seen[held_out].add((name, turn.answer.split(" ")[0].strip(".").replace("-", "")))
                    if name in ("addition", "subtraction"):
                        seen[held_out].add((name, turn.answer.rsplit(".", 2)[-2].split("=")[0].strip()))
        self.assertTrue(seen[False] and seen[True])
        self.assertFalse(seen[False] & seen[True])
        for name, content in seen[True]:
            if name in ("reversal", "spelling"):
                self.assertTrue(is_held_out(content.lower()), content)

    def test_told_names_are_new(self):
        told = {False: set(), True: set()}
        for held_out in told:
            for i in range(TURNS // 10):
                rng = random.Random(f"{held_out} {i}")
                for turn in recall_conversation(rng, held_out, 10):
                    if turn.skill == "telling" and turn.answer.startswith("Nice to meet you, "):
                        told[held_out].add(turn.answer[len("Nice to meet you, ") : -1])
        self.assertGreater(len(told[True]), 20)
        self.assertFalse(told[True] & told[False])
        self.assertTrue(all(is_held_out(name) for name in told[True]))


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tokenizer = vocabulary.Tokenizer(vocabulary.build(1024))

    def test_text_is_the_programs(self):
        turn = Turn("addition", "2+2", "2 + 2 = 4.", ends_with(4), reasoning="2 and 2", asks_to_think=True)
        plain = Turn("facts", "Capital of Peru?", "Lima.", ends_with("Lima"))
        text = "".join(text for text, _ in pieces([turn, plain], random.Random(1)))
        self.assertEqual(
            text, "User: 2+2\n\nAssistant: 2 + 2 = 4.\n\nUser: Capital of Peru?\n\nAssistant: Lima.\n\nUser:"
        )
        said = "".join(text for text, said in pieces([plain, turn], random.Random(1)) if said)
        self.assertEqual(said, " Lima.\n\n <think>\n2 and 2\n</think>\n2 + 2 = 4.\n\nUser:")

    def test_the_three_ways_to_begin_an_answer(self):
        turn = Turn("addition", "2+2", "2+2=4. It is 4.", ends_with(4), reasoning="2+2=4.", result="It is 4.")
        made = {tuple(pieces([turn], random.Random(seed))[1:-2]) for seed in range(300)}
        self.assertEqual(
            made,
            {
                ((" 2+2=4. It is 4.", True),),
                ((" <think", False), (">\n2+2=4.\n</think>\nIt is 4.", True)),
                ((" <think>\n</think", False), (">\n2+2=4. It is 4.", True)),
            },
        )

    def test_tokens(self):
        texts = self.tokenizer.texts
        self.assertLessEqual(len(texts), 1024)
        self.assertEqual(texts[0], b"")
        self.assertEqual(sorted(texts[1:257]), [bytes([b]) for b in range(256)])
        self.assertFalse([t for t in texts[257:] if any(chr(c).isdigit() for c in t)])
        rng = random.Random(3)
        for _ in range(200):
            turns = conversation(rng, 600)
            ids, marks = encode(turns, rng, self.tokenizer)
            self.assertEqual(len(ids), len(marks))
            self.assertTrue(self.tokenizer.decode(ids).endswith("\n\nUser:"))

    def test_another_process_makes_the_same(self):
        program = (
            "import random, hashlib; from skills import conversation; r = random.Random(1);"
            "print(hashlib.sha256(repr([[(t.user, t.answer) for t in conversation(r, 600)] for _ in range(300)]).encode()).hexdigest())"
        )
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
        made = {
            subprocess.run(
                [sys.executable, "-c", program],
                cwd=folder,
                env=os.environ | {"PYTHONHASHSEED": seed},
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            for seed in "123"
        }
        self.assertEqual(len(made), 1)

    def test_batches(self):
        one, other = (Batches(self.tokenizer, 4, 256, 5, 10)[3] for _ in range(2))
        for a, b in zip(one, other):
            self.assertTrue(bool((a == b).all()))
        tokens, marks, fresh = one
        self.assertEqual(tuple(fresh.shape), (4, 256 // CHUNK))
        self.assertTrue(bool(fresh[:, 0].all()))
        self.assertGreater((tokens != 0).float().mean().item(), 0.6)
        self.assertFalse(
            bool(marks[:, ::CHUNK][fresh].any())
        )  # what begins a document is never to be predicted


if __name__ == "__main__":
    unittest.main()
