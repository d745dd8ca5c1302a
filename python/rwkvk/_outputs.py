"""What an engine gives."""

from __future__ import annotations

import math
from typing import NamedTuple

from . import _border as c
from ._events import Done, Usage
from ._fingerprint import fingerprint


class Output(NamedTuple):
    """An answer."""

    text: str
    tokens: list[int]  # all that were drawn, those of a stop text too
    reasoning: str
    finish: str  # "stop", "length" or "cancelled"
    usage: Usage
    fingerprint: str  # of the ids of prompt and answer: the server tells the same of the same


class Score(NamedTuple):
    """How likely a model finds a text: of each token that has one before it, in their order."""

    tokens: list[int]
    log_probabilities: list[float]  # natural logarithms

    @property
    def total(self) -> float:
        return math.fsum(self.log_probabilities)


def output_of(prompt: list[int], done: Done) -> Output:
    return Output(done.text, done.tokens, done.reasoning, c.FINISHES[done.end], done.usage, fingerprint(prompt, done.tokens))
