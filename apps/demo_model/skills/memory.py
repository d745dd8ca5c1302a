"""Remembering what was told earlier in the conversation: a name, a number, a colour, a pet, a town."""

from .wording import Turn, ask, draw, is_one_of, says
from .words import CONSONANTS, VOWELS

NAMES = """Anna Tom Lisa Paul Maria Peter Julia Max Emma Leon Mia Felix Clara Oscar Nora Hugo Ida Karl Lena
Otto Rosa Simon Tina Victor Wanda Xaver Yara Zoe Adam Bella Cora David Eva Frank Greta Henry Iris Jack Kate
Lucas Mona Nick Olga Pia Quentin Ralf Sara Theo Ute Vera Walter Amir Bilal Chen Dmitri Elena Fatima Goran
Hana Igor Jamal Kenji Layla Mei Nadia Omar Priya Ravi Sofia Tariq Umar Wei Yuki Zara Carlos Diego Ines Jorge
Lucia Miguel Pablo Rafael Alice Bob Charlie Daisy Edward Fiona George Harriet Isaac Jane Kevin Laura Martin
Nancy Oliver Patrick Rachel Steven Tracy William Ben Dan Ella Finn Grace Ivy Jim Kim Leo Mark Noah Owen Ruby
Sam Ted Amy Joe Sue""".split()
COLORS = "red blue green yellow orange purple black white brown pink gray silver golden violet turquoise beige".split()
FOODS = "pizza pasta rice soup bread cheese apples bananas salad cake chocolate noodles potatoes beans fish honey".split()


def name(rng):
    if rng.random() < 0.6:
        return rng.choice(NAMES)
    made = "".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(rng.choice([2, 2, 3])))
    return (made + rng.choice(["", "", "n", "s", "r", "l"])).capitalize()


# What can be told: (value, ways to tell, the reply, ways to ask, the answer, the answer where nothing was told)
KINDS = {
    "name": (
        name,
        [
            "My name is {}.",
            "I am {}.",
            "I'm {}.",
            "Hello, I am {}.",
            "Call me {}.",
            "Hi, my name is {}.",
            "You can call me {}.",
        ],
        "Nice to meet you, {}!",
        [
            "What is my name?",
            "What's my name?",
            "Who am I?",
            "Do you remember my name?",
            "Do you know my name?",
            "Say my name.",
        ],
        "Your name is {}.",
        "You have not told me your name.",
    ),
    "number": (
        lambda r: str(r.randrange(10, 10 ** r.randrange(2, 5))),
        [
            "My number is {}.",
            "Remember the number {}.",
            "My favorite number is {}.",
            "Please remember this number: {}.",
            "The number is {}.",
            "Keep the number {} in mind.",
        ],
        "I will remember the number {}.",
        [
            "What is my number?",
            "What was the number?",
            "Which number did I tell you?",
            "What number did I tell you?",
            "Do you remember the number?",
            "What is my favorite number?",
        ],
        "The number is {}.",
        "You have not told me a number.",
    ),
    "color": (
        lambda r: r.choice(COLORS),
        ["My favorite color is {}.", "I like {} best of all colors.", "The color I like most is {}."],
        "Your favorite color is {}, I will remember that.",
        [
            "What is my favorite color?",
            "Which color do I like?",
            "Do you remember my favorite color?",
            "What color do I like most?",
        ],
        "Your favorite color is {}.",
        "You have not told me your favorite color.",
    ),
    "pet": (
        name,
        [
            "My pet is called {}.",
            "I have a pet called {}.",
            "The name of my pet is {}.",
            "My pet's name is {}.",
        ],
        "{} is a nice name for a pet!",
        ["What is my pet called?", "What is the name of my pet?", "Do you remember my pet's name?"],
        "Your pet is called {}.",
        "You have not told me about your pet.",
    ),
    "town": (
        name,
        ["I live in {}.", "I am from {}.", "My home is in {}.", "I come from {}."],
        "I have never been to {}, is it nice there?",
        ["Where do I live?", "Where am I from?", "Do you remember where I live?", "Where is my home?"],
        "You live in {}.",
        "You have not told me where you live.",
    ),
    "food": (
        lambda r: r.choice(FOODS),
        ["My favorite food is {}.", "I like to eat {}.", "I love {}."],
        "Enjoy your {}!",
        ["What is my favorite food?", "What do I like to eat?", "Do you remember my favorite food?"],
        "Your favorite food is {}.",
        "You have not told me your favorite food.",
    ),
}


CLOSED = ("color", "food")  # few values: each is trained


class Memory:
    """What has been told in one conversation."""

    def __init__(self, rng, held_out):
        self.rng, self.held_out, self.told = rng, held_out, {}

    def tell(self, kind=None):
        kind = kind or self.rng.choice(["name", "name", "number", "number", *KINDS])
        value_of, tells, reply, *_ = KINDS[kind]
        self.told[kind] = value_of(self.rng) if kind in CLOSED else draw(self.rng, self.held_out, value_of)
        answer = reply.format(self.told[kind])
        typed = self.told[kind].lower() if self.rng.random() < 0.15 else self.told[kind]
        return Turn("telling", ask(self.rng, tells, typed), answer, is_one_of([answer]))

    def recall(self, kind=None):
        kind = kind or self.rng.choice([*self.told, *self.told, *self.told, *KINDS])
        *_, asks, answer, unknown = KINDS[kind]
        if kind not in self.told:
            return Turn("recall", ask(self.rng, asks), unknown, is_one_of([unknown]))
        return Turn("recall", ask(self.rng, asks), answer.format(self.told[kind]), says(self.told[kind]))
