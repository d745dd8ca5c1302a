"""The hidden vectors of a text as one."""

from __future__ import annotations

import array
import math

POOLINGS = ("mean", "last")


class Pool:
    """Sums in the order of the tokens, of doubles: the numbers of `rwkvk embed` and of the server."""

    def __init__(self) -> None:
        self._sums: list[float] = []
        self._tokens = 0

    def add(self, values: bytes) -> None:
        vector = array.array("f", values)
        self._sums = [total + value for total, value in zip(self._sums, vector)] if self._sums else list(vector)
        self._tokens += 1

    def vector(self, plain: bool) -> array.array[float]:
        """Of length 1 unless `plain`."""
        by = float(self._tokens) if plain else self._length() or 1.0
        return array.array("f", [total / by for total in self._sums])

    def _length(self) -> float:
        squares = 0.0
        for total in self._sums:  # not sum(), which rounds otherwise since Python 3.12
            squares += total * total
        return math.sqrt(squares)
