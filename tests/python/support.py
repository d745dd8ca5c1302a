"""The demo model, once for all tests, and the program that says what is expected."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request

import rwkvk

DEMO = os.environ["RWKVK_DEMO_MODEL"]
model = rwkvk.Model(DEMO)


def ask(text):
    return [{"role": "user", "content": text}]


def program(*arguments, text=None, device="cpu"):
    command = [os.environ["RWKVK_PROGRAM"], *arguments, *(("-dev", device) if device else ())]
    return subprocess.run(command, input=text, check=True, capture_output=True, encoding="utf-8").stdout


def generated(prompt, count, seed, *flags):
    """Ids by `rwkvk generate`, without the one that ends the text."""
    ids = json.loads(program("generate", "-p", prompt, "-n", str(count), "--seed", str(seed), "--json", *flags))["ids"]
    return ids[:-1] if ids[-1] == model.tokenizer.end_of_text else ids


def engine(**arguments):
    return rwkvk.Engine(model, device="cpu", threads=1, **arguments)


class Served:
    """`rwkvk serve` of the demo model on the CPU, on a port that is free."""

    def __enter__(self):
        command = [os.environ["RWKVK_PROGRAM"], "serve", "-m", DEMO, "--port", "0", "-dev", "cpu"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")
        self.url = self.process.stdout.readline().split()[-1]
        for _ in range(600):
            try:
                urllib.request.urlopen(self.url + "/health", timeout=60)
                return self
            except urllib.error.HTTPError:  # the model is being loaded
                time.sleep(0.1)
        raise AssertionError("the server is not ready within a minute")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()

    def post(self, path, **body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=120))
