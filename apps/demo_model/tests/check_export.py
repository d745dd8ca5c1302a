"""The PyTorch model against `rwkvk logits` on an exported random model: within 3e-5 of the spread of the
logits.

usage: check_export.py RWKVK_PROGRAM
"""

import os
import random
import subprocess
import sys
import tempfile

import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import vocabulary  # noqa: E402
from documents import pieces  # noqa: E402
from model import CHUNK, Config, Rwkv7  # noqa: E402
from skills import conversation  # noqa: E402

VOCABULARY, CHUNKS, BOUND = 300, 5, 3e-5


def check_tokens(program):
    texts = vocabulary.build(1024)
    tokenizer, rng = vocabulary.Tokenizer(texts), random.Random(4)
    text = (
        "".join(text for _ in range(50) for text, _ in pieces(conversation(rng, 500), rng))
        + "Ünï 日本 \t'\"\\ \n\n\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vocabulary.txt")
        vocabulary.write(texts, path)
        done = subprocess.run(
            [program, "tokenize", "--vocab", path], input=text.encode(), check=True, capture_output=True
        )
        read_again = vocabulary.read(path).texts
    equal = [int(number) for number in done.stdout.split()] == tokenizer.encode(text) and read_again == texts
    print(f"ids of {len(text)} characters: {'equal' if equal else 'different'}")
    return equal


def check_logits(program):
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
    return error <= BOUND


if __name__ == "__main__":
    results = [check_tokens(sys.argv[1]), check_logits(sys.argv[1])]
    raise SystemExit(not all(results))
