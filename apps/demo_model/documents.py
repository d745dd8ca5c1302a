r"""Conversations as the program feeds them: text in pieces, each tokenized for itself, with what the model has
to say marked.

`rwkvk chat` feeds "User: MESSAGE\n\nAssistant:" as one piece, then the tokens that the model says, then "\n\n".
An answer is over at "\n\nUser:". A reply that begins with <think> is told apart, and the history keeps only what
follows </think>.
"""

STOP = "User:"


def pieces(turns, rng):
    """[(text, whether the model learns to say it)]. Reasoning occurs in the last turn only: before, it is
    no longer in the history."""
    out = []
    for turn in turns[:-1]:
        out += question(turn) + [(f" {turn.answer}", not turn.asks_to_think), ("\n\n", True)]
    return out + last_turn(turns[-1], rng) + [("\n\n", True), (STOP, True)]


def question(turn):
    return [(f"User: {turn.user}\n\nAssistant:", False)]


def last_turn(turn, rng):
    way = rng.random()
    if turn.asks_to_think or way < 0.05:  # the latter: template g1, thinking "on"
        return question(turn) + [(" <think", turn.asks_to_think), (thought(turn), True)]
    if way < 0.08:  # template g1, thinking "fast"
        return question(turn) + [(" <think>\n</think", False), (f">\n{turn.answer}", True)]
    return question(turn) + [(f" {turn.answer}", True)]


def thought(turn):
    reasoning = f"{turn.reasoning}\n" if turn.reasoning else ""
    return f">\n{reasoning}</think>\n{turn.result or turn.answer}"


def encode(turns, rng, tokenizer):
    """(ids, marks): mark i says whether id i is to be predicted."""
    ids, marks = [], []
    for text, said in pieces(turns, rng):
        added = tokenizer.encode(text)
        ids += added
        marks += [said] * len(added)
    return ids, marks
