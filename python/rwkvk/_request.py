"""A request of Python's values as the C border has it."""

import ctypes

from . import _border as c
from ._events import tell
from ._library import Owner, c_string, c_tokens, check, defaults, library, made

GENERATE_TOP_P = 0.85  # of texts that are continued, as by `rwkvk generate`


class Request:
    """What rwkvk_engine_submit reads, with all that it points to: needed until the call returns."""

    def __init__(self, model, prompt, max_tokens, sampling, stop, seed, template, thinking):
        self.c = request = defaults(c.rwkvk_engine_request)
        self._model = model
        self._params = defaults(c.rwkvk_sampler_params)
        if isinstance(prompt, str):
            self._set_tokens(model.tokenize(prompt) or [0])  # token 0 stands for the beginning of a document
        elif all(isinstance(message, dict) for message in prompt):
            self._set_messages(prompt, template, thinking)
        else:
            self._set_tokens(prompt)
        self._set_sampling(sampling or {}, seed)
        stops = [stop] if isinstance(stop, str) else list(stop)
        request.stops = (ctypes.c_char_p * len(stops))(*(c_string(text, "stop") for text in stops))
        request.stop_count = len(stops)
        request.max_tokens = max_tokens
        request.event = tell

    def _set_tokens(self, tokens):
        self.c.tokens, self.c.token_count = c_tokens(tokens), len(tokens)
        end = self._model.tokenizer.end_of_text
        ends = [] if end is None else [end]
        self.c.ends, self.c.end_count = c_tokens(ends), len(ends)
        self._params.top_p = GENERATE_TOP_P
        check(library.rwkvk_model_sampling(self._model.handle, self._params))

    def _set_messages(self, messages, template, thinking):
        params = defaults(c.rwkvk_prompt_params)
        params.template_name = c_string(template, "template")
        if thinking not in c.THINKING:
            raise ValueError(f"thinking: expected {', '.join(c.THINKING)}, found {thinking!r}")
        params.thinking = c.THINKING.index(thinking)
        pairs = [(_text(message, "role"), _text(message, "content")) for message in messages]
        array = (c.rwkvk_message * len(pairs))(*(c.rwkvk_message(*pair) for pair in pairs))
        of = (self._model.handle, self._model.tokenizer.handle)
        self._prompt = Owner(made(library.rwkvk_prompt_create, *of, params, array, len(array)), library.rwkvk_prompt_destroy)
        self.c.prompt = self._prompt.handle
        check(library.rwkvk_prompt_sampling(self._prompt.handle, self._params))

    def _set_sampling(self, sampling, seed):
        known = [name for name, _ in c.rwkvk_sampler_params._fields_ if name not in ("size", "seed")]
        for name, value in sampling.items():
            if name not in known:
                raise ValueError(f"sampling: expected {', '.join(known)}, found {name!r}")
            setattr(self._params, name, value)
        self._params.seed = seed
        self.c.sampling = ctypes.pointer(self._params)


def _text(message, key):
    if key not in message:
        raise ValueError(f"message: expected role and content, found {', '.join(message) or 'nothing'}")
    return c_string(message[key], key)
