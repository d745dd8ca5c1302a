"""A model on a device, fed by hand: states and logits."""

import array
import ctypes
import threading

from . import _border as c
from ._library import Owner, c_string, c_tokens, check, defaults, library, made


class Context(Owner):
    """`device`: index, part of a name, UUID or "cpu"; None: the best GPU, else the CPU. `threads`: of the CPU; 0: as many as
    there are processors."""

    def __init__(self, model, device=None, threads=0):
        params = defaults(c.rwkvk_context_params)
        params.device = c_string(device, "device")
        params.threads = threads
        super().__init__(made(library.rwkvk_context_create, model.handle, params), library.rwkvk_context_destroy)
        info = model.info()
        self._vocabulary, self._state_elements = info["vocabulary"], info["state_elements"]
        self._one_at_a_time = threading.Lock()

    @property
    def device(self):
        return library.rwkvk_context_device(self.handle).decode()

    def state(self, tokens, after=None):
        """The state that tokens make, as bytes of float32. `after`: the state that they go on from; None: the one that a
        sequence begins with."""
        values = ctypes.create_string_buffer(4 * self._state_elements)
        with self._one_at_a_time:
            self._feed(tokens, after, None)
            check(library.rwkvk_state_get(self.handle, 0, values, self._state_elements))
        return values.raw

    def logits(self, tokens, after=None):
        """Those of the last token, as an array of float32 that numpy.asarray takes without a copy."""
        values = array.array("f", bytes(4 * self._vocabulary))
        with self._one_at_a_time:
            self._feed(tokens, after, (ctypes.c_float * len(values)).from_buffer(values))
        return values

    def _feed(self, tokens, after, logits):
        if after is None:
            check(library.rwkvk_state_reset(self.handle, 0))
        else:
            self._set(bytes(after))
        check(library.rwkvk_eval(self.handle, 0, c_tokens(tokens), len(tokens), logits))

    def _set(self, state):
        if len(state) != 4 * self._state_elements:
            raise ValueError(
                f"after: expected {4 * self._state_elements} bytes, found {len(state)}: give what state() gave of this model"
            )
        check(library.rwkvk_state_set(self.handle, 0, state, self._state_elements))
