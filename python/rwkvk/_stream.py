"""An answer as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._events import Done, Piece, Queue
from ._outputs import Output, output_of

if TYPE_CHECKING:
    from ._engine import Engine


class Stream:
    """Iterates over the pieces of an answer's text as they come. After the last, `output` is the whole. close(), or leaving the
    iterator to be collected, cancels the rest. Raises the request's Error when it fails."""

    output: Output | None

    def __init__(self, engine: Engine, request: int, prompt: list[int], events: Queue[Any]) -> None:
        self._engine, self._request, self._prompt, self._events = engine, request, prompt, events
        self._pieces: list[Piece] = []
        self._over = False
        self.output = None

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> str:
        while not self._over:
            event = self._events.get()
            if isinstance(event, Piece):
                self._pieces.append(event)
            else:
                self._over = True
                self.output = output_of(self._prompt, self._whole(event.checked()))
            if event.text:
                return event.text
        raise StopIteration

    def _whole(self, done: Done) -> Done:
        text = "".join(piece.text for piece in self._pieces) + done.text
        reasoning = "".join(piece.reasoning for piece in self._pieces) + done.reasoning
        return done._replace(text=text, reasoning=reasoning, tokens=[piece.token for piece in self._pieces])

    def close(self) -> None:
        """The rest is not made; what came before can still be taken."""
        if not self._over:
            self._engine._cancel(self._request)

    __del__ = close

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
