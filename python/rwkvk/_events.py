"""What the library tells of requests, from whatever thread it does, brought to the queue of who waits for it."""

import ctypes
import itertools
import threading
from typing import NamedTuple

from . import _border as c

_sinks = {}  # by the number that the library hands back as `user`
_numbers = itertools.count(1)
_here = threading.local()


class Usage(NamedTuple):
    prompt_tokens: int
    cached_tokens: int  # of these, found in the cache
    answer_tokens: int
    queued_seconds: float
    prompt_seconds: float
    answer_seconds: float


class Event(NamedTuple):
    request: int
    token: int  # None at the end
    text: str
    reasoning: str
    end: int = None  # RWKVK_DONE_*, then:
    status: int = None
    message: str = None
    usage: Usage = None


def add_sink(queue):
    """A number for `user` of a request, whose events come to the queue until the last."""
    number = next(_numbers)
    _sinks[number] = queue
    return number


def drop_sink(number):
    _sinks.pop(number, None)


def telling():
    """Whether this thread is in a call of tell()."""
    return getattr(_here, "telling", False)


@c.event_fn
def tell(user, event):
    # Here too Python may free objects that have nothing to do with the event: _engine.py destroys engines elsewhere then.
    _here.telling = True
    try:
        told = event.contents
        if told.kind == c.EVENT_PIECE:
            _sinks[user].put(_copy(told, told.token))
        elif told.kind == c.EVENT_DONE:
            usage = Usage(*(getattr(told, name) for name in Usage._fields))
            _sinks.pop(user).put(_copy(told, None, told.end, told.status, told.message.decode(), usage))
    finally:
        _here.telling = False


def _copy(told, token, *end):
    text = ctypes.string_at(told.text, told.text_bytes).decode()
    reasoning = ctypes.string_at(told.reasoning, told.reasoning_bytes).decode()
    return Event(told.request, token, text, reasoning, *end)
