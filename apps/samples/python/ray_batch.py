"""Answers questions by workers of Ray, each with an engine of its own. usage: ray_batch.py MODEL [WORKERS [GPUS_OF_EACH]]"""

import sys

import ray.data

import rwkvk

QUESTIONS = ["Hello!", "What is 47 + 85?", "What is the capital of France?", "Spell banana backwards."]


class Predictor:
    def __init__(self, model, gpus):
        device = rwkvk.device_of_worker() if gpus else "cpu"
        self.engine = rwkvk.Engine(rwkvk.Model(model), device=device, slots=64)

    def __call__(self, batch):
        outputs = self.engine.generate([[{"role": "user", "content": text}] for text in batch["question"]], thinking="fast")
        batch["answer"] = [output.text for output in outputs]
        batch["fingerprint"] = [output.fingerprint for output in outputs]
        return batch


model = sys.argv[1]
workers = int(sys.argv[2]) if len(sys.argv) > 2 else 1
gpus = float(sys.argv[3]) if len(sys.argv) > 3 else 0
questions = ray.data.from_items([{"question": question} for question in QUESTIONS])
pool = ray.data.ActorPoolStrategy(size=workers)  # before Ray 2.51 also: concurrency=workers
answers = questions.map_batches(Predictor, fn_constructor_args=(model, gpus), compute=pool, num_gpus=gpus, batch_size=256)
for row in answers.take_all():
    print(f"{row['fingerprint']} {row['question']} {row['answer']}")
