"""Answers questions by a running `rwkvk serve`, or several behind one address. usage: ray_server.py URL"""

import sys

import ray.data
from ray.data.llm import HttpRequestProcessorConfig, build_processor

QUESTIONS = ["Hello!", "What is 47 + 85?", "What is the capital of France?", "Spell banana backwards."]


def to_request(row):
    messages = [{"role": "user", "content": row["question"]}]
    return {"payload": {"model": "rwkvk", "messages": messages, "seed": 0}, "question": row["question"]}


def from_answer(row):
    answer = row["http_response"]
    text = answer["choices"][0]["message"]["content"]
    return {"question": row["question"], "answer": text, "fingerprint": answer["rwkvk"]["fingerprint"]}


config = HttpRequestProcessorConfig(url=f"{sys.argv[1]}/v1/chat/completions", concurrency=1, batch_size=64)
process = build_processor(config, preprocess=to_request, postprocess=from_answer)
questions = ray.data.from_items([{"question": question} for question in QUESTIONS])
for row in process(questions).take_all():
    print(f"{row['fingerprint']} {row['question']} {row['answer']}")
