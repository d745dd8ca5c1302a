"""Batches of conversations: every step's batch follows from the seed and the step alone, so that a resumed
run goes on as it was."""

import random

import torch
from documents import encode
from model import CHUNK
from skills import conversation
from torch.utils.data import Dataset

MOST_CHARACTERS = 650  # of talk between what is told and what is asked; about 450 tokens
FILL = 0.97


def padded(length):
    return -(-length // CHUNK) * CHUNK


def pack(documents, rows, length):
    """Longest first into the first row with room. (tokens, marks [rows, length], fresh [rows, length /
    CHUNK])."""
    tokens = torch.zeros(rows, length, dtype=torch.long)
    marks = torch.zeros(rows, length, dtype=torch.bool)
    fresh = torch.ones(rows, length // CHUNK, dtype=torch.bool)
    used = [0] * rows
    for ids, said in sorted(documents, key=lambda document: -len(document[0])):
        ids, said = ids[:length], said[:length]
        room = next((i for i in range(rows) if used[i] + padded(len(ids)) <= length), None)
        if room is None:
            continue
        begin, end = used[room], used[room] + len(ids)
        tokens[room, begin:end] = torch.tensor(ids)
        marks[room, begin:end] = torch.tensor(said)
        fresh[room, begin // CHUNK + 1 : padded(end) // CHUNK] = False
        used[room] = padded(end)
    return tokens, marks, fresh


class Batches(Dataset):
    """Item i is the batch of step i."""

    def __init__(self, tokenizer, rows, length, seed, steps):
        self.tokenizer, self.rows, self.length, self.seed, self.steps = tokenizer, rows, length, seed, steps

    def __len__(self):
        return self.steps

    def __getitem__(self, step):
        rng = random.Random(f"{self.seed}:{step}")
        documents, total = [], 0
        while total < self.rows * self.length * FILL:
            document = encode(conversation(rng, MOST_CHARACTERS), rng, self.tokenizer)
            documents.append(document)
            total += padded(min(len(document[0]), self.length))
        return pack(documents, self.rows, self.length)
