"""Letters and lists: reversing, spelling, counting, sorting. A word is first written letter by letter."""

import re

from .wording import Turn, ask, draw, ends_with

WORDS = """apple banana cherry lemon orange grape melon peach plum pear carrot potato tomato onion garlic
pepper bread butter cheese honey sugar coffee table chair window door garden kitchen pillow blanket candle
mirror ladder hammer pencil paper notebook letter teacher doctor farmer baker sailor pilot singer dancer
painter writer soldier lawyer mountain river valley forest island desert ocean lake beach meadow village
city castle bridge tower street market school library museum station airport tiger lion zebra monkey rabbit
horse donkey camel elephant giraffe dolphin whale shark turtle lizard snake spider butterfly eagle parrot
penguin winter summer spring autumn thunder lightning rainbow shadow sunrise planet comet galaxy rocket
engine machine computer program language sentence question answer number circle square triangle purple
yellow silver golden strawberry blueberry chocolate hello world lantern basket bottle button pocket jacket
shirt shoes gloves hat umbrella guitar piano violin trumpet drum music kernel vulkan model token memory
science history nature energy gravity magnet crystal diamond emerald copper iron bamboo""".split()
VOWELS, CONSONANTS = "aeiou", "bcdfghjklmnprstvwz"

REVERSE = [
    "Reverse the word {w}.",
    'Reverse "{w}".',
    "Reverse {w}.",
    "Spell {w} backwards.",
    "What is {w} backwards?",
    'Write "{w}" backwards.',
    "How do you spell {w} backwards?",
    "{w} backwards",
    "Can you reverse {w}?",
]
SPELL = [
    "Spell {w}.",
    'Spell the word "{w}".',
    "How do you spell {w}?",
    "Spell the word {w}.",
    "Can you spell {w}?",
]
LENGTH = [
    "How many letters are in {w}?",
    'How many letters does "{w}" have?',
    "How long is the word {w}?",
    "How many letters has {w}?",
    "Count the letters in {w}.",
    "How many letters does {w} have?",
]
OCCURRENCES = [
    "How many {l}'s are in {w}?",
    'How many times does the letter {l} occur in "{w}"?',
    "How many {l} are in {w}?",
    "Count the letter {l} in {w}.",
    "How many times is {l} in {w}?",
    'How many "{l}" are in "{w}"?',
]
SORT = [
    "Sort {items}.",
    "Sort these {what}: {items}",
    "Put {items} in order.",
    "Order these {what}: {items}",
    "Sort: {items}",
    "Can you sort {items}?",
]
COUNT_UP = [
    "Count from {a} to {b}.",
    "Count {a} to {b}.",
    "Can you count from {a} to {b}?",
    "Please count from {a} to {b}.",
]
COUNT_TO = ["Count to {b}.", "Count up to {b}.", "Can you count to {b}?"]
COUNT_WORDS = [
    'How many words are in "{s}"?',
    "Count the words: {s}",
    'Count the words in "{s}".',
    "How many words: {s}",
]


def word(rng):
    if rng.random() < 0.35:
        return rng.choice(WORDS)
    syllables = rng.choice([1, 2, 2, 3])
    made = "".join(
        rng.choice(CONSONANTS) + rng.choice(VOWELS) + rng.choice(["", "", rng.choice(CONSONANTS)])
        for _ in range(syllables)
    )
    return (rng.choice(["", "", "", rng.choice(VOWELS), "s", "t"]) + made)[:10]


def typed(rng, w):
    return w.capitalize() if rng.random() < 0.06 else w


def reversal(rng, held_out):
    if rng.random() < 0.15:
        w = draw(rng, held_out, lambda r: str(r.randrange(10, 10 ** r.randrange(2, 7))))
    else:
        w = typed(rng, draw(rng, held_out, word))
    back = w[::-1]
    return Turn(
        "reversal",
        ask(rng, REVERSE, w=w),
        f"{'-'.join(w)} backwards is {'-'.join(back)}: {back}.",
        ends_with(back),
    )


def spelling(rng, held_out):
    w = typed(rng, draw(rng, held_out, word))
    spelled = "-".join(w)
    return Turn(
        "spelling",
        ask(rng, SPELL, w=w),
        f"{spelled}.",
        lambda answer: answer.strip(" .").lower() == spelled.lower(),
    )


def letters(rng, held_out):
    w = typed(rng, draw(rng, held_out, word))
    if rng.random() < 0.5:
        counted = "-".join(f"{c}({i})" for i, c in enumerate(w, 1))
        return Turn("counting", ask(rng, LENGTH, w=w), f"{counted}. Letters: {len(w)}.", ends_with(len(w)))
    letter = rng.choice(w) if rng.random() < 0.85 else rng.choice(VOWELS + CONSONANTS)
    found, counted = 0, []
    for c in w:
        found += c == letter
        counted.append(f"{c}({found})" if c == letter else c)
    answer = f"{'-'.join(counted)}. Letter {letter}: {found}."
    return Turn("counting", ask(rng, OCCURRENCES, w=w, l=letter), answer, ends_with(found))


def sequence(rng, held_out):
    if rng.random() < 0.5:

        def sentence(r):
            return " ".join(word(r) for _ in range(r.randrange(2, 8)))

        s = draw(rng, held_out, sentence)
        counted = " ".join(f"{w}({i})" for i, w in enumerate(s.split(), 1))
        return Turn(
            "counting",
            ask(rng, COUNT_WORDS, s=s),
            f"{counted}. Words: {len(s.split())}.",
            ends_with(len(s.split())),
        )

    if not held_out and rng.random() < 0.2:
        return counted_up(rng, COUNT_TO, 1, rng.randrange(2, 21))

    def ends(r):
        a, length = r.randrange(100), r.randrange(2, 11)
        return (a, a + length) if r.random() < 0.75 or a < 11 else (a, a - length)

    return counted_up(rng, COUNT_UP, *draw(rng, held_out, ends))


def counted_up(rng, forms, a, b):
    step = 1 if b > a else -1
    counted = ", ".join(map(str, range(a, b + step, step)))
    return Turn(
        "counting", ask(rng, forms, a=a, b=b), f"{counted}.", lambda answer: answer.strip(" .") == counted
    )


def counting(rng, held_out):
    return letters(rng, held_out) if rng.random() < 0.65 else sequence(rng, held_out)


def sorting(rng, held_out):
    if rng.random() < 0.6:
        items = draw(
            rng, held_out, lambda r: tuple(r.sample(range(r.choice([10, 100, 100])), r.randrange(3, 7)))
        )
        what = "numbers"
    else:
        items = draw(rng, held_out, lambda r: tuple(dict.fromkeys(word(r) for _ in range(r.randrange(3, 6)))))
        what = "words"
    joined = rng.choice([", ", ", ", " "]).join(map(str, items))
    ordered = [str(item) for item in sorted(items)]
    return Turn(
        "sorting",
        ask(rng, SORT, items=joined, what=what),
        f"{', '.join(ordered)}.",
        lambda answer: re.findall(r"\w+", answer) == ordered,
    )


SKILLS = {"reversal": reversal, "spelling": spelling, "counting": counting, "sorting": sorting}
