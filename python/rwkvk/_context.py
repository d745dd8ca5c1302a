"""A model on a device, fed by hand: states and logits."""

from __future__ import annotations

import array
import ctypes
import threading
from typing import Any, Sequence

from . import _border as c
from ._library import Owner, c_string, c_tokens, check, defaults, library, made
from ._model import Model


class Context(Owner):
    """`device`: index, part of a name, UUID or "cpu"; None: the best GPU, else the CPU. `threads`: of the CPU; 0: as many as
    there are processors."""

    def __init__(self, model: Model, device: str | None = None, threads: int = 0) -> None:
        params = defaults(c.rwkvk_context_params)
        params.device = c_string(device, "device")
        params.threads = threads
        super().__init__(made(library.rwkvk_context_create, model.handle, params), library.rwkvk_context_destroy)
        info = model.info()
        self._vocabulary, self._state_elements = info["vocabulary"], info["state_elements"]
        self._one_at_a_time = threading.Lock()

    @property
    def device(self) -> str:
        return library.rwkvk_context_device(self.handle).decode()

    def state(self, tokens: Sequence[int], after: bytes | None = None) -> bytes:
        """The state that tokens make, as bytes of float32. `after`: the state that they go on from; None: the one that a
        sequence begins with."""
        values = ctypes.create_string_buffer(4 * self._state_elements)
        with self._one_at_a_time:
            self._feed(tokens, after, None)
            check(library.rwkvk_state_get(self.handle, 0, values, self._state_elements))
        return values.raw

    def logits(self, tokens: Sequence[int], after: bytes | None = None) -> array.array[float]:
        """Those of the last token, as an array of float32, which as_array() and numpy take without a copy."""
        values = array.array("f", bytes(4 * self._vocabulary))
        with self._one_at_a_time:
            self._feed(tokens, after, (ctypes.c_float * len(values)).from_buffer(values))
        return values

    def _feed(self, tokens: Sequence[int], after: bytes | None, logits: Any) -> None:
        if after is None:
            check(library.rwkvk_state_reset(self.handle, 0))
        else:
            self._set(bytes(after))
        check(library.rwkvk_eval(self.handle, 0, c_tokens(tokens), len(tokens), logits))

    def _set(self, state: bytes) -> None:
        if len(state) != 4 * self._state_elements:
            raise ValueError(
                f"after: expected {4 * self._state_elements} bytes, found {len(state)}: give what state() gave of this model"
            )
        check(library.rwkvk_state_set(self.handle, 0, state, self._state_elements))
