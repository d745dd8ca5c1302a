"""RWKV-7 for training: official parameter names, shapes and initialisation, WKV-7 in its chunked matrix
form.

Widths: D embedding, H heads of N = 64, F feed-forward; B rows, T tokens. A row holds documents one after
the other, each of which begins at a multiple of `CHUNK` tokens with an empty state.
"""

import dataclasses
import math

import torch
from torch import nn
from torch.nn import functional as F

CHUNK = 32  # e^-g stays below 2^28 in it, far inside float32
HEAD = 64
DECAY_SCALE = math.exp(-0.5)
GROUP_EPS = 64e-5


@dataclasses.dataclass
class Config:
    vocabulary: int
    width: int = 256
    layers: int = 6
    ffn: int = 768
    decay_rank: int = 32
    rate_rank: int = 32
    value_rank: int = 16
    gate_rank: int = 64


def wkv7_plain(r, log_w, k, v, kappa, rate, fresh=None):
    """The recurrence token by token: S <- S diag(w) - (S kappa)(kappa*rate)^T + v k^T, y = S r.

    All [B, T, H, N]; log_w = ln w. `fresh` [B, T/CHUNK]: the chunk begins with an empty state. Returns [B,
    T, H, N]. For tests: it is what the chunked form must equal.
    """
    B, T, H, N = r.shape
    state = r.new_zeros(B, H, N, N)
    out = []
    for t in range(T):
        if fresh is not None and t % CHUNK == 0:
            state = state * (~fresh[:, t // CHUNK]).to(r.dtype)[:, None, None, None]
        removed = -(state @ kappa[:, t, :, :, None])
        state = (
            state * log_w[:, t, :, None, :].exp()
            + removed * (kappa[:, t] * rate[:, t])[:, :, None, :]
            + v[:, t, :, :, None] * k[:, t, :, None, :]
        )
        out.append((state @ r[:, t, :, :, None])[..., 0])
    return torch.stack(out, 1)


def wkv7_chunked(r, log_w, k, v, kappa, rate, fresh=None):
    """As wkv7_plain, with matrix products over chunks; only one product per chunk is serial. T: a multiple
    of CHUNK.

    In a chunk with decays e^g (g summed from its beginning) and the state M = S^T at its beginning:
      U = (I - Aab)^-1 (A~ M + Aak V),  Y = R~ M + Arb U + Ark V,  M' = diag(e^gC) M + B-^T U + K-^T V,
    where U holds the rows S_{t-1} a_t. U is linear in M, so Y = P M + Q and M' = E M + G with parts known beforehand.
    """
    B, T, H, N = r.shape
    chunks = T // CHUNK

    def part(x):  # [B, T, H, N] -> [B, chunks, H, CHUNK, N]
        return x.view(B, chunks, CHUNK, H, N).transpose(2, 3)

    r, log_w, k, v, kappa, rate = map(part, (r, log_w, k, v, kappa, rate))
    g = log_w.cumsum(3)
    last = g[:, :, :, -1:]
    grown, b = (-g).exp(), kappa * rate
    a_now, r_now = -kappa * (g - log_w).exp(), r * g.exp()
    inverse_decayed = torch.cat((b * grown, k * grown), 3)  # rows s of b, then of k
    a_pairs = a_now @ inverse_decayed.transpose(-1, -2)  # [.., CHUNK, 2 CHUNK]
    r_pairs = r_now @ inverse_decayed.transpose(-1, -2)
    below = torch.ones(CHUNK, CHUNK, device=r.device, dtype=r.dtype).tril(-1)
    upto = torch.ones(CHUNK, CHUNK, device=r.device, dtype=r.dtype).tril()
    a_b, a_k = (pairs * below for pairs in a_pairs.split(CHUNK, -1))
    r_b, r_k = (pairs * upto for pairs in r_pairs.split(CHUNK, -1))

    known = torch.cat((a_now, a_k @ v), -1)
    identity = torch.eye(CHUNK, device=r.device, dtype=r.dtype)
    u = torch.linalg.solve_triangular(identity - a_b, known, upper=False, unitriangular=True)
    left = (last - g).exp()
    b_left, k_left = (b * left).transpose(-1, -2), (k * left).transpose(-1, -2)
    step_u, gain_u = (b_left @ u).split(N, -1)
    step = step_u + torch.diag_embed(last[:, :, :, 0].exp())  # E
    gain = gain_u + k_left @ v  # G
    y_step, y_gain = (r_b @ u).split(N, -1)

    if fresh is not None:
        kept = (~fresh).to(r.dtype)[:, :, None, None, None]
    state, states = r.new_zeros(B, H, N, N), []
    for c, (one_step, one_gain) in enumerate(zip(step.unbind(1), gain.unbind(1))):
        states.append(state if fresh is None else state * kept[:, c])
        state = one_step @ states[-1] + one_gain
    y = (r_now + y_step) @ torch.stack(states, 1) + y_gain + r_k @ v
    return y.transpose(2, 3).reshape(B, T, H, N)


def shifted(x, first):
    """The token before; zeros where `first` [B, T] says that a document begins."""
    return F.pad(x, (0, 0, 1, -1)).masked_fill(first[:, :, None], 0)


def orthogonal(rows, columns, scale):
    gain = math.sqrt(rows / columns) if rows > columns else 1.0
    return nn.init.orthogonal_(torch.empty(rows, columns), gain * scale)


def uniform(rows, columns, bound):
    return torch.empty(rows, columns).uniform_(-bound, bound)


def matrix(weight):
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    linear.weight = nn.Parameter(weight)
    return linear


class TimeMix(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        D = config.width
        self.heads, self.layer = D // HEAD, layer
        late, early = layer / max(config.layers - 1, 1), 1 - layer / config.layers
        place = torch.arange(D) / D
        for name, power in dict(r=0.2, w=0.9, k=0.7, v=0.7, a=0.9, g=0.2).items():
            self.vector(f"x_{name}", 1 - place ** (power * early))

        linear = torch.arange(D) / (D - 1) - 0.5
        zigzag = (torch.arange(D) % HEAD - (HEAD - 1) / 2) / ((HEAD - 1) / 2)
        zigzag = zigzag * zigzag.abs()
        decay = -6 + 6 * (torch.arange(D) / (D - 1)) ** (1 + late**0.3)
        self.low_rank("w", decay + 0.5 + zigzag * 2.5, config.decay_rank)
        self.low_rank("a", -0.19 + zigzag * 0.3 + linear * 0.4, config.rate_rank)
        if layer > 0:
            self.low_rank("v", 0.73 - linear * 0.4, config.value_rank)
        self.low_rank("g", None, config.gate_rank)
        self.vector("k_k", 0.71 - linear * 0.1)
        self.vector("k_a", torch.full((D,), 1.02))
        self.r_k = nn.Parameter(torch.full((self.heads, HEAD), -0.04))

        bound = 0.5 / math.sqrt(D)
        self.receptance = matrix(uniform(D, D, bound))
        self.key = matrix(uniform(D, D, bound / 10))
        self.value = matrix(uniform(D, D, bound))
        self.output = matrix(torch.zeros(D, D))
        self.ln_x = nn.GroupNorm(self.heads, D, eps=GROUP_EPS)
        self.ln_x.weight.data.fill_(((1 + layer) / config.layers) ** 0.7)

    def vector(self, name, values):
        setattr(self, name, nn.Parameter(values.float().view(1, 1, -1).clone()))

    def low_rank(self, name, bias, rank):
        D = self.x_r.shape[-1]
        if bias is not None:
            self.vector(f"{name}0", bias)
        setattr(self, f"{name}1", nn.Parameter(torch.zeros(D, rank)))
        setattr(self, f"{name}2", nn.Parameter(orthogonal(rank, D, 0.1)))

    def forward(self, x, v_first, first, fresh):
        B, T, D = x.shape
        d = shifted(x, first) - x
        xr, xw, xk, xv, xa, xg = (
            x + d * mix for mix in (self.x_r, self.x_w, self.x_k, self.x_v, self.x_a, self.x_g)
        )
        r, k, v = self.receptance(xr), self.key(xk), self.value(xv)
        log_w = -DECAY_SCALE * torch.sigmoid((self.w0 + torch.tanh(xw @ self.w1) @ self.w2).float())
        a = torch.sigmoid(self.a0 + xa @ self.a1 @ self.a2)
        gate = torch.sigmoid(xg @ self.g1) @ self.g2
        if self.layer == 0:
            v_first = v
        else:
            v = torch.lerp(v, v_first, torch.sigmoid(self.v0 + xv @ self.v1 @ self.v2).to(v.dtype))

        def heads(y):
            return y.float().view(B, T, self.heads, HEAD)

        kappa = F.normalize(heads(k * self.k_k), dim=-1, eps=1e-12)
        k = k * (1 + (a - 1) * self.k_a)
        r, k, v_heads = heads(r), heads(k), heads(v)
        with torch.autocast(x.device.type, enabled=False):
            y = wkv7_chunked(r, heads(log_w), k, v_heads, kappa, heads(a), fresh)
        y = self.ln_x(y.reshape(B * T, D)).view(B, T, D)
        y = y + ((r * k * self.r_k).sum(-1, keepdim=True) * v_heads).reshape(B, T, D)
        return self.output(y * gate), v_first


class ChannelMix(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        D = config.width
        early = 1 - layer / config.layers
        self.x_k = nn.Parameter((1 - (torch.arange(D) / D) ** (early**4)).view(1, 1, -1))
        self.key = matrix(uniform(config.ffn, D, 0.5 / math.sqrt(D)))
        self.value = matrix(torch.zeros(D, config.ffn))

    def forward(self, x, first):
        hidden = torch.relu(self.key(x + (shifted(x, first) - x) * self.x_k))
        return self.value(hidden * hidden)


class Block(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        if layer == 0:
            self.ln0 = nn.LayerNorm(config.width)
        self.ln1, self.ln2 = nn.LayerNorm(config.width), nn.LayerNorm(config.width)
        self.att, self.ffn = TimeMix(config, layer), ChannelMix(config, layer)

    def forward(self, x, v_first, first, fresh):
        y, v_first = self.att(self.ln1(x), v_first, first, fresh)
        x = x + y
        return x + self.ffn(self.ln2(x), first), v_first


class Rwkv7(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        V, D = config.vocabulary, config.width
        self.emb = nn.Embedding(V, D)
        self.emb.weight.data.uniform_(-1e-4, 1e-4)
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.layers))
        self.ln_out = nn.LayerNorm(D)
        self.head = matrix(orthogonal(V, D, 0.5))

    def forward(self, tokens, fresh):
        """tokens [B, T], T a multiple of CHUNK; fresh [B, T/CHUNK]: a document begins with the chunk.
        Logits [B, T, V]."""
        first = torch.zeros_like(tokens, dtype=torch.bool)
        first[:, ::CHUNK] = fresh
        x, v_first = self.blocks[0].ln0(self.emb(tokens)), None
        for block in self.blocks:
            x, v_first = block(x, v_first, first, fresh)
        return self.head(self.ln_out(x))
