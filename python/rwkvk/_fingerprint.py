"""The name of a result: what the server tells as `rwkvk.fingerprint` of its answers."""

from __future__ import annotations

import array
import ctypes
from typing import Iterable

from . import _border as c
from ._library import library


def fingerprint(*ids: Iterable[int]) -> str:
    """16 hex digits: XXH3-64 over lists of ids, one after the other, each id four bytes, as the server takes it of prompt and
    answer. With `n` choices it is that of the prompt and all of their tokens."""
    hasher = c.Handle()
    if library.rwkvk_hasher_create(hasher) != c.OK:
        raise MemoryError
    try:
        for some in ids:
            data = array.array("I", some).tobytes()
            library.rwkvk_hasher_add(hasher, data, len(data))
        digits = ctypes.create_string_buffer(17)
        library.rwkvk_hasher_hex(hasher, digits)
        return digits.value.decode()
    finally:
        library.rwkvk_hasher_destroy(hasher)
