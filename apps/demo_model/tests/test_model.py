"""The chunked WKV-7 against the plain recurrence: results and gradients; documents in a row do not see
each other."""

import os
import sys
import unittest

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from model import CHUNK, DECAY_SCALE, Config, Rwkv7, wkv7_chunked, wkv7_plain  # noqa: E402


def inputs(seed, chunks, lowest_decay=False, repeated=False):
    torch.manual_seed(seed)
    shape = (2, chunks * CHUNK, 3, 16)
    r, k, v, raw, kappa, rate = (torch.randn(shape, dtype=torch.float64) for _ in range(6))
    log_w = (
        torch.full(shape, -DECAY_SCALE, dtype=torch.float64) if lowest_decay else -DECAY_SCALE * raw.sigmoid()
    )
    if repeated:  # one key over and over, fully replaced: the worst case of the triangular system
        kappa, rate = kappa[:, :1].expand(shape), torch.full(shape, 8.0, dtype=torch.float64)
    kappa = torch.nn.functional.normalize(kappa, dim=-1)
    return [x.contiguous() for x in (r, log_w, k, v, kappa, rate.sigmoid())]


class Wkv(unittest.TestCase):
    def compare(self, tensors, fresh, dtype, tolerance):
        exact = [x.clone().requires_grad_() for x in tensors]
        tried = [x.to(dtype).requires_grad_() for x in tensors]
        torch.manual_seed(7)
        weight = torch.randn_like(tensors[0])
        expected, found = wkv7_plain(*exact, fresh), wkv7_chunked(*tried, fresh)
        (expected * weight).sum().backward()
        (found * weight.to(dtype)).sum().backward()
        pairs = [(expected, found)] + [(x.grad, y.grad) for x, y in zip(exact, tried)]
        for want, got in pairs:
            error = (want - got.double()).abs().max() / want.std()
            self.assertLess(error.item(), tolerance)

    def test_double(self):
        fresh = torch.tensor([[True, False, True], [True, True, False]])
        self.compare(inputs(1, 3), fresh, torch.float64, 1e-10)

    def test_float(self):
        fresh = torch.tensor([[True, False], [True, True]])
        for case in (inputs(2, 2), inputs(3, 2, lowest_decay=True), inputs(4, 2, repeated=True)):
            self.compare(case, fresh, torch.float32, 2e-4)


class Model(unittest.TestCase):
    def test_documents_are_apart_and_causal(self):
        torch.manual_seed(1)
        model = Rwkv7(Config(vocabulary=300, width=128, layers=3, ffn=256))
        for parameter in model.parameters():
            parameter.data += 0.02 * torch.randn_like(parameter)
        tokens = torch.randint(300, (1, 3 * CHUNK))
        together = model(tokens, torch.tensor([[True, True, False]]))
        alone = model(tokens[:, CHUNK:], torch.tensor([[True, False]]))
        self.assertLess((together[:, CHUNK:] - alone).abs().max().item(), 1e-4)
        joined = model(tokens, torch.tensor([[True, False, False]]))
        self.assertGreater((together - joined)[:, CHUNK:].abs().max().item(), 1e-3)
        changed = tokens.clone()
        changed[0, CHUNK + 5] = (changed[0, CHUNK + 5] + 1) % 300
        moved = (model(changed, torch.tensor([[True, True, False]])) - together).abs().amax(-1)[0]
        self.assertEqual(moved[: CHUNK + 5].max().item(), 0)
        self.assertGreater(moved[CHUNK + 5 :].min().item(), 0)


if __name__ == "__main__":
    unittest.main()
