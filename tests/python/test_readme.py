"""What python/README.md shows."""

import contextlib
import io
import pathlib
import re
import unittest

import rwkvk
from support import DEMO


class ReadmeTest(unittest.TestCase):
    def test_its_program_runs(self):
        text = (pathlib.Path(rwkvk.__file__).parent.parent / "README.md").read_text(encoding="utf-8")
        (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(program.replace("model.gguf", DEMO), {})
        self.assertEqual(printed.getvalue().count("Output(text="), 3)
