"""Models and their tokenizers."""

from __future__ import annotations

import ctypes
import os
from typing import Any, Iterable, Sequence, Union

from . import _border as c
from ._library import Owner, c_string, check, defaults, library, made, runtime


Path = Union[str, "os.PathLike[str]"]


class Model(Owner):
    """A model file, mapped. `adapters`: files that are blended in, each a path or (path, scale). `weights`: the type that
    matrices are stored in, as "q8_0"; None: the file's."""

    def __init__(self, path: Path, adapters: Iterable[Path | tuple[Path, float]] = (), weights: str | None = None) -> None:
        params = defaults(c.rwkvk_model_params)
        pairs = [adapter if isinstance(adapter, tuple) else (adapter, 1.0) for adapter in adapters]
        files = [c.rwkvk_adapter(c_string(file, "adapter"), scale) for file, scale in pairs]
        params.adapters = (c.rwkvk_adapter * len(files))(*files)
        params.adapter_count = len(files)
        params.weights = c_string(weights, "weights")
        super().__init__(made(library.rwkvk_model_load, runtime, c_string(path, "path"), params), library.rwkvk_model_destroy)
        self._tokenizer: Tokenizer | None = None

    def info(self) -> dict[str, Any]:
        """Name, version, widths and sizes, as in rwkvk_model_info."""
        info = c.rwkvk_model_info(size=ctypes.sizeof(c.rwkvk_model_info))
        check(library.rwkvk_model_info_get(self.handle, info))
        return as_dict(info)

    def fingerprint(self) -> str:
        """16 hex digits over all that is computed with. Reads all weights at the first call."""
        hex_digits = ctypes.create_string_buffer(17)
        check(library.rwkvk_model_fingerprint(self.handle, hex_digits))
        return hex_digits.value.decode()

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's own: from its file, or from a vocabulary file that is found for it."""
        if self._tokenizer is None:
            self._tokenizer = Tokenizer(self)
        return self._tokenizer

    def tokenize(self, text: str | bytes) -> list[int]:
        """The ids of a text, or of bytes, by its own tokenizer."""
        return self.tokenizer.encode(text)


class Tokenizer(Owner):
    """Text to ids and back. `path`: a vocabulary file; None: the model's own."""

    def __init__(self, model: Model, path: Path | None = None) -> None:
        super().__init__(
            made(library.rwkvk_tokenizer_open_for_model, model.handle, c_string(path, "path")),
            library.rwkvk_tokenizer_destroy,
        )

    def encode(self, text: str | bytes) -> list[int]:
        """The ids of a text, or of bytes."""
        data = text.encode() if isinstance(text, str) else bytes(text)
        tokens, count = self._write(data, len(data))
        if count > len(tokens):  # rare: normalisation can make a text longer
            tokens, count = self._write(data, count)
        return tokens[:count]

    def _write(self, data: bytes, capacity: int) -> tuple[Any, int]:
        tokens, count = (c.Token * capacity)(), ctypes.c_size_t()
        check(library.rwkvk_tokenize(self.handle, data, len(data), tokens, capacity, count))
        return tokens, count.value

    def bytes_of(self, tokens: Sequence[int]) -> bytes:
        """The text of ids as it is, also where it is no UTF-8."""
        return b"".join(self._text(token) for token in tokens)

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of ids; bytes that are no UTF-8 become U+FFFD."""
        return self.bytes_of(tokens).decode("utf-8", "replace")

    def _text(self, token: int) -> bytes:
        size = ctypes.c_size_t()
        text = library.rwkvk_token_text(self.handle, token, size)
        return ctypes.string_at(text, size.value) if size.value else b""

    @property
    def end_of_text(self) -> int | None:
        """The id that ends a text, or None."""
        token = library.rwkvk_tokenizer_end_of_text(self.handle)
        return token if token >= 0 else None


def as_dict(info: Any) -> dict[str, Any]:
    """The fields of a struct, but for its size."""
    values = {name: getattr(info, name) for name, _ in info._fields_ if name != "size"}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in values.items()}
