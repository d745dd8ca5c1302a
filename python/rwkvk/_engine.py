"""Engines: many requests served together on a thread of the library, each with the tokens that it gives alone."""

import ctypes
import queue
import threading
from typing import NamedTuple

from . import _border as c
from ._events import Usage, add_sink, drop_sink, telling
from ._library import Error, Owner, c_string, check, defaults, library, made
from ._model import as_dict
from ._request import Request

_NO_LIMIT = 0  # of requests that wait: who makes them has them in memory anyway


class Output(NamedTuple):
    text: str
    tokens: list  # all that were drawn, those of a stop text too
    reasoning: str
    finish: str  # "stop", "length" or "cancelled"
    usage: Usage


class Engine(Owner):
    """`device`, `threads`: as in Context. `slots`: requests that are served at once. `cache_bytes`: of memory for states that
    later prompts go on from; None: as much as the library takes by default."""

    def __init__(self, model, device=None, slots=8, threads=0, cache_bytes=None):
        context = defaults(c.rwkvk_context_params)
        context.device = c_string(device, "device")
        context.slots, context.threads = slots, threads
        params = defaults(c.rwkvk_engine_params)
        params.context = ctypes.pointer(context)
        params.queue, params.own_thread = _NO_LIMIT, 1
        if cache_bytes is not None:
            params.cache_bytes = cache_bytes
        self._model = model
        handle = made(library.rwkvk_engine_create, model.handle, model.tokenizer.handle, params)
        super().__init__(handle, _destroy_engine)

    @property
    def device(self):
        return library.rwkvk_engine_device(self.handle).decode()

    def info(self):
        """What it does and has done, as in rwkvk_engine_info."""
        info = c.rwkvk_engine_info(size=ctypes.sizeof(c.rwkvk_engine_info))
        check(library.rwkvk_engine_info_get(self.handle, info))
        return as_dict(info)

    def generate(self, prompts, max_tokens=2048, sampling=None, stop=(), seed=0, template=None, thinking="none"):
        """An Output for each prompt, in their order; all are served together.

        A prompt is a text or a list of ids that is gone on from, or a conversation: a list of messages
        {"role": …, "content": …}. `sampling`: fields of rwkvk_sampler_params that differ from what the model recommends.
        `stop`: texts that end an answer. `seed`: one for all, or a list of one for each. `template`, `thinking` ("none",
        "fast", "on", "little", "lot"): of conversations. Raises the first request's Error when one fails."""
        prompts = _list_of_prompts(prompts)
        seeds = [seed] * len(prompts) if isinstance(seed, int) else list(seed)
        if len(seeds) != len(prompts):
            raise ValueError(f"seed: expected {len(prompts)} of them, one for each prompt, found {len(seeds)}")
        events, answers = queue.SimpleQueue(), {}
        try:
            for prompt, own_seed in zip(prompts, seeds):
                request = self._submit(events, prompt, max_tokens, sampling, stop, own_seed, template, thinking)
                answers[request] = _Answer()
            for _ in answers:
                _collect_until_done(events, answers)
        except BaseException:
            for request in answers:
                self._cancel(request)
            raise
        return [answer.output() for answer in answers.values()]

    def stream(self, prompt, max_tokens=2048, sampling=None, stop=(), seed=0, template=None, thinking="none"):
        """The answer to one prompt as a Stream of pieces of text; what the arguments are is said at generate()."""
        events = queue.SimpleQueue()
        request = self._submit(events, prompt, max_tokens, sampling, stop, seed, template, thinking)
        return Stream(self, request, events)

    def _submit(self, events, *arguments):
        request, number = Request(self._model, *arguments), ctypes.c_uint64()
        request.c.user = add_sink(events)
        try:
            check(library.rwkvk_engine_submit(self.handle, request.c, number))
        except BaseException:
            drop_sink(request.c.user)
            raise
        return number.value

    def _cancel(self, request):
        if self._destroy.alive:
            library.rwkvk_engine_cancel(self.handle, request)


class Stream:
    """Iterates over the pieces of an answer as they come. After the last, `output` is the whole. close(), or leaving the
    iterator to be collected, cancels the rest."""

    def __init__(self, engine, request, events):
        self._engine, self._request, self._events = engine, request, events
        self._answer = _Answer()
        self._over = False
        self.output = None

    def __iter__(self):
        return self

    def __next__(self):
        while not self._over:
            event = self._events.get()
            self._answer.add(event)
            if event.end is not None:
                self._over = True
                self.output = self._answer.output()
            if event.text:
                return event.text
        raise StopIteration

    def close(self):
        """The rest is not made; what came before can still be taken."""
        if not self._over:
            self._engine._cancel(self._request)

    __del__ = close

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class _Answer:
    def __init__(self):
        self.text, self.reasoning, self.tokens, self.end = [], [], [], None

    def add(self, event):
        self.text.append(event.text)
        self.reasoning.append(event.reasoning)
        if event.end is None:
            self.tokens.append(event.token)
        else:
            self.end = event

    def output(self):
        if self.end.end == c.DONE_FAILED:
            raise Error(self.end.status, self.end.message)
        finish = c.FINISHES[self.end.end]
        return Output("".join(self.text), self.tokens, "".join(self.reasoning), finish, self.end.usage)


def _collect_until_done(events, answers):
    while True:
        event = events.get()
        answers[event.request].add(event)
        if event.end is not None:
            return


def _list_of_prompts(prompts):
    found = list(prompts)
    if isinstance(prompts, str) or any(isinstance(prompt, (dict, int)) for prompt in found):
        raise TypeError("prompts: expected a list of prompts, found one prompt: put it into a list")
    return found


def _destroy_engine(handle):
    # The collector of cycles may run while an engine's thread tells something, which cannot wait for its own end.
    if telling():
        threading.Thread(target=library.rwkvk_engine_destroy, args=(handle,)).start()
    else:
        library.rwkvk_engine_destroy(handle)
