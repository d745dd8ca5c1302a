"""The PyTorch model against `rwkvk logits` on an exported random model: within 3e-5 of the spread of the
logits.

usage: check_export.py RWKVK_PROGRAM
"""

import os
import subprocess
import sys
import tempfile

import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from model import CHUNK, Config, Rwkv7  # noqa: E402

VOCABULARY, CHUNKS, BOUND = 300, 5, 3e-5


def main(program):
    torch.manual_seed(3)
    model = Rwkv7(Config(VOCABULARY, width=128, layers=3, ffn=384))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter += (0.5 if name == "emb.weight" else 0.05) * torch.randn_like(parameter)
    tokens = torch.randint(1, VOCABULARY, (1, CHUNKS * CHUNK))
    fresh = torch.zeros(1, CHUNKS, dtype=torch.bool)
    fresh[:, 0] = True
    with torch.no_grad():
        expected = model(tokens, fresh)[0].double().numpy()
    with tempfile.TemporaryDirectory() as folder:
        path, out = os.path.join(folder, "model.pth"), os.path.join(folder, "logits.npy")
        torch.save(model.state_dict(), path)
        subprocess.run(
            [
                program,
                "logits",
                "-m",
                path,
                "--device",
                "cpu",
                "--all",
                "-o",
                out,
                "--tokens",
                ",".join(map(str, tokens[0].tolist())),
            ],
            check=True,
        )
        found = np.load(out).astype(np.float64)
    error = np.abs(found - expected).max() / expected.std()
    print(f"largest difference {error:.2e} of the spread {expected.std():.3f}, allowed {BOUND:.0e}")
    raise SystemExit(not error <= BOUND)


if __name__ == "__main__":
    main(sys.argv[1])
