"""Holds the border to the list of what programs were compiled against: functions, constants, sizes and places.

usage: abi_test.py HEADER_FOLDER LIST [SHARED_LIBRARY [MOST_BYTES]]; with --write in place of the library the list is
written. Adding lines breaks no program; changing or losing one breaks those that use it.
"""

import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HEADERS = ("rwkvk.h", "rwkvk_generate.h", "rwkvk_engine.h", "rwkvk_grammar.h", "rwkvk_calls.h", "rwkvk_device.h", "rwkvk_receipt.h")


def without_comments(text):
    return re.sub(r"/\*.*?\*/|^#.*?$", " ", text, flags=re.S | re.M)


def field_names(body):
    for declaration in filter(None, (part.strip() for part in body.split(";"))):
        pointer = re.search(r"\(\*(\w+)\)\(", declaration)
        if pointer:
            yield pointer[1]
        else:
            for name in declaration.split(","):
                yield re.search(r"(\w+)\s*(?:\[\w+\])?$", name.strip())[1]


def read(folder):
    """Names of structs with their fields, of constants and of functions."""
    text = "\n".join(without_comments((folder / header).read_text()) for header in HEADERS)
    structs = {name: list(field_names(body)) for body, name in re.findall(r"typedef struct \w+ \{(.*?)\} (\w+);", text, re.S)}
    enums = ",".join(re.findall(r"enum\s*\w*\s*\{(.*?)\}", text, re.S))
    constants = re.findall(r"\b(RWKVK_\w+)\s*=", enums)
    functions = re.findall(r"RWKVK_API[^;(]*?\b(rwkvk_\w+)\(", text)
    return structs, constants, functions


def measured(folder, structs, constants):
    lines = []
    for struct, fields in structs.items():
        lines.append(f'printf("struct {struct} %zu\\n", sizeof({struct}));')
        for field in fields:
            place = f"offsetof({struct}, {field}), sizeof((({struct} *)0)->{field})"
            lines.append(f'printf("struct {struct}.{field} %zu %zu\\n", {place});')
    lines += [f'printf("constant {name} %d\\n", {name});' for name in constants]
    includes = "".join(f"#include <{header}>\n" for header in HEADERS)
    program = f"{includes}#include <stddef.h>\n#include <stdio.h>\nint main(void) {{\n" + "\n".join(lines) + "\n}\n"
    with tempfile.TemporaryDirectory() as scratch:
        source, binary = pathlib.Path(scratch, "list.c"), pathlib.Path(scratch, "list")
        source.write_text(program)
        subprocess.run([os.environ.get("CC", "cc"), "-std=c11", f"-I{folder}", source, "-o", binary], check=True)
        return subprocess.run([binary], check=True, capture_output=True, text=True).stdout.splitlines()


def exported(library):
    symbols = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1] for line in symbols.splitlines() if "rwkvk_" in line}


def stripped_bytes(library):
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch, "library")
        shutil.copyfile(library, copy)
        subprocess.run(["strip", copy], check=True)
        return copy.stat().st_size


def main(folder, path, library=None, most_bytes=None):
    structs, constants, functions = read(folder)
    assert len(structs) > 20 and len(constants) > 40 and len(functions) > 90, "the headers were not understood"
    found = sorted(measured(folder, structs, constants) + [f"function {name}" for name in functions])
    if library == "--write":
        path.write_text("\n".join(found) + "\n")
        return []
    failures = list(difflib.unified_diff(path.read_text().splitlines(), found, "list", "headers", lineterm="", n=0))
    if failures:
        failures.append(f"where that is meant: {sys.argv[0]} {folder} {path} --write")
    if library:
        names = exported(library)
        failures += [f"not in the library: {name}" for name in functions if name not in names]
    if most_bytes:
        size = stripped_bytes(library)
        print(f"{len(found)} lines; the library has {size} bytes")
        if size > int(most_bytes):
            failures.append(f"the stripped library: expected at most {most_bytes} bytes, found {size}")
    return failures


arguments = sys.argv[1:]
problems = main(pathlib.Path(arguments[0]), pathlib.Path(arguments[1]), *arguments[2:])
print("\n".join(problems) if problems else "the border is as it was")
sys.exit(bool(problems))
