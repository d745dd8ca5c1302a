"""Requests of Python's values as the C border has them."""

from __future__ import annotations

import ctypes
import json
from typing import Any, Iterable, Mapping, Sequence, Union

from . import _border as c
from ._events import tell
from ._library import Owner, c_string, c_tokens, check, defaults, library, made, runtime
from ._model import Model

GENERATE_TOP_P = 0.85  # of texts that are continued, as by `rwkvk generate`

Message = Mapping[str, str]
Prompt = Union[str, Sequence[int], Sequence[Message]]


class Request:
    """What rwkvk_engine_submit reads, with all that it points to: needed until the call returns. As it is made here, the
    tokens are read and nothing is answered."""

    def __init__(self, tokens: Sequence[int] | None = None) -> None:
        self.c = defaults(c.rwkvk_engine_request)
        self.c.event = tell
        self.c.wants_whole = 1  # a call of Python for each token would wait for other threads of Python each time
        self.c.max_tokens = 0
        if tokens is not None:
            self._set_tokens(tokens)

    def _set_tokens(self, tokens: Sequence[int]) -> None:
        self.c.tokens, self.c.token_count = c_tokens(tokens), len(tokens)
        self.ids = list(tokens)


class Wishes:
    """What one call asks of all its answers; Engine.generate() says what each means."""

    def __init__(
        self,
        model: Model,
        max_tokens: int,
        sampling: Mapping[str, float] | None,
        stop: str | Iterable[str],
        template: str | None,
        thinking: str,
        schema: Any,
        grammar: str | None,
    ) -> None:
        self.max_tokens = max_tokens
        self.sampling = _checked_sampling(sampling or {})
        stops = [stop] if isinstance(stop, str) else list(stop)
        self.stops = (ctypes.c_char_p * len(stops))(*(c_string(text, "stop") for text in stops))
        self.template = c_string(template, "template")
        if thinking not in c.THINKING:
            raise ValueError(f"thinking: expected {', '.join(c.THINKING)}, found {thinking!r}")
        self.thinking = c.THINKING.index(thinking)
        self.grammar = _grammar(model, schema, grammar)


class Question(Request):
    """A request for an answer to a text, to ids, or to a conversation."""

    def __init__(self, model: Model, prompt: Prompt, wishes: Wishes) -> None:
        super().__init__()
        self._model, self._wishes = model, wishes
        self._params = defaults(c.rwkvk_sampler_params)
        if isinstance(prompt, str):
            self._set_text(model.tokenize(prompt) or [0])  # token 0 stands for the beginning of a document
        elif all(isinstance(message, dict) for message in prompt):
            self._set_messages(prompt)
        else:
            self._set_text(prompt)
        for name, value in wishes.sampling.items():
            setattr(self._params, name, value)
        self.c.stops, self.c.stop_count = wishes.stops, len(wishes.stops)
        self.c.max_tokens = wishes.max_tokens

    def set_seed(self, seed: int) -> None:
        self._params.seed = seed
        self.c.sampling = ctypes.pointer(self._params)
        if self._wishes.grammar:
            self._sampler = Owner(made(library.rwkvk_sampler_create, runtime, self._params), library.rwkvk_sampler_destroy)
            check(library.rwkvk_sampler_grammar(self._sampler.handle, self._wishes.grammar.handle))
            self.c.sampler = self._sampler.handle

    def _set_text(self, tokens: Any) -> None:
        self._set_tokens(tokens)
        end = self._model.tokenizer.end_of_text
        ends = [] if end is None else [end]
        self.c.ends, self.c.end_count = c_tokens(ends), len(ends)
        self._params.top_p = GENERATE_TOP_P
        check(library.rwkvk_model_sampling(self._model.handle, self._params))

    def _set_messages(self, messages: Any) -> None:
        params = defaults(c.rwkvk_prompt_params)
        params.template_name, params.thinking = self._wishes.template, self._wishes.thinking
        pairs = [(_text(message, "role"), _text(message, "content")) for message in messages]
        array = (c.rwkvk_message * len(pairs))(*(c.rwkvk_message(*pair) for pair in pairs))
        of = (self._model.handle, self._model.tokenizer.handle)
        self._prompt = Owner(made(library.rwkvk_prompt_create, *of, params, array, len(array)), library.rwkvk_prompt_destroy)
        self.c.prompt = self._prompt.handle
        check(library.rwkvk_prompt_sampling(self._prompt.handle, self._params))
        count = ctypes.c_size_t()
        tokens = library.rwkvk_prompt_tokens(self._prompt.handle, count)
        self.ids = tokens[: count.value]


def _checked_sampling(sampling: Mapping[str, float]) -> Mapping[str, float]:
    known = [field[0] for field in c.rwkvk_sampler_params._fields_ if field[0] not in ("size", "seed")]
    for name in sampling:
        if name not in known:
            raise ValueError(f"sampling: expected {', '.join(known)}, found {name!r}")
    return sampling


def _grammar(model: Model, schema: Any, grammar: str | None) -> Owner | None:
    if schema is None and grammar is None:
        return None
    if schema is not None and grammar is not None:
        raise ValueError("schema, grammar: expected one of them, found both: leave one out")
    if grammar is not None:
        make, text = library.rwkvk_grammar_gbnf, c_string(grammar, "grammar")
    else:
        make = library.rwkvk_grammar_json_schema
        text = c_string(schema if isinstance(schema, str) else json.dumps(schema), "schema")
    return Owner(made(make, model.tokenizer.handle, text), library.rwkvk_grammar_destroy)


def _text(message: Message, key: str) -> bytes | None:
    if key not in message:
        raise ValueError(f"message: expected role and content, found {', '.join(message) or 'nothing'}")
    return c_string(message[key], key)
