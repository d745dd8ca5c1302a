"""Owning up to what the model does not know or cannot do: topics, made-up things, capitals of made-up countries,
sums that are too hard."""

from .facts import CAPITALS, OTHER_NAMES
from .memory import NAMES
from .wording import Turn, ask, draw, is_one_of
from .words import word

TOPICS = """quantum physics|the last election|the moon landing|Shakespeare|football|the stock market|my neighbor|the history of Rome|
chess openings|electric cars|philosophy|the French Revolution|black holes|dinosaurs|cooking pasta|the speed of light|Python programming|
climate change|Mozart|volcanoes|Napoleon|the brain|medicine|love|my taxes|the meaning of life|politics|the Olympic games|
a good film|the best book|Einstein|the president|cancer|gravity|the universe|God|money|school|Linux|C++|games|trees|airplanes""".replace(
    "\n", ""
).split("|")
ABOUT_TOPICS = [
    "Tell me about {}.",
    "What do you think about {}?",
    "Explain {}.",
    "Write an essay about {}.",
    "Write a poem about {}.",
    "Who invented {}?",
    "What do you know about {}?",
    "Why is {} important?",
    "Give me a summary of {}.",
    "How does {} work?",
    "What is {}?",
    "Write code for {}.",
    "When was {}?",
]
ABOUT_WORDS = [
    "What is {}?",
    "What is a {}?",
    "What does {} mean?",
    "Explain {}.",
    "What do you know about {}?",
    "Translate {} to German.",
    "Where can I buy {}?",
    "How do I make {}?",
    "Write a poem about {}.",
    "Why {}?",
]
ABOUT_PEOPLE = [
    "Who is {}?",
    "Where is {}?",
    "Tell me about {}.",
    "How old is {}?",
    "Do you know {}?",
    "When was {} born?",
]
TOO_BIG_TO_KNOW = "I am too small to know that. A big model can tell you: scripts/chat -m FILE."

TOO_HARD = [
    "{a} / {b}",
    "What is {a} divided by {b}?",
    "What is {a} / {b}?",
    "Divide {a} by {b}.",
    "What is the square root of {a}?",
    "{a} + {b} + {c}",
    "What is {a} + {b} + {c}?",
    "What is {a} - {b} - {c}?",
    "{a} x {b} x {c}",
    "What is {a} to the power of {b}?",
    "{a}^{b}",
    "What is {a} percent of {b}?",
    "What is {long} + {b}?",
    "{long} - {a}",
    "{a} + {long}",
    "{long} x {b}",
    "What is {large} x {large2}?",
    "{large} * {large2}",
    "{over} x {one}",
    "What is {one} x {over}?",
    "What is {large} times {large2}?",
    "-{a} + {b}",
    "What is -{a} - {b}?",
]
HARD_ANSWER = "I can only add and subtract two numbers of up to 4 digits, and multiply small ones."


def draw_unknown(rng, held_out, make, is_known):
    while True:
        content = draw(rng, held_out, make)
        if not is_known(content):
            return content


def of_topic(rng, held_out):
    def make(r):
        kind = r.random()
        if kind < 0.4:
            return r.choice(ABOUT_TOPICS), r.choice(TOPICS)
        if kind < 0.8:
            return r.choice(ABOUT_WORDS), r.choice([word(r), f"{word(r)} {word(r)}"])
        return r.choice(ABOUT_PEOPLE), r.choice(NAMES)

    form, topic = draw_unknown(rng, held_out, make, lambda content: content[1] == "vulkan")
    return Turn("unknown", ask(rng, [form], topic), TOO_BIG_TO_KNOW, is_one_of([TOO_BIG_TO_KNOW]))


def of_capital(rng, held_out):
    def make(r):
        return word(r).capitalize()

    country = draw_unknown(rng, held_out, make, lambda content: content in CAPITALS or content in OTHER_NAMES)
    answer = f"I do not know the capital of {country}."
    typed = country.lower() if rng.random() < 0.2 else country
    forms = ["What is the capital of {}?", "What's the capital of {}?", "Capital of {}?"]
    return Turn("unknown", ask(rng, forms, typed), answer, is_one_of([answer]))


def of_sum(rng, held_out):
    def make(r):
        return {name: r.randrange(1, 10 ** r.randrange(1, 4)) for name in "abc"} | {
            "long": r.randrange(10_000, 10 ** r.randrange(5, 9)),
            "large": r.randrange(13, 10 ** r.randrange(2, 5)),
            "large2": r.randrange(11, 10 ** r.randrange(2, 4)),
            "over": r.randrange(101, 10_000),
            "one": r.randrange(2, 11),
        }

    numbers = draw(rng, held_out, make)
    return Turn("unknown", ask(rng, TOO_HARD, **numbers), HARD_ANSWER, is_one_of([HARD_ANSWER]))


def unknown(rng, held_out):
    kind = rng.random()
    return (of_topic if kind < 0.5 else of_sum if kind < 0.85 else of_capital)(rng, held_out)


SKILLS = {"unknown": unknown}
