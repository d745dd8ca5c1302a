"""The shared library: where it is, how its calls fail, and the one runtime that everything of a process shares."""

from __future__ import annotations

import array
import ctypes
import logging
import os
import sys
import weakref
from typing import Any, Callable, Sequence, TypeVar

from . import _border as c
from ._version import __version__

_SERIES = ".".join(__version__.split(".")[:2])
_OWN, _INSTALLED = {
    "win32": ("rwkvk.dll", "rwkvk.dll"),
    "darwin": ("librwkvk.dylib", f"librwkvk.{_SERIES}.dylib"),
}.get(sys.platform, ("librwkvk.so", f"librwkvk.so.{_SERIES}"))
Self = TypeVar("Self", bound="Owner")
_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)  # by RWKVK_LOG_*


class Error(Exception):
    """A call that failed: its text is the library's one line for a person, `status` one of RWKVK_*, `name` its name."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def name(self) -> str:
        return library.rwkvk_status_name(self.status).decode()


def _open() -> Any:
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), _OWN)
    path = os.environ.get("RWKVK_LIBRARY") or (own if os.path.exists(own) else _INSTALLED)
    try:
        opened = ctypes.CDLL(path)
        for name, (result, *arguments) in c.FUNCTIONS.items():
            function = getattr(opened, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise ImportError(
            f"{path}: expected the shared library of rwkvk {_SERIES}, found: {error}: install it, or set RWKVK_LIBRARY to it"
        ) from None
    found = opened.rwkvk_version().decode()
    if found.split(".")[:2] != _SERIES.split("."):
        raise ImportError(f"{path}: expected rwkvk {_SERIES}, found {found}: set RWKVK_LIBRARY to a library of that version")
    return opened


library = _open()


def defaults(struct: Any) -> Any:
    """A struct of parameters as its *_default function fills it."""
    params = struct()
    getattr(library, struct.__name__ + "_default")(params, ctypes.sizeof(params))
    return params


@c.log_fn
def _log(_user: Any, level: int, line: bytes) -> None:
    logging.getLogger("rwkvk").log(_LEVELS[level], "%s", line.decode("utf-8", "replace"))


def _make_runtime() -> Any:
    params = defaults(c.rwkvk_runtime_params)
    params.log = ctypes.cast(_log, ctypes.c_void_p)
    handle = c.Handle()
    status = library.rwkvk_runtime_create(params, handle)
    if status != c.OK:
        raise Error(status, library.rwkvk_status_name(status).decode())
    return handle


runtime = _make_runtime()


def check(status: int) -> None:
    """Raises the Error of a call that failed on this thread just now."""
    if status == c.OK:
        return
    reason = library.rwkvk_last_error(runtime) or library.rwkvk_status_name(status)
    raise Error(status, reason.decode("utf-8", "replace"))


def made(function: Any, *arguments: Any) -> Any:
    """The handle that a function of the library writes to its last argument."""
    handle = c.Handle()
    check(function(*arguments, handle))
    return handle


def c_string(text: Any, what: str) -> bytes | None:
    """The text for C, where it would end at a NUL inside; None stays None."""
    if text is None:
        return None
    if not isinstance(text, (str, os.PathLike)):
        raise TypeError(f"{what}: expected text, found {type(text).__name__}")
    encoded = os.fsencode(text) if isinstance(text, os.PathLike) else text.encode()
    if b"\0" in encoded:
        raise ValueError(f"{what}: expected text, found a NUL character in it: take it out")
    return encoded


def c_tokens(tokens: Sequence[int]) -> Any:
    """The ids for C; one that is no uint32 raises OverflowError, where ctypes would cut it."""
    return (c.Token * len(tokens)).from_buffer(array.array("I", tokens)) if len(tokens) > 0 else None


class Owner:
    """Owns a handle of the library, which is destroyed by close(), with the object, or when the interpreter ends."""

    def __init__(self, handle: Any, destroy: Callable[[Any], None]) -> None:
        self._handle = handle
        self._destroy = weakref.finalize(self, destroy, handle)

    @property
    def handle(self) -> Any:
        if not self._destroy.alive:
            raise Error(c.BAD_ARGUMENT, f"this {type(self).__name__} is closed: make another")
        return self._handle

    def close(self) -> None:
        self._destroy()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
