"""The demo model, once for all tests, and the program that says what is expected."""

import json
import os
import subprocess

import rwkvk

DEMO = os.environ["RWKVK_DEMO_MODEL"]
model = rwkvk.Model(DEMO)


def ask(text):
    return [{"role": "user", "content": text}]


def program(*arguments, text=None):
    command = [os.environ["RWKVK_PROGRAM"], *arguments, "-dev", "cpu"]
    return subprocess.run(command, input=text, check=True, capture_output=True, encoding="utf-8").stdout


def generated(prompt, count, seed, *flags):
    """Ids by `rwkvk generate`, without the one that ends the text."""
    ids = json.loads(program("generate", "-p", prompt, "-n", str(count), "--seed", str(seed), "--json", *flags))["ids"]
    return ids[:-1] if ids[-1] == model.tokenizer.end_of_text else ids


def engine(**arguments):
    return rwkvk.Engine(model, device="cpu", threads=1, **arguments)
