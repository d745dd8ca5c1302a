"""A vocabulary in the World syntax: id 0 ends a text, 1..256 are the bytes, then whole words of the
generated text.

usage: vocabulary.py OUT [ENTRIES]

Longest match takes the words. None holds a digit, and neither names nor the words of the word skills are
among them, so that digits and the letters of such words are tokens of their own, as arithmetic and
spelling need it.
"""

import ast
import collections
import random
import re
import sys

FIXED = ["\n\n", "User:", "Assistant:", " <think", "</think", "<think"]
PIECE = re.compile(r" ?[A-Za-z]{2,}|'[a-z]+")
SAMPLE = 20000  # conversations
IN_PROSE = "model language computer program letter number question answer token".split()  # spelt by heart


class Tokenizer:
    """Longest match over bytes, as the program's."""

    def __init__(self, texts):
        self.texts = texts
        self.ids = {text: i for i, text in enumerate(texts) if text}
        self.lengths = collections.defaultdict(set)
        for text in self.ids:
            self.lengths[text[:2]].add(len(text))
        self.lengths = {start: sorted(lengths, reverse=True) for start, lengths in self.lengths.items()}

    def encode(self, text):
        data, at, ids = text.encode(), 0, []
        while at < len(data):
            for length in self.lengths.get(data[at : at + 2], ()):
                found = self.ids.get(data[at : at + length])
                if found is not None and at + length <= len(data):
                    break
            else:
                length, found = 1, self.ids[data[at : at + 1]]
            ids.append(found)
            at += length
        return ids

    def decode(self, ids):
        return b"".join(self.texts[i] for i in ids).decode("utf-8", "replace")


def build(entries):
    """Texts by id; text 0 is empty."""
    from documents import pieces
    from skills import conversation
    from skills.memory import COLORS, FOODS, NAMES
    from skills.words import WORDS

    rng, counts = random.Random("vocabulary"), collections.Counter()
    for _ in range(SAMPLE):
        for text, _ in pieces(conversation(rng, 800), rng):
            counts.update(PIECE.findall(text))
    kept_apart = {word.lower() for word in [*NAMES, *WORDS]} - {*COLORS, *FOODS, *IN_PROSE}
    usable = [
        text
        for text in counts
        if text.strip().lower() not in kept_apart
        and counts[text] >= 60
        and (text.startswith((" ", "'")) or text in ("Letters", "Words"))
    ]
    usable.sort(key=lambda text: (-counts[text] * (len(text) - 1), text))
    texts = [b""] + [bytes([b]) for b in range(256)] + [text.encode() for text in FIXED]
    return texts + [text.encode() for text in usable[: entries - len(texts)]]


def write(texts, path):
    with open(path, "w", encoding="utf-8") as file:
        for i, text in enumerate(texts[1:], 1):
            try:
                literal = repr(text.decode())
            except UnicodeDecodeError:
                literal = repr(text)
            file.write(f"{i} {literal} {len(text)}\n")


def read(path):
    texts = [b""]
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            number, literal = line.split(" ", 1)
            value = ast.literal_eval(literal.rsplit(" ", 1)[0])
            texts.append(value if isinstance(value, bytes) else value.encode())
            assert int(number) == len(texts) - 1
    return Tokenizer(texts)


if __name__ == "__main__":
    write(build(int(sys.argv[2]) if len(sys.argv) > 2 else 1024), sys.argv[1])
