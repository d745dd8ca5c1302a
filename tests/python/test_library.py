"""Where the library is looked for, and what is said when it is not there."""

import ctypes.util
import os
import subprocess
import sys
import unittest

import rwkvk
from support import DEMO


def run(script, **environment):
    return subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **environment}, capture_output=True, encoding="utf-8", timeout=120
    )


class LibraryTest(unittest.TestCase):
    def test_versions_agree(self):
        self.assertEqual(rwkvk._library.library.rwkvk_version().decode(), rwkvk.__version__)

    def test_missing(self):
        self.assertIn(
            "no such library.so: expected the shared library of rwkvk 0.1, found: ",
            run("import rwkvk", RWKVK_LIBRARY="no such library.so").stderr,
        )

    def test_another_library(self):
        said = run("import rwkvk", RWKVK_LIBRARY=ctypes.util.find_library("c")).stderr
        self.assertRegex(said, "ImportError: .*expected the shared library of rwkvk .*rwkvk_version.*set RWKVK_LIBRARY")

    def test_by_the_systems_loader(self):
        folder = os.path.dirname(os.environ["RWKVK_LIBRARY"])
        name = rwkvk._library._INSTALLED
        found = run("import rwkvk; print(rwkvk._library.library._name)", RWKVK_LIBRARY="", LD_LIBRARY_PATH=folder)
        self.assertEqual(found.stdout.strip(), name, found.stderr)

    def test_interpreters_end_while_an_engine_works(self):
        ended = run(
            f"import rwkvk; e = rwkvk.Engine(rwkvk.Model({DEMO!r}), device='cpu', threads=1)\n"
            "stream = e.stream('Once', 1000000); print(next(stream) != '')"
        )
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, "True\n", ""))

    def test_warnings_are_logged(self):
        said = run(
            f"import rwkvk, logging; logging.basicConfig(level=logging.WARNING)\n"
            f"rwkvk.Context(rwkvk.Model({DEMO!r}), device='cpu', threads=500)"
        )
        self.assertIn("WARNING:rwkvk:", said.stderr)
