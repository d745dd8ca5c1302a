"""Asks the program held-out questions at the temperature that the file recommends, 0, and prints the share of
right answers per skill as a table.

usage: evaluate.py MODEL.gguf [--rwkvk PROGRAM] [--questions 200] [--skills addition,recall] [--wrong 3]
       evaluate.py - --text OUT       held-out conversations as text, for `rwkvk perplexity`

Each conversation is one `rwkvk chat` on the CPU reference; piped lines are its turns, blank lines part the
answers.
"""

import argparse
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor

from skills import SKILLS, any_turn, recall_conversation
from skills.arithmetic import add, small_operands, subtract
from skills.smalltalk import bare

RECALL_CHARACTERS = 650  # of other talk: more than 200 tokens
WANTED = {
    "smalltalk": 95,
    "identity": 95,
    "addition": 95,
    "subtraction": 95,
    "reversal": 90,
    "counting": 90,
    "sorting": 90,
    "facts": 98,
    "recall": 90,
}


def after_talk(skill):
    """The question as the third of a conversation: the model has to leave alone what was said before."""
    return lambda rng: [any_turn(rng, True), any_turn(rng, True), SKILLS[skill](rng, True)]


def first(skill):
    return lambda rng: [SKILLS[skill](rng, True)]


QUESTIONS = {name: first(name) for name in SKILLS}
QUESTIONS["small sums"] = lambda rng: [rng.choice([add, subtract])(rng, *small_operands(rng))]
QUESTIONS["bare small talk and identity"] = lambda rng: [bare(rng)]
QUESTIONS["recall"] = lambda rng: recall_conversation(rng, True, RECALL_CHARACTERS)
QUESTIONS["addition, third turn"] = after_talk("addition")
QUESTIONS["smalltalk, third turn"] = after_talk("smalltalk")


def chat(options, turns):
    """The answer to the last turn."""
    command = [
        options.rwkvk,
        "chat",
        "-m",
        options.model,
        "--device",
        "cpu",
        "-n",
        "400",
        "--seed",
        "1",
        "-t",
        "1",
    ]
    lines = "".join(f"{turn.user}\n" for turn in turns)
    done = subprocess.run(command, input=lines, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    answers = done.stdout.rstrip("\n").split("\n\n")
    return (
        answers[-1].strip()
        if len(answers) == len(turns)
        else f"({len(answers)} answers to {len(turns)} questions)"
    )


def measure(options, skill):
    conversations = [
        QUESTIONS[skill](random.Random(f"question {skill} {i}")) for i in range(options.questions)
    ]
    with ThreadPoolExecutor(options.processes) as pool:
        answers = list(pool.map(lambda turns: chat(options, turns), conversations))
    wrong = [
        (turns[-1], answer) for turns, answer in zip(conversations, answers) if not turns[-1].accepts(answer)
    ]
    return 100 * (1 - len(wrong) / len(conversations)), wrong


def write_text(path, questions):
    """Held-out conversations in a row, for `rwkvk perplexity`."""
    rng = random.Random("text")
    turns = [turn for _ in range(questions) for turn in recall_conversation(rng, True, RECALL_CHARACTERS)]
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(f"User: {turn.user}\n\nAssistant: {turn.answer}\n\n" for turn in turns))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--rwkvk", default="build/release/rwkvk")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--skills", help="of these only, separated by commas")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--wrong", type=int, default=0, help="wrong answers to show per skill")
    parser.add_argument("--text", help="only write held-out conversations to this file")
    options = parser.parse_args()
    if options.text:
        return write_text(options.text, options.questions)
    names = options.skills.split(",") if options.skills else list(QUESTIONS)
    print("| skill | right | wanted |\n|---|---|---|")
    missed = 0
    for name in names:
        share, wrong = measure(options, name)
        wanted = WANTED.get(name.split(",")[0])
        missed += wanted is not None and share < wanted
        print(f"| {name} | {share:.1f} % | {f'{wanted} %' if wanted else '–'} |", flush=True)
        for turn, answer in wrong[: options.wrong]:
            print(f"    {turn.user!r}: expected {turn.answer!r}, found {answer!r}")
    raise SystemExit(missed > 0)


if __name__ == "__main__":
    main()
