"""What the library tells of requests, from whatever thread it does, brought to the queue of who waits for it."""

from __future__ import annotations

import ctypes
import itertools
import queue
import threading
from typing import Any, NamedTuple, Union

from . import _border as c
from ._library import Error, library


class Usage(NamedTuple):
    """What a request took."""

    prompt_tokens: int
    cached_tokens: int  # of these, found in the cache
    answer_tokens: int  # without what ended it
    queued_seconds: float
    prompt_seconds: float
    answer_seconds: float


class Piece(NamedTuple):
    """A token of an answer that is told as it comes, with the text that it makes certain."""

    request: int
    token: int
    text: str
    reasoning: str


class Hidden(NamedTuple):
    """The hidden vector of a token of the prompt."""

    request: int
    values: bytes  # float32


class Done(NamedTuple):
    """The last of a request. Of one that is told as a whole it holds all there is."""

    request: int
    text: str
    reasoning: str
    end: int  # RWKVK_DONE_*
    status: int
    message: str
    usage: Usage
    tokens: list[int] = []
    prompt_scores: tuple[list[int], list[float]] = ([], [])  # tokens, log-probabilities
    state: bytes = b""

    def checked(self) -> Done:
        """Itself. Raises the request's Error where it failed."""
        if self.end == c.DONE_FAILED:
            raise Error(self.status, self.message)
        return self


Event = Union[Piece, Hidden, Done]
Queue = queue.SimpleQueue

_sinks: dict[int, Any] = {}  # queues, by the number that the library hands back as `user`
_numbers = itertools.count(1)
_here = threading.local()


def add_sink(events: Any) -> int:
    """A number for `user` of a request, whose events come to the queue until the last."""
    number = next(_numbers)
    _sinks[number] = events
    return number


def drop_sink(number: int) -> None:
    _sinks.pop(number, None)


def telling() -> bool:
    """Whether this thread is in a call of tell()."""
    return getattr(_here, "telling", False)


@c.event_fn
def tell(user: int, event: Any) -> None:
    # Here too Python may free objects that have nothing to do with the event: _engine.py destroys engines elsewhere then.
    _here.telling = True
    try:
        told = event.contents
        if told.kind == c.EVENT_PIECE:
            _sinks[user].put(Piece(told.request, told.token, *_texts(told)))
        elif told.kind == c.EVENT_HIDDEN:
            _sinks[user].put(Hidden(told.request, ctypes.string_at(told.hidden, 4 * told.hidden_count)))
        elif told.kind == c.EVENT_DONE:
            _sinks.pop(user).put(_done(told))
    finally:
        _here.telling = False


def _done(told: Any) -> Done:
    usage = Usage(*(getattr(told, name) for name in Usage._fields))
    tokens, _ = _columns(told.answer, told.answer_count)
    scores = _columns(told.prompt_scores, told.prompt_score_count)
    end = (told.end, told.status, told.message.decode())
    return Done(told.request, *_texts(told), *end, usage, tokens, scores, _state(told.snapshot))


def _texts(told: Any) -> tuple[str, str]:
    text = ctypes.string_at(told.text, told.text_bytes).decode()
    return text, ctypes.string_at(told.reasoning, told.reasoning_bytes).decode()


def _columns(scores: Any, count: int) -> tuple[list[int], list[float]]:
    if count == 0:
        return [], []  # the pointer may be NULL
    # As two arrays of four-byte elements, of which every second one is meant: one call for all of them.
    size = 2 * count
    tokens = ctypes.cast(scores, ctypes.POINTER(ctypes.c_uint32))[:size:2]
    return tokens, ctypes.cast(scores, ctypes.POINTER(ctypes.c_float))[1:size:2]


def _state(snapshot: Any) -> bytes:
    count = ctypes.c_size_t()
    values = library.rwkvk_snapshot_values(snapshot, count) if snapshot else None
    return ctypes.string_at(values, 4 * count.value) if values else b""
