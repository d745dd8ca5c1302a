"""RWKV language models on any Vulkan GPU and on the CPU, with the same bits on every device.

    import rwkvk
    engine = rwkvk.Engine(rwkvk.Model("model.gguf"))
    print(engine.generate([[{"role": "user", "content": "Who are you?"}]])[0].text)
"""

from ._context import Context
from ._engine import Engine, Output, Stream, Usage
from ._library import Error
from ._model import Model, Tokenizer
from ._version import __version__

__all__ = ["Context", "Engine", "Error", "Model", "Output", "Stream", "Tokenizer", "Usage", "__version__"]
