"""The two ways by Ray, as the samples show them, with one worker on the CPU."""

import os
import pathlib
import subprocess
import sys
import unittest

from support import DEMO, Served, ask, engine

SAMPLES = pathlib.Path(__file__).parents[2] / "apps/samples/python"
PYTHON = os.environ.get("RWKVK_RAY_PYTHON") or sys.executable
QUIET = {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0", "RAY_DATA_DISABLE_PROGRESS_BARS": "1"}
QUESTIONS = ["Hello!", "What is 47 + 85?", "What is the capital of France?", "Spell banana backwards."]


def ran(*arguments):
    command = [PYTHON, *arguments]
    return subprocess.run(command, env={**os.environ, **QUIET}, capture_output=True, encoding="utf-8", timeout=600)


class RayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if ran("-c", "import ray.data").returncode == 0:
            return
        if "RWKVK_RAY_PYTHON" in os.environ:
            raise AssertionError(f"RWKVK_RAY_PYTHON: expected a Python with ray[data], found {PYTHON} without")
        raise unittest.SkipTest("ray is not installed: `scripts/ray` runs these")

    def check(self, sample, *arguments):
        found = ran(str(SAMPLES / sample), *arguments)
        self.assertEqual(found.returncode, 0, found.stderr)
        outputs = engine().generate([ask(question) for question in QUESTIONS], thinking="fast")
        expected = [f"{output.fingerprint} {question} {output.text}" for question, output in zip(QUESTIONS, outputs)]
        self.assertEqual(sorted(found.stdout.splitlines()), sorted(expected))

    def test_a_worker_with_an_engine(self):
        self.check("ray_batch.py", DEMO, "1")

    def test_requests_to_a_server(self):
        with Served() as server:
            self.check("ray_server.py", server.url)
