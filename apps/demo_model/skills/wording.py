"""What all skills share: a turn, the split into training and held-out contents, small variations of
wording."""

import dataclasses
import hashlib
import re
from collections.abc import Callable


@dataclasses.dataclass
class Turn:
    """A question and its answer. `reasoning` stands in <think> when the question asks for it or the program begins
    the answer with it; then `result` follows, the answer without its working."""

    skill: str
    user: str
    answer: str
    accepts: Callable[[str], bool]
    reasoning: str | None = None
    result: str | None = None
    asks_to_think: bool = False


def is_held_out(content):
    """One content in 16 never occurs in training. By a hash, so that every run agrees."""
    return hashlib.sha256(repr(content).encode()).digest()[0] < 16


def draw(rng, held_out, make, always_trained=lambda content: False):
    """make(rng) until it gives a content of the wanted side."""
    while True:
        content = make(rng)
        if (is_held_out(content) and not always_trained(content)) == held_out:
            return content


def vary(rng, text):
    """As people type: without the last mark, in lower case, with a word of politeness. Braces stay as they are."""
    if rng.random() < 0.1 and text[-1] in "?.":
        text = f"Please {text[0].lower()}{text[1:]}" if text[-1] == "." else f"{text[:-1]} please?"
    if rng.random() < 0.3 and text[-1] in "?.!":
        text = text[:-1]
    if rng.random() < 0.3:
        return text.lower().replace("'", "" if rng.random() < 0.5 else "'")
    if rng.random() < 0.2 and not text[1:2].isupper():
        text = text[0].lower() + text[1:]
    return text


def ask(rng, forms, *values, **named):
    """One of the forms, varied; the values stay as they are."""
    return vary(rng, rng.choice(forms)).format(*values, **named)


def ends_with(value):
    """The answer's last word or number is `value`."""

    def accepts(answer):
        return re.sub(r"[.!\s]+$", "", answer).endswith(str(value)) and not re.search(
            rf"[\w-]{re.escape(str(value))}[.!\s]*$", answer
        )

    return accepts


def says(*wanted):
    """The answer holds each of the words, whatever their case."""

    def accepts(answer):
        return all(re.search(rf"(?<!\w){re.escape(str(w).lower())}(?!\w)", answer.lower()) for w in wanted)

    return accepts


def is_one_of(answers):
    known = set(answers)
    return lambda answer: answer.strip() in known
