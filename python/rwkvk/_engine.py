"""Engines: many requests served together on a thread of the library, each with the tokens that it gives alone."""

from __future__ import annotations

import array
import ctypes
import threading
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence, Union

from . import _border as c
from ._events import Done, Queue, add_sink, drop_sink, telling
from ._library import Error, Owner, c_string, check, defaults, library, made
from ._model import Model, as_dict
from ._outputs import Output, Score, output_of
from ._pool import POOLINGS, Pool
from ._request import Prompt, Question, Request, Wishes
from ._stream import Stream

_NO_LIMIT = 0  # of requests that wait: who makes them has them in memory anyway

Text = Union[str, Sequence[int]]


class Engine(Owner):
    """`device`, `threads`: as in Context. `slots`: requests that are served at once. `cache_bytes`: of memory for states that
    later prompts go on from; None: as much as the library takes by default. All methods may be called from many threads."""

    def __init__(
        self,
        model: Model,
        device: str | None = None,
        slots: int = 8,
        threads: int = 0,
        cache_bytes: int | None = None,
    ) -> None:
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
    def device(self) -> str:
        return library.rwkvk_engine_device(self.handle).decode()

    def info(self) -> dict[str, int]:
        """What it does and has done, as in rwkvk_engine_info."""
        info = c.rwkvk_engine_info(size=ctypes.sizeof(c.rwkvk_engine_info))
        check(library.rwkvk_engine_info_get(self.handle, info))
        return as_dict(info)

    def generate(
        self,
        prompts: Iterable[Prompt],
        max_tokens: int = 2048,
        sampling: Mapping[str, float] | None = None,
        stop: str | Iterable[str] = (),
        seed: int | Iterable[int] = 0,
        template: str | None = None,
        thinking: str = "none",
        schema: Any = None,
        grammar: str | None = None,
        n: int = 1,
    ) -> list[Output]:
        """`n` Outputs for each prompt, in the order of the prompts; all are served together.

        A prompt is a text or a list of ids that is gone on from, or a conversation: a list of messages
        {"role": …, "content": …}. `sampling`: fields of rwkvk_sampler_params that differ from what the model recommends.
        `stop`: texts that end an answer. `seed`: one for all, or a list of one for each prompt; further answers to a prompt
        take the numbers that follow, as the server's do. `template`, `thinking` ("none", "fast", "on", "little", "lot"): of
        conversations. `schema` (a JSON schema, as text or as Python's values) or `grammar` (GBNF): what answers are held to.
        Raises the first request's Error when one fails."""
        prompts = _list_of("prompts", prompts)
        seeds = [seed] * len(prompts) if isinstance(seed, int) else list(seed)
        if len(seeds) != len(prompts):
            raise ValueError(f"seed: expected {len(prompts)} of them, one for each prompt, found {len(seeds)}")
        if n < 1:
            raise ValueError(f"n: expected 1 or more answers to each prompt, found {n}")
        wishes = Wishes(self._model, max_tokens, sampling, stop, template, thinking, schema, grammar)
        asked: list[list[int]] = []

        def questions() -> Iterator[Request]:
            for prompt, own_seed in zip(prompts, seeds):
                question = Question(self._model, prompt, wishes)
                for choice in range(n):
                    question.set_seed(own_seed + choice)
                    asked.append(question.ids)
                    yield question

        answers = self._serve(questions())
        return [output_of(ids, done) for ids, done in zip(asked, answers)]

    def stream(
        self,
        prompt: Prompt,
        max_tokens: int = 2048,
        sampling: Mapping[str, float] | None = None,
        stop: str | Iterable[str] = (),
        seed: int = 0,
        template: str | None = None,
        thinking: str = "none",
        schema: Any = None,
        grammar: str | None = None,
    ) -> Stream:
        """The answer to one prompt as a Stream of pieces of text; what the arguments are is said at generate()."""
        wishes = Wishes(self._model, max_tokens, sampling, stop, template, thinking, schema, grammar)
        question = Question(self._model, prompt, wishes)
        question.set_seed(seed)
        question.c.wants_whole = 0
        events: Queue[Any] = Queue()
        return Stream(self, self._submit(events, question), question.ids, events)

    def embed(self, texts: Iterable[Text], pooling: str = "mean", plain: bool = False) -> list[array.array[float]]:
        """A vector for each text, or list of ids, as arrays of float32 as wide as the model: the numbers of `rwkvk embed`.
        `pooling`: "mean" of all tokens, or the "last". `plain`: as they come, not of length 1."""
        if pooling not in POOLINGS:
            raise ValueError(f"pooling: expected {', '.join(POOLINGS)}, found {pooling!r}")
        requests = [Request(self._ids(text)) for text in _list_of("texts", texts)]
        for request in requests:
            request.c.wants_hidden = c.WANT_ALL if pooling == "mean" else c.WANT_LAST
        pools = [Pool() for _ in requests]
        self._read(requests, lambda place, values: pools[place].add(values))
        return [pool.vector(plain) for pool in pools]

    def score(self, texts: Iterable[Text]) -> list[Score]:
        """How likely the model finds each text, token by token, as `rwkvk perplexity` does: behind what stands for the
        beginning of a text, where the vocabulary has that. A list of ids is taken as it is; its first has no score."""
        given = [self._begun(text) for text in _list_of("texts", texts)]
        requests = [Request(tokens) for tokens in given if len(tokens) > 1]  # of others there is nothing to foretell
        for request in requests:
            request.c.wants_prompt_scores = 1
        scores = iter(self._read(requests))
        return [Score(*next(scores).prompt_scores) if len(tokens) > 1 else Score([], []) for tokens in given]

    def state(self, tokens: Sequence[int]) -> bytes:
        """As Context.state(): float32. What later prompts have in common with the tokens is not read again."""
        request = Request(tokens)
        request.c.wants_snapshot = 1
        (done,) = self._read([request])
        if not done.state:
            raise Error(c.DEVICE_LOST, "state: the device was lost just when the tokens were read: ask again")
        return done.state

    def _ids(self, text: Text) -> Sequence[int]:
        return self._model.tokenize(text) if isinstance(text, str) else text

    def _begun(self, text: Text) -> Sequence[int]:
        beginning = self._model.tokenizer.end_of_text
        if not isinstance(text, str) or beginning is None:
            return self._ids(text)
        return [beginning] + self._model.tokenize(text)

    def _read(self, requests: Iterable[Request], on_hidden: Callable[[int, bytes], None] | None = None) -> list[Done]:
        """As _serve(), of requests whose half is of no use."""
        ends = self._serve(requests, on_hidden)
        if any(done.end == c.DONE_CANCELLED for done in ends):
            raise Error(c.CANCELLED, "the engine was closed before all was read: ask another")
        return ends

    def _serve(self, requests: Iterable[Request], on_hidden: Callable[[int, bytes], None] | None = None) -> list[Done]:
        """The end of each, in their order, once all are there. `on_hidden`: told the place of a request, and a vector."""
        events: Queue[Any] = Queue()
        places: dict[int, int] = {}
        ends: dict[int, Done] = {}
        try:
            for request in requests:
                places[self._submit(events, request)] = len(places)
            while len(ends) < len(places):
                event = events.get()
                if isinstance(event, Done):
                    ends[event.request] = event
                elif on_hidden:
                    on_hidden(places[event.request], event.values)
        except BaseException:
            for number in places:
                self._cancel(number)
            raise
        return [ends[number].checked() for number in places]

    def _submit(self, events: Any, request: Request) -> int:
        number = ctypes.c_uint64()
        request.c.user = add_sink(events)
        try:
            check(library.rwkvk_engine_submit(self.handle, request.c, number))
        except BaseException:
            drop_sink(request.c.user)
            raise
        return number.value

    def _cancel(self, request: int) -> None:
        if self._destroy.alive:
            library.rwkvk_engine_cancel(self.handle, request)


def _list_of(what: str, given: Iterable[Any]) -> list[Any]:
    found = list(given)
    if isinstance(given, str) or any(isinstance(one, (dict, int)) for one in found):
        raise TypeError(f"{what}: expected a list of {what}, found one of them: put it into a list")
    return found


def _destroy_engine(handle: Any) -> None:
    # The collector of cycles may run while an engine's thread tells something, which cannot wait for its own end.
    if telling():
        threading.Thread(target=library.rwkvk_engine_destroy, args=(handle,)).start()
    else:
        library.rwkvk_engine_destroy(handle)
