"""Very short stories: a hero, a wish, an obstacle, a helper, an end."""

from .wording import Turn, ask, draw, says

HEROES = "fox cat dog bear mouse bird rabbit frog owl horse robot dragon wizard king queen girl boy fish bee duck".split()
TRAITS = "little brave clever shy old kind lonely funny".split()
PLACES = [
    "in a green forest",
    "by the sea",
    "in a small village",
    "on a high mountain",
    "near a quiet lake",
    "in a big city",
    "in an old castle",
]
WISHES = [
    ("a star", "looked at the sky every night"),
    ("a friend", "felt alone every evening"),
    ("a golden key", "dreamed of a secret door"),
    ("a red ball", "loved to play"),
    ("a warm bed", "was cold every winter"),
    ("a song", "loved music"),
]
TROUBLES = [
    "a deep river was in the way",
    "a storm came",
    "the way was dark",
    "a tall wall stood there",
    "the night was cold",
]
HELPS = [
    "built a small bridge",
    "waited under a tree",
    "followed the moon",
    "asked for a rope",
    "made a fire",
]
HELPERS = "turtle squirrel swan goat lamb hen beaver crow".split()
ENDS = [
    "They were friends from then on.",
    "From that day on, they were never alone.",
    "And they lived happily ever after.",
    "Everybody in the land heard of it and was glad.",
]
ABOUT = [
    "Tell me a story about {h}.",
    "Tell a story about {h}.",
    "Write a short story about {h}.",
    "A story about {h}, please.",
    "Can you tell me a story about {h}?",
    "Tell me {h} story.",
]
ANY = [
    "Tell me a story.",
    "Tell a story.",
    "Do you know a story?",
    "Can you tell me a story?",
    "A short story, please.",
    "Write a story.",
    "Tell me another story.",
]


def stories(rng, held_out):
    hero, trait, place = draw(rng, held_out, lambda r: (r.choice(HEROES), r.choice(TRAITS), r.choice(PLACES)))
    wish, why = rng.choice(WISHES)
    trouble = rng.randrange(len(TROUBLES))
    helper = rng.choice(HELPERS)
    story = (
        f"Once upon a time {article(trait)} {hero} lived {place}. The {hero} {why} and wished for {wish}. One day the {hero} went out to find "
        f"it, but {TROUBLES[trouble]}. A {helper} came along and they {HELPS[trouble]} together. In the end the {hero} found {wish}. "
        f"{rng.choice(ENDS)}"
    )
    if rng.random() < 0.6:
        return Turn("stories", ask(rng, ABOUT, h=article(hero)), story, is_story(hero))
    return Turn("stories", ask(rng, ANY), story, is_story())


def article(word):
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def is_story(*heroes):
    begins = says("Once upon a time", "In the end", *heroes)
    return lambda answer: begins(answer) and answer.strip().endswith(tuple(ENDS))


SKILLS = {"stories": stories}
