"""Simple facts: capitals, weekdays, months, units, animals, opposites. The facts are learnt whole; held
out are wordings of them."""

from .wording import Turn, draw, says, vary


def table(text):
    """{key: value} of "key:value ..."; an underscore stands for a space."""
    return dict(pair.replace("_", " ").split(":") for pair in text.split())


CAPITALS = table("""France:Paris Germany:Berlin Italy:Rome Spain:Madrid Portugal:Lisbon Austria:Vienna
Switzerland:Bern Belgium:Brussels Netherlands:Amsterdam Denmark:Copenhagen Sweden:Stockholm Norway:Oslo
Finland:Helsinki Poland:Warsaw Hungary:Budapest Greece:Athens Turkey:Ankara Russia:Moscow Ukraine:Kyiv
Ireland:Dublin England:London Scotland:Edinburgh Iceland:Reykjavik China:Beijing Japan:Tokyo India:Delhi
Thailand:Bangkok Vietnam:Hanoi Indonesia:Jakarta Australia:Canberra Canada:Ottawa Cuba:Havana Peru:Lima
Chile:Santiago Egypt:Cairo Kenya:Nairobi Morocco:Rabat Nigeria:Abuja Ghana:Accra Iran:Tehran Iraq:Baghdad
Romania:Bucharest Bulgaria:Sofia Serbia:Belgrade Croatia:Zagreb Estonia:Tallinn Latvia:Riga
Lithuania:Vilnius Nepal:Kathmandu Mongolia:Ulaanbaatar Colombia:Bogota Venezuela:Caracas Uruguay:Montevideo
the_USA:Washington Brazil:Brasilia Mexico:Mexico_City Argentina:Buenos_Aires South_Korea:Seoul Slovakia:Bratislava
Slovenia:Ljubljana Malta:Valletta Pakistan:Islamabad Malaysia:Kuala_Lumpur New_Zealand:Wellington Ecuador:Quito
Ethiopia:Addis_Ababa Jordan:Amman Tunisia:Tunis Algeria:Algiers Belarus:Minsk Georgia:Tbilisi Armenia:Yerevan
Albania:Tirana""")
OTHER_NAMES = {
    "America": "the USA",
    "the United States": "the USA",
    "Great Britain": "England",
    "the UK": "England",
}
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
MONTH_DAYS = dict(zip(MONTHS, [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]))
ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
UNITS = [
    ("seconds", "a minute", 60),
    ("minutes", "an hour", 60),
    ("hours", "a day", 24),
    ("days", "a week", 7),
    ("months", "a year", 12),
    ("days", "a year", 365),
    ("weeks", "a year", 52),
    ("meters", "a kilometer", 1000),
    ("centimeters", "a meter", 100),
    ("millimeters", "a centimeter", 10),
    ("grams", "a kilogram", 1000),
    ("kilograms", "a ton", 1000),
    ("milliliters", "a liter", 1000),
    ("inches", "a foot", 12),
    ("feet", "a yard", 3),
    ("years", "a century", 100),
    ("years", "a decade", 10),
    ("cents", "a dollar", 100),
    ("legs", "a spider", 8),
    ("legs", "a dog", 4),
    ("legs", "an insect", 6),
    ("sides", "a triangle", 3),
    ("sides", "a square", 4),
    ("bits", "a byte", 8),
    ("eggs", "a dozen", 12),
    ("seasons", "a year", 4),
    ("strings", "a violin", 4),
    ("wheels", "a car", 4),
]
SOUNDS = table(
    "dog:woof cat:meow cow:moo sheep:baa duck:quack pig:oink lion:roar bee:buzz snake:hiss owl:hoot"
)
BABIES = table(
    "dog:puppy cat:kitten cow:calf sheep:lamb duck:duckling pig:piglet horse:foal lion:cub goat:kid hen:chick"
)
OPPOSITES = table("""hot:cold big:small up:down left:right day:night fast:slow old:young happy:sad light:dark
open:closed full:empty high:low hard:soft rich:poor strong:weak wet:dry early:late loud:quiet long:short
good:bad""")
COLORS = {
    "the sky": "blue",
    "grass": "green",
    "snow": "white",
    "a banana": "yellow",
    "coal": "black",
    "blood": "red",
    "the sun": "yellow",
    "a carrot": "orange",
    "a lemon": "yellow",
    "chocolate": "brown",
    "a strawberry": "red",
    "the sea": "blue",
}


def next_to(items, forms, answer, step):
    return [
        (
            [f.format(items[i]) for f in forms],
            answer.format(items[i], items[(i + step) % len(items)]),
            items[(i + step) % len(items)],
        )
        for i in range(len(items))
    ]


def of_table(table, forms, answer):
    return [
        ([f.format(key) for f in forms], answer.format(key, value), value) for key, value in table.items()
    ]


def capitalized(text):
    return text[0].upper() + text[1:]


def make_facts():
    """[(wordings, answer, what the answer must hold)]"""
    facts = of_table(
        CAPITALS,
        [
            "What is the capital of {}?",
            "What's the capital of {}?",
            "Which city is the capital of {}?",
            "Capital of {}?",
            "Tell me the capital of {}.",
            "Do you know the capital of {}?",
            "Name the capital of {}.",
        ],
        "The capital of {} is {}.",
    )
    facts += [
        (
            [f"What is the capital of {other}?", f"Capital of {other}?"],
            f"The capital of {other} is {CAPITALS[name]}.",
            CAPITALS[name],
        )
        for other, name in OTHER_NAMES.items()
    ]
    facts += of_table(
        {city: country for country, city in CAPITALS.items()},
        [
            "{} is the capital of which country?",
            "Which country has the capital {}?",
            "What country is {} the capital of?",
        ],
        "{} is the capital of {}.",
    )
    for items, name in ((DAYS, "day"), (MONTHS, "month")):
        facts += next_to(
            items,
            [
                f"What {name} comes after {{}}?",
                f"Which {name} is after {{}}?",
                f"What is the {name} after {{}}?",
                f"Which {name} follows {{}}?",
                "What comes after {}?",
            ],
            "After {} comes {}.",
            1,
        )
        facts += next_to(
            items,
            [
                f"What {name} comes before {{}}?",
                f"Which {name} is before {{}}?",
                f"What is the {name} before {{}}?",
                "What comes before {}?",
            ],
            "Before {} comes {}.",
            -1,
        )
    facts += of_table(
        MONTH_DAYS,
        ["How many days are in {}?", "How many days does {} have?", "How long is {}?"],
        "{} has {} days.",
    )
    facts += of_table(
        dict(zip(ORDINALS, MONTHS)),
        ["What is the {} month?", "What is the {} month of the year?", "Which month is the {} one?"],
        "The {} month is {}.",
    )
    facts += of_table(
        dict(zip(ORDINALS, DAYS)),
        ["What is the {} day of the week?", "Which is the {} day of the week?"],
        "The {} day of the week is {}.",
    )
    facts += [
        (
            [
                f.format(part, whole)
                for f in (
                    "How many {} are in {}?",
                    "How many {} does {} have?",
                    "How many {} are there in {}?",
                    "Tell me how many {} are in {}.",
                )
            ],
            f"{capitalized(whole)} has {count} {part}.",
            count,
        )
        for part, whole, count in UNITS
    ]
    facts += of_table(
        SOUNDS,
        ["What does a {} say?", "What sound does a {} make?", "Which sound does a {} make?"],
        "A {} says {}.",
    )
    facts += of_table(
        BABIES,
        ["What is a baby {} called?", "What do you call a baby {}?", "What is a young {} called?"],
        "A baby {} is called a {}.",
    )
    facts += of_table(
        OPPOSITES | {b: a for a, b in OPPOSITES.items()},
        [
            "What is the opposite of {}?",
            "What's the opposite of {}?",
            "Opposite of {}?",
            "Tell me the opposite of {}.",
        ],
        "The opposite of {} is {}.",
    )
    facts += [
        (
            [
                f.format(thing)
                for f in ("What color is {}?", "Which color is {}?", "What is the color of {}?")
            ],
            f"{capitalized(thing)} is {color}.",
            color,
        )
        for thing, color in COLORS.items()
    ]
    return facts


FACTS = make_facts()
FIRST_WORDINGS = {wordings[0] for wordings, _, _ in FACTS}


def facts(rng, held_out):
    """A fact's first wording is always trained, so that every fact is; which of the others are held out
    says the hash."""

    def wording(r):
        wordings, answer, value = FACTS[r.randrange(len(FACTS))]
        return r.choice(wordings), answer, value

    text, answer, value = draw(
        rng, held_out, wording, always_trained=lambda content: content[0] in FIRST_WORDINGS
    )
    return Turn("facts", vary(rng, text), answer, says(value))


SKILLS = {"facts": facts}
