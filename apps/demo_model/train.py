"""Trains the demo model; run again with the same folder, it goes on.

usage: train.py FOLDER --minutes N [--layers 4] [--batch 8] [--micro 4] [--device cpu|cuda] ...

The folder gets vocabulary.txt, checkpoint.pt (everything to go on with), model.pth (official names) and log.txt.
"""

import argparse
import dataclasses
import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import torch
import vocabulary
from data import Batches, pack
from documents import encode
from model import Config, Rwkv7
from skills import NAMES_OF_SKILLS, SKILLS, recall_conversation
from torch.nn import functional as F
from torch.utils.data import DataLoader

COOLING = 0.25  # of the steps, at the end
VALIDATION_QUESTIONS = 60


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder")
    parser.add_argument(
        "--minutes", type=float, required=True, help="of this run; the state is kept at its end"
    )
    parser.add_argument("--steps", type=int, default=30000, help="of the whole schedule, over all runs")
    parser.add_argument("--warmup", type=int, default=100)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument(
        "--optimizer", choices=["muon", "adamw"], default="muon", help="of the matrices; the rest has AdamW"
    )
    parser.add_argument("--decay", type=float, default=0.1, help="weight decay, of matrices only")
    parser.add_argument("--clip", type=float, default=1.0)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--ffn", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=8, help="rows of a step")
    parser.add_argument(
        "--micro", type=int, default=4, help="rows at once in a thread (a CPU) or at all (a GPU)"
    )
    parser.add_argument("--length", type=int, default=512, help="tokens of a row")
    parser.add_argument("--entries", type=int, default=1024, help="of the vocabulary, at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument(
        "--precision",
        choices=["bf16", "f32"],
        default="bf16",
        help="of matrix products; WKV is float32 always",
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=0, help="processes that make data; 8 for a GPU")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--validate-minutes", type=float, default=10)
    parser.add_argument("--save-minutes", type=float, default=5)
    return parser.parse_args()


class EndRequest:
    """SIGTERM and Ctrl-C end the run after the step, with its state kept."""

    def __init__(self):
        self.made = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.note)

    def note(self, *_):
        self.made = True


class Log:
    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8")

    def __call__(self, line):
        print(line, flush=True)
        print(line, file=self.file, flush=True)


def make_optimizers(model, options):
    """Matrices: Muon or AdamW with decay. Low-rank factors, embedding, head: AdamW with decay. Vectors:
    AdamW without; w0 twice as fast."""
    matrices, others, vectors, fast = [], [], [], []
    for name, parameter in model.named_parameters():
        if name.endswith("att.w0"):
            fast.append(parameter)
        elif parameter.squeeze().dim() < 2 or name.endswith("r_k"):
            vectors.append(parameter)
        elif name.startswith("blocks") and name.endswith(".weight"):
            matrices.append(parameter)
        else:
            others.append(parameter)
    if options.optimizer == "adamw":
        others, matrices = others + matrices, []
    groups = [
        dict(params=others, weight_decay=options.decay),
        dict(params=vectors, weight_decay=0.0),
        dict(params=fast, weight_decay=0.0, lr=2 * options.lr),
    ]
    optimizers = [torch.optim.AdamW(groups, lr=options.lr, betas=(0.9, 0.98), eps=1e-12)]
    for share in (matrices[i :: options.threads] for i in range(options.threads)):  # a thread each
        if share:
            optimizers.append(
                torch.optim.Muon(
                    share, lr=options.lr, weight_decay=options.decay, adjust_lr_fn="match_rms_adamw"
                )
            )
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["full_lr"] = group["lr"]
    return optimizers


def rate_factor(step, options):
    """Linear up, flat, and over the last part of the schedule linear down: --steps can be changed while it
    is flat."""
    return min((step + 1) / options.warmup, 1.0, max((options.steps - step) / (COOLING * options.steps), 0.0))


def logits_of(model, tokens, fresh, options):
    with torch.autocast(
        torch.device(options.device).type, torch.bfloat16, enabled=options.precision == "bf16"
    ):
        return model(tokens.to(options.device), fresh.to(options.device)).float()


def losses(model, batch, options):
    """Cross entropy of the tokens to say: (sum, number)."""
    tokens, marks, fresh = batch
    said = marks[:, 1:].to(options.device)
    logits = logits_of(model, tokens, fresh, options)[:, :-1][said]
    return F.cross_entropy(logits, tokens[:, 1:].to(options.device)[said], reduction="sum"), int(
        marks[:, 1:].sum()
    )


def gradients(model, batch, count, options):
    """(sum of losses, gradients of the mean over the step's `count` tokens)"""
    loss, _ = losses(model, batch, options)
    return loss.item(), torch.autograd.grad(loss / count, list(model.parameters()))


def train_step(model, batch, optimizers, options, step, pool):
    """On a CPU each thread takes a part of the batch: unlike threads inside each operation, they need not
    wait for each other."""
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)
        for group in optimizer.param_groups:
            group["lr"] = group["full_lr"] * rate_factor(step, options)
    count, total = int(batch[1][:, 1:].sum()), 0.0
    parts = [
        [part[begin : begin + options.micro] for part in batch]
        for begin in range(0, options.batch, options.micro)
    ]
    for loss, grads in pool.map(lambda part: gradients(model, part, count, options), parts):
        total += loss
        for parameter, grad in zip(model.parameters(), grads):
            parameter.grad = grad if parameter.grad is None else parameter.grad + grad
    torch.nn.utils.clip_grad_norm_(model.parameters(), options.clip)
    list(pool.map(lambda optimizer: optimizer.step(), optimizers))
    return total / count


def compiled(model, batch, options):
    """Run once, so that the threads find it compiled: that cannot be done in several at a time."""
    run = torch.compile(model)
    gradients(run, [part[: options.micro] for part in batch], 1, options)
    return run


def validation_sets(tokenizer, length):
    """{skill: a batch of held-out questions}."""
    sets = {}
    for skill in [*NAMES_OF_SKILLS, "recall"]:
        rng = random.Random(f"validation {skill}")
        turns = [
            recall_conversation(rng, True, 450) if skill == "recall" else [SKILLS[skill](rng, True)]
            for _ in range(VALIDATION_QUESTIONS)
        ]
        documents = [encode(each, rng, tokenizer) for each in turns]
        rows = 1 + sum(-(-len(ids) // 32) * 32 for ids, _ in documents) // length
        sets[skill] = pack(documents, rows, length)
    return sets


@torch.no_grad()
def validate(model, sets, options):
    """Per skill: loss, and the share of tokens to say that are the most probable ones."""
    out = []
    for skill, (tokens, marks, fresh) in sets.items():
        said = marks[:, 1:]
        logits = logits_of(model, tokens, fresh, options)[:, :-1].cpu()[said]
        wanted = tokens[:, 1:][said]
        loss, right = (
            F.cross_entropy(logits, wanted).item(),
            (logits.argmax(-1) == wanted).float().mean().item(),
        )
        out.append(f"{skill} {loss:.3f}/{100 * right:.1f}%")
    return "  ".join(out)


def replace(path, write):
    write(path + ".new")
    os.replace(path + ".new", path)


def save(folder, model, optimizers, step, seconds, options):
    state = dict(
        model=model.state_dict(),
        optimizers=[o.state_dict() for o in optimizers],
        step=step,
        seconds=seconds,
        config=dataclasses.asdict(model.config),
        options=vars(options),
    )
    replace(os.path.join(folder, "checkpoint.pt"), lambda path: torch.save(state, path))
    weights = {
        name: tensor.detach().cpu().float().contiguous() for name, tensor in model.state_dict().items()
    }
    replace(os.path.join(folder, "model.pth"), lambda path: torch.save(weights, path))


def resume(path, model, optimizers):
    """(step, seconds trained so far)"""
    if not os.path.exists(path):
        return 0, 0.0
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, kept in zip(optimizers, state["optimizers"]):
        full = [group["full_lr"] for group in optimizer.param_groups]
        optimizer.load_state_dict(kept)
        for group, rate in zip(optimizer.param_groups, full):  # as given now
            group["full_lr"] = rate
    return state["step"], state["seconds"]


def main():
    options = arguments()
    on_cpu = options.device == "cpu"
    torch.set_num_threads(1 if on_cpu else options.threads)
    pool = ThreadPoolExecutor(options.threads if on_cpu else 1)
    os.makedirs(options.folder, exist_ok=True)
    log = Log(os.path.join(options.folder, "log.txt"))
    vocabulary_path = os.path.join(options.folder, "vocabulary.txt")
    if not os.path.exists(vocabulary_path):
        vocabulary.write(vocabulary.build(options.entries), vocabulary_path)
    tokenizer = vocabulary.read(vocabulary_path)

    torch.manual_seed(options.seed)
    model = Rwkv7(Config(len(tokenizer.texts), options.width, options.layers, options.ffn)).to(options.device)
    optimizers = make_optimizers(model, options)
    first, seconds = resume(os.path.join(options.folder, "checkpoint.pt"), model, optimizers)
    log(
        f"{sum(p.numel() for p in model.parameters())} parameters, {len(tokenizer.texts)} tokens; from step {first}; {vars(options)}"
    )
    batches = Batches(tokenizer, options.batch, options.length, options.seed, options.steps)
    loader = DataLoader(
        batches, sampler=range(first, options.steps), batch_size=None, num_workers=options.workers
    )
    run = compiled(model, batches[first], options) if options.compile else model
    sets = validation_sets(tokenizer, options.length)
    end = EndRequest()
    begin = saved = validated = shown = time.time()
    since, mean, step = first, 0.0, first
    for step, batch in enumerate(loader, first + 1):
        mean += train_step(run, batch, optimizers, options, step - 1, pool)
        now = time.time()
        if now - shown > 30:
            log(
                f"step {step} loss {mean / (step - since):.4f} {(step - since) * options.batch * options.length / (now - shown):.0f} tokens/s "
                f"after {(seconds + now - begin) / 60:.1f} min, {step * options.batch * options.length / 1e6:.2f} M tokens"
            )
            shown, since, mean = now, step, 0.0
        if now - validated > 60 * options.validate_minutes:
            log(f"step {step} held out: {validate(model, sets, options)}")
            validated = time.time()
        if now - saved > 60 * options.save_minutes:
            save(options.folder, model, optimizers, step, seconds + now - begin, options)
            saved = now
        if end.made or now - begin > 60 * options.minutes:
            break
    save(options.folder, model, optimizers, step, seconds + time.time() - begin, options)
    log(f"step {step} held out: {validate(model, sets, options)}")


if __name__ == "__main__":
    main()
