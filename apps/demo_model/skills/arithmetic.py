"""Adding and subtracting numbers of up to 4 digits, multiplying small ones.

Numbers up to 10 are answered at once, and all of their pairs are learnt. Others are worked column by column, in the
answer or, when asked to think, in <think>: each column needs only two digits and a carry, and the result is read
off the columns.
"""

from .wording import Turn, ask, draw, ends_with

ADD = [
    "What is {a} + {b}?",
    "{a} + {b}",
    "{a}+{b}",
    "{a}+{b}=?",
    "{a} + {b} = ?",
    "Add {a} and {b}.",
    "What is {a} plus {b}?",
    "How much is {a} + {b}?",
    "Calculate {a} + {b}.",
    "What is the sum of {a} and {b}?",
    "What's {a} + {b}?",
    "What is {a}+{b}?",
    "{a} plus {b}?",
    "Can you add {a} and {b}?",
    "What's {a} plus {b}?",
    "{a} plus {b}",
    "{a} + {b}?",
    "Compute {a} + {b}.",
]
SUBTRACT = [
    "What is {a} - {b}?",
    "{a} - {b}",
    "{a}-{b}",
    "{a}-{b}=?",
    "{a} - {b} = ?",
    "Subtract {b} from {a}.",
    "What is {a} minus {b}?",
    "How much is {a} - {b}?",
    "Calculate {a} - {b}.",
    "What's {a} - {b}?",
    "What is {a}-{b}?",
    "{a} minus {b}?",
    "Can you subtract {b} from {a}?",
    "What's {a} minus {b}?",
    "{a} minus {b}",
    "{a} - {b}?",
    "Compute {a} - {b}.",
]
MULTIPLY = [
    "What is {a} x {b}?",
    "What is {a} * {b}?",
    "{a} x {b}",
    "{a} * {b}",
    "{a}*{b}",
    "Multiply {a} by {b}.",
    "What is {a} times {b}?",
    "How much is {a} times {b}?",
    "Calculate {a} * {b}.",
    "What's {a} x {b}?",
    "What's {a} times {b}?",
    "{a} times {b}",
    "{a} × {b}",
    "{a}x{b}",
    "{a} * {b} = ?",
    "What is {a}*{b}?",
]
SMALL = 10
ROUND = [n * scale for scale in (10, 100, 1000) for n in range(1, 10)]
ROUND += map(int, "25 99 101 150 250 999 1001 1500 9999".split())
THINK = [
    " Think step by step.",
    " Think first.",
    " Show your thinking.",
    " (think a bit)",
    " (think a lot)",
    " Please think.",
]


def digits(number):
    return [int(c) for c in reversed(str(number))]


def add_columns(a, b):
    """'8+5=13, 3+6+1=10, ...' from the ones up; a missing digit is not written."""
    x, y, carry, steps = digits(a), digits(b), 0, []
    for i in range(max(len(x), len(y))):
        terms = [n[i] for n in (x, y) if i < len(n)] + [1] * carry
        steps.append(f"{'+'.join(map(str, terms))}={sum(terms)}")
        carry = sum(terms) // 10
    return ", ".join(steps)


def subtract_columns(a, b):
    """a >= b. What was borrowed is already off or on the upper digit: '13-6=7, 6-0=6'."""
    x, y, borrow, steps = digits(a), digits(b), 0, []
    for i, digit in enumerate(x):
        under = y[i] if i < len(y) else 0
        top = digit - borrow
        borrow = int(top < under)
        top += 10 * borrow
        steps.append(f"{top}-{under}={top - under}")
    return ", ".join(steps)


def are_small(a, b):
    return max(a, b) <= SMALL


def small_operands(rng):
    return rng.randrange(SMALL + 1), rng.randrange(SMALL + 1)


def operands(rng, held_out):
    """As many pairs of small numbers, three digits and four, and twice as many of two. No small ones are held out."""
    most = rng.choice([100, 100, 1000, 10000] + [None] * (not held_out))
    if most is None:
        return small_operands(rng)

    def pair(r):
        while True:
            a = r.choice(ROUND) if r.random() < 0.15 else r.randrange(most)
            b = second_operand(r, a, most)
            if not are_small(a, b):
                return (a, b) if r.random() < 0.5 else (b, a)

    return draw(rng, held_out, pair)


def second_operand(rng, first, most):
    """Often shorter than the first, sometimes round or the same."""
    if rng.random() < 0.02:
        return first
    if rng.random() < 0.1:
        return rng.choice(ROUND)
    return rng.randrange(rng.choice([most, most, 100, 10]))


def turn(rng, skill, forms, a, b, sign, result, work, is_short):
    result_text = f"{a} {sign} {b} = {result}."
    think = rng.random() < 0.15
    user = ask(rng, forms, a=a, b=b)
    if think:
        user += rng.choice(THINK)
    answer = result_text if is_short or think else f"{a} {sign} {b}: {work}. {result_text}"
    return Turn(
        skill,
        user,
        answer,
        ends_with(result),
        reasoning=f"{a} {sign} {b}: {work}.",
        result=result_text,
        asks_to_think=think,
    )


def addition(rng, held_out):
    return add(rng, *operands(rng, held_out))


def subtraction(rng, held_out):
    return subtract(rng, *operands(rng, held_out))


def add(rng, a, b):
    return turn(rng, "addition", ADD, a, b, "+", a + b, add_columns(a, b), are_small(a, b))


def subtract(rng, a, b):
    work = subtract_columns(max(a, b), min(a, b))
    if a < b:
        work = f"{b} is larger, {b} - {a}: {work}, so it is negative"
    return turn(rng, "subtraction", SUBTRACT, a, b, "-", a - b, work, are_small(a, b))


def multiplication(rng, held_out):
    """The table up to 12 by 12 is learnt whole, so only its wordings are new; tens and ones are worked."""
    if not held_out and rng.random() < 0.5 or held_out and rng.random() < 0.3:
        a, b = rng.randrange(13), rng.randrange(13)
        return turn(rng, "multiplication", MULTIPLY, a, b, "x", a * b, f"{a} times {b} is {a * b}", True)
    a, b = draw(rng, held_out, lambda r: (r.randrange(13, 101), r.randrange(11)))
    tens, ones = a // 10 * 10, a % 10
    work = f"{tens}x{b}={tens * b}, {ones}x{b}={ones * b}, {tens * b}+{ones * b}={a * b}"
    if rng.random() < 0.3:
        a, b = b, a
    return turn(rng, "multiplication", MULTIPLY, a, b, "x", a * b, work, False)


SKILLS = {"addition": addition, "subtraction": subtraction, "multiplication": multiplication}
