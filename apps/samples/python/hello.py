"""Answers a question as it is made, then several at once. usage: hello.py MODEL"""

import sys

import rwkvk

model = rwkvk.Model(sys.argv[1])
engine = rwkvk.Engine(model)


def ask(text):
    return [{"role": "user", "content": text}]


for piece in engine.stream(ask("Hello!")):
    print(piece, end="", flush=True)
print()

questions = ["What is 47 + 85?", "What is the capital of France?", "Spell banana backwards."]
for question, output in zip(questions, engine.generate([ask(question) for question in questions])):
    print(f"{question} {output.text}")
