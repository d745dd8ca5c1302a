"""What the demo model can do, one module each, and conversations that mix it."""

from . import arithmetic, facts, smalltalk, stories, unknown, words
from .memory import Memory

SKILLS = arithmetic.SKILLS | words.SKILLS | facts.SKILLS | smalltalk.SKILLS | unknown.SKILLS | stories.SKILLS
WEIGHTS = {
    "addition": 5,
    "subtraction": 5,
    "multiplication": 3,
    "reversal": 4,
    "spelling": 1.5,
    "counting": 5,
    "sorting": 5,
    "facts": 5,
    "smalltalk": 4.5,
    "identity": 3,
    "unknown": 2.5,
    "stories": 1,
}
NAMES_OF_SKILLS, CHANCES = list(WEIGHTS), list(WEIGHTS.values())
PLAIN_SHARE, RECALL_SHARE = 0.55, 0.25  # of conversations; the rest mixes skills over several turns
GREETED_SHARE = 0.12


def any_turn(rng, held_out=False):
    return SKILLS[rng.choices(NAMES_OF_SKILLS, CHANCES)[0]](rng, held_out)


def conversation(rng, most_characters):
    """A conversation of the training set: a list of turns."""
    greetings = [smalltalk.greeting(rng)] if rng.random() < GREETED_SHARE else []
    return greetings + ungreeted_conversation(rng, most_characters)


def ungreeted_conversation(rng, most_characters):
    kind = rng.random()
    if kind < PLAIN_SHARE:
        return [any_turn(rng) for _ in range(rng.choice([1, 1, 2, 3]))]
    if kind < PLAIN_SHARE + RECALL_SHARE:
        return recall_conversation(rng, False, rng.randrange(40, most_characters))
    memory = Memory(rng, False)
    return [mixed_turn(rng, memory) for _ in range(rng.randrange(2, 9))]


def mixed_turn(rng, memory):
    kind = rng.random()
    if kind < 0.2:
        return memory.tell()
    if kind < 0.4:
        return memory.recall()
    return any_turn(rng)


def recall_conversation(rng, held_out, characters):
    """Something is told, at least so many characters of other talk follow, then it is asked for (and then
    more of it)."""
    memory = Memory(rng, held_out)
    turns = [memory.tell() for _ in range(rng.choice([1, 1, 2, 3]))]
    between = 0
    while between < characters:
        turns.append(any_turn(rng) if rng.random() < 0.9 else memory.recall())
        between += len(turns[-1].user) + len(turns[-1].answer)
    kinds = list(memory.told)
    rng.shuffle(kinds)
    return turns + [memory.recall(kind) for kind in kinds]
