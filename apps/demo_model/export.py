"""Writes the trained model as a GGUF file with its vocabulary, by the program itself.

usage: export.py FOLDER OUT.gguf [--type q8_0] [--rwkvk PROGRAM]
"""

import argparse
import os
import subprocess

MOST_BYTES = 6_000_000
TEMPLATE = (
    "{% for m in messages %}{{ m['role'] | capitalize + ': ' + m['content'] + '\n\n' }}{% endfor %}"
    "{% if add_generation_prompt %}Assistant:{% if enable_thinking %} <think{% endif %}{% endif %}"
)
METADATA = [
    "general.name=str:rwkvk-demo",
    "general.license=str:apache-2.0",
    "general.sampling.temp=float:0",  # answers are right or wrong
    f"tokenizer.chat_template=str:{TEMPLATE}",
]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder")
    parser.add_argument("out")
    parser.add_argument("--type", default="q8_0")
    parser.add_argument("--rwkvk", default="build/release/rwkvk")
    options = parser.parse_args()
    subprocess.run(
        [
            options.rwkvk,
            "quantize",
            os.path.join(options.folder, "model.pth"),
            options.out,
            "--type",
            options.type,
            "--output-tensor-type",
            options.type,
            "--vocab",
            os.path.join(options.folder, "vocabulary.txt"),
            *(word for entry in METADATA for word in ("--override-kv", entry)),
        ],
        check=True,
    )
    size = os.path.getsize(options.out)
    print(f"{options.out}: {size} bytes")
    if options.type == "q8_0" and size > MOST_BYTES:
        raise SystemExit(
            f"{options.out}: expected at most {MOST_BYTES} bytes, found {size}: take fewer layers or a narrower ffn"
        )


if __name__ == "__main__":
    main()
