"""Numbers of the library for numpy, which is not needed otherwise."""

from __future__ import annotations

import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy


def as_array(values: bytes | array.array[float]) -> numpy.ndarray[Any, Any]:
    """A numpy array of float32, of logits, a state or a vector of embed(): the same memory, no copy. That of a state, which
    is bytes, cannot be written to."""
    import numpy

    return numpy.frombuffer(values, numpy.float32)
