"""RWKV language models on any Vulkan GPU and on the CPU, with the same bits on every device.

    import rwkvk
    engine = rwkvk.Engine(rwkvk.Model("model.gguf"))
    print(engine.generate([[{"role": "user", "content": "Who are you?"}]])[0].text)
"""

from ._arrays import as_array
from ._context import Context
from ._devices import device_of_cuda, device_of_worker, devices
from ._engine import Engine
from ._events import Usage
from ._fingerprint import fingerprint
from ._library import Error
from ._model import Model, Tokenizer
from ._outputs import Output, Score
from ._stream import Stream
from ._version import __version__

__all__ = [
    "Context",
    "Engine",
    "Error",
    "Model",
    "Output",
    "Score",
    "Stream",
    "Tokenizer",
    "Usage",
    "__version__",
    "as_array",
    "device_of_cuda",
    "device_of_worker",
    "devices",
    "fingerprint",
]
