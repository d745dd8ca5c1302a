#!/usr/bin/env python3
"""Writes products.bin: products of rounded rows with matrices of blocks, computed from docs/NUMERICS.md alone, in
whole numbers and fractions, each float operation rounded by itself. tests/cpu/linear_blocks_test.cpp compares.

For every format: its name (16 bytes), then as 32-bit words in, out, rows; the stored blocks, the settled input
[rows][in] and the sums [rows][out] as float32, all little-endian."""
import random
import struct
from fractions import Fraction

OUT, IN, ROWS = 3, 512, 2


def f32(x):
    """The float32 nearest to a fraction, ties to even, as a fraction. Ours are all in the normal range."""
    if x == 0:
        return Fraction(0)
    e = 0
    while abs(x) >= Fraction(2) ** (e + 24):
        e += 1
    while abs(x) < Fraction(2) ** (e + 23):
        e -= 1
    return round(x / Fraction(2) ** e) * Fraction(2) ** e  # Python rounds fractions to even


def half(b, at):
    return Fraction(struct.unpack_from("<e", b, at)[0])


KV = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]


def nibble(b, at, i):
    return b[at + i % 16] >> 4 * (i // 16) & 15


def bit(b, at, i):
    return struct.unpack_from("<I", b, at)[0] >> i & 1


def signed(byte):
    return byte - 256 if byte > 127 else byte


def s12(b, at, g):
    q = b[at:at + 12]
    if g < 4:
        return q[g] & 63, q[g + 4] & 63
    return (q[g + 4] & 15) | q[g - 4] >> 6 << 4, q[g + 4] >> 4 | q[g] >> 6 << 4


def iq4_xs_scale(b, g):
    high = b[2] | b[3] << 8
    return (b[4 + g // 2] >> 4 * (g % 2) & 15 | (high >> 2 * g & 3) << 4) - 32


def q3_scale(b, s):
    return (b[96 + s % 8] >> 4 * (s // 8) & 15 | (b[104 + s % 4] >> 2 * (s // 4) & 3) << 4) - 32


# name: elements, bytes, where the halves are, elements of a scale, quant less bias of i, scale of i, offset of i
def split(i):
    return i // 128, i % 128 // 32, i % 32, i // 32, i // 16


FORMATS = {
    "q8_0": (32, 34, [0], 32, lambda b, i: signed(b[2 + i]), lambda b, i: half(b, 0), None),
    "q4_0": (32, 18, [0], 32, lambda b, i: nibble(b, 2, i) - 8, lambda b, i: half(b, 0), None),
    "q4_1": (32, 20, [0, 2], 32, lambda b, i: nibble(b, 4, i), lambda b, i: half(b, 0), lambda b, i: -half(b, 2)),
    "q5_0": (32, 22, [0], 32, lambda b, i: (nibble(b, 6, i) | bit(b, 2, i) << 4) - 16, lambda b, i: half(b, 0), None),
    "q5_1": (32, 24, [0, 2], 32, lambda b, i: nibble(b, 8, i) | bit(b, 4, i) << 4, lambda b, i: half(b, 0),
             lambda b, i: -half(b, 2)),
    "iq4_nl": (32, 18, [0], 32, lambda b, i: KV[nibble(b, 2, i)], lambda b, i: half(b, 0), None),
    "q2_k": (256, 84, [80, 82], 16, lambda b, i: b[16 + 32 * split(i)[0] + split(i)[2]] >> 2 * split(i)[1] & 3,
             lambda b, i: half(b, 80) * (b[i // 16] & 15), lambda b, i: half(b, 82) * (b[i // 16] >> 4)),
    "q3_k": (256, 110, [108], 16,
             lambda b, i: (b[32 + 32 * split(i)[0] + split(i)[2]] >> 2 * split(i)[1] & 3)
             - (0 if b[split(i)[2]] >> (4 * split(i)[0] + split(i)[1]) & 1 else 4),
             lambda b, i: half(b, 108) * q3_scale(b, i // 16), None),
    "q4_k": (256, 144, [0, 2], 32, lambda b, i: b[16 + 32 * (i // 64) + i % 32] >> 4 * (i // 32 % 2) & 15,
             lambda b, i: half(b, 0) * s12(b, 4, i // 32)[0], lambda b, i: half(b, 2) * s12(b, 4, i // 32)[1]),
    "q5_k": (256, 176, [0, 2], 32,
             lambda b, i: b[48 + 32 * (i // 64) + i % 32] >> 4 * (i // 32 % 2) & 15 | (b[16 + i % 32] >> i // 32 & 1) << 4,
             lambda b, i: half(b, 0) * s12(b, 4, i // 32)[0], lambda b, i: half(b, 2) * s12(b, 4, i // 32)[1]),
    "q6_k": (256, 210, [208], 16,
             lambda b, i: (b[64 * split(i)[0] + 32 * (split(i)[1] % 2) + split(i)[2]] >> 4 * (split(i)[1] // 2) & 15
                           | (b[128 + 32 * split(i)[0] + split(i)[2]] >> 2 * split(i)[1] & 3) << 4) - 32,
             lambda b, i: half(b, 208) * signed(b[192 + i // 16]), None),
    "iq4_xs": (256, 136, [0], 32, lambda b, i: KV[b[8 + 16 * (i // 32) + i % 16] >> 4 * (i % 32 // 16) & 15],
               lambda b, i: half(b, 0) * iq4_xs_scale(b, i // 32), None),
}


def rounded(group):
    """The whole numbers and the unit of 32 floats."""
    largest = max(abs(x) for x in group)
    exponent = struct.unpack("<I", struct.pack("<f", float(largest)))[0] >> 23 if largest else 127
    unit = Fraction(2) ** (exponent - 137)
    return [round(x / unit) for x in group], unit


def term(block, first, group, form):
    _, _, _, part, quant, scale, offset = form
    q, unit = rounded(group)
    parts = []
    for begin in range(0, 32, part):
        c = sum(quant(block, first + i) * q[i] for i in range(begin, begin + part))
        value = f32(c * scale(block, first + begin))
        if offset:
            value = f32(value - f32(sum(q[begin:begin + part]) * offset(block, first + begin)))
        parts.append(value)
    return f32(f32(sum(parts)) * unit)


def product(row_bytes, x, form):
    chains = [Fraction(0)] * 8
    for g in range(IN // 32):
        block = row_bytes[g * 32 // form[0] * form[1]:][:form[1]]
        chains[g % 8] = f32(chains[g % 8] + term(block, g * 32 % form[0], x[g * 32:g * 32 + 32], form))
    total = Fraction(0)
    for chain in chains:
        total = f32(total + chain)
    return total


def random_blocks(rng, form):
    data = bytearray(rng.randbytes(OUT * IN // form[0] * form[1]))
    for block in range(0, len(data), form[1]):
        for at in form[2]:
            value = rng.choice([rng.uniform(-2, 2), rng.uniform(-6e-5, 6e-5), 65504.0, 2.0 ** -24])
            struct.pack_into("<e", data, block + at, value)
    return bytes(data)


def random_row(rng):
    """Groups of many sizes; in some, halves between two multiples of the unit; an empty one."""
    row = []
    for g in range(IN // 32):
        size = 2.0 ** rng.randint(-30, 20)
        group = [rng.uniform(-size, size) for _ in range(32)]
        if g % 4 == 1:
            group = [(rng.randint(0, 4094) - 2047 + 0.5) * size for _ in range(32)]
        if g % 8 == 2:
            group = [0.0] * 32
        row += group
    return [Fraction(struct.unpack("<f", struct.pack("<f", x))[0]) for x in row]


def main():
    rng = random.Random(15)
    with open("products.bin", "wb") as file:
        for name, form in FORMATS.items():
            stored = random_blocks(rng, form)
            rows = [random_row(rng) for _ in range(ROWS)]
            row_bytes = IN // form[0] * form[1]
            sums = [product(stored[o * row_bytes:][:row_bytes], x, form) for x in rows for o in range(OUT)]
            file.write(name.encode().ljust(16, b"\0") + struct.pack("<3I", IN, OUT, ROWS) + stored)
            file.write(b"".join(struct.pack("<f", float(v)) for v in sum(rows, []) + sums))


main()
