"""What a chunk says by itself about the sentences around it, against the sentences of whole texts."""

from itertools import product

import pytest

from graders.metrics.chunk_states import CLOSED, CLOSERS, CLOSERS_FIRST, ENDS, FAR, MAY_END, ChunkStates
from graders.metrics.sentence_breaks import ChunkBreaks, chunk_breaks, ends_plainly, sentences

PIECES = ["", "a", "B", "word", "etc", "e.g", "5", "É", ".", "..", "?", "!", ")", '"', "--", "(", "*"]
FOLLOWING = ["The", "the", "zyx", "Zyx", "5", "(so", "J", "went", ",", "*"]


def chunks():
    return sorted({"".join(pieces) for pieces in product(PIECES, repeat=4)} - {""})


def told(chunk, following, breaks):
    """Give the sentences of a chunk and another one as the breaks tell them."""
    parts = [chunk[: breaks.cut], chunk[breaks.cut :]] if breaks.cut else [chunk]
    return [*parts, following] if breaks.ends else [*parts[:-1], f"{parts[-1]} {following}"]


def test_what_a_chunk_decides_by_itself_is_so_whatever_follows():
    wrong = []
    for chunk in chunks():
        breaks = chunk_breaks(chunk)
        if not breaks.by_itself:
            continue
        last = [chunk[: breaks.last_cut], chunk[breaks.last_cut :]] if breaks.last_cut else [chunk]
        if sentences(chunk) != last:
            wrong.append(chunk)
        elif breaks.ends is not None:
            texts = [(f"{chunk} {word}", told(chunk, word, breaks)) for word in FOLLOWING]
            wrong += [text for text, expected in texts if sentences(text) != expected]
    assert wrong == []


@pytest.mark.parametrize(
    ("chunk", "breaks"),
    [
        ("word", ChunkBreaks()),
        ("word.", ChunkBreaks(True)),
        ("so!", ChunkBreaks(True)),
        ("so?", ChunkBreaks(True)),
        ("U.S.?", ChunkBreaks(True)),
        ("!", ChunkBreaks(True)),
        ("J.", ChunkBreaks(None)),
        ("É.", ChunkBreaks(None)),
        ("5.", ChunkBreaks(None)),
        ("U.S.", ChunkBreaks(None)),
        ("...", ChunkBreaks(None)),
        ("U.S.)", ChunkBreaks()),
        ("end.)", ChunkBreaks(True, closed=True)),
        ("end.)x", ChunkBreaks(cut=4, last_cut=4)),
        ("end.).", ChunkBreaks(True, last_cut=4)),
        ("x.)U.S.", ChunkBreaks(True, last_cut=2)),
        ('."foo', ChunkBreaks(cut=1, last_cut=1)),
        ('."foo.', ChunkBreaks(by_itself=False)),
        (".).a", ChunkBreaks(cut=1, last_cut=1)),
        (".).)a", ChunkBreaks(by_itself=False)),
    ],
)
def test_a_chunk_decides_as_much_as_it_can(chunk, breaks):
    assert chunk_breaks(chunk) == breaks


@pytest.mark.parametrize(
    ("chunk", "traits"),
    [
        ("word", 0),
        ("word,", 0),
        ("word.", ENDS),
        ("word?", ENDS),
        ("word:", 0),
        ("J.", MAY_END),
        ("Mr.", MAY_END),
        ("5.", MAY_END),
        ("U.S.", MAY_END),
        ("end.)", ENDS | CLOSED),
        (")", CLOSERS | CLOSERS_FIRST),
        ("»", CLOSERS),
        ("')--", CLOSERS_FIRST),
        (")x", 0),
        ('."foo.', FAR),
    ],
)
def test_the_traits_of_a_chunk(chunk, traits):
    assert ChunkStates([chunk]).traits.tolist() == [traits]


@pytest.mark.parametrize(
    ("word", "plainly"),
    [("word", True), ("Yes", True), ("ox", True), ("a", False), ("12", False), ("mr", False)],
)
def test_a_word_ends_a_sentence_plainly_if_nothing_speaks_against_it(word, plainly):
    assert ends_plainly(word) is plainly


@pytest.mark.parametrize(
    "marked",  # a bar in the place of the blank between two sentences; source: nltk 3.9.1
    [
        "Items 5. Pepper came.",
        "Mr. J. Aron left.",
        "He met B. Smith there.",
        "See no.|5. Review it.",
        "He left the U.S.|The end came.",
        "He left the U.S. the end came.",
        "He left the U.S. Army then.",
        "He left the U.S.|Aback he was.",
        "It grew, etc.|However, it fell.",
        "He met Mr.|The said so.",
        "Wait...|The end.",
        "Wait...|Aback he fell.",
        "Wait... Zorro fell.",
        "Wait... the end.",
        "Plan J.|The end.",
        "Plan J. Zorro left.",
        "Plan J. zorro left.",
        "Plan J.|administrators left.",
        "Plan J.|Aback he fell.",
        "Plan J.|Access is free.",
        "Item 5. the end.",
        "Item 5.|The end.",
        "Item 5. zorro left.",
        "Item 5.|administrators left.",
        "Item 5. , so.",
        "Item 5.|Zorro left.",
        "Plan J. , so.",
        "He saw a. m. , so.",
        "Plan J. ; so.",
        "He said U.S. p.m.|The end.",
        "Only 5.|18.|Then.",
        "It was b-week.|The end.",
        "It was 5 p.m. Zorro left.",
        "It was 5 p.m.|It rained.",
        "In J.|5. Pepper left.",
        "Item 5. Pepper.|So.",
        "Plan B. Smith.|So.",
        "Plan B. Smith.",
        "Item 5. Who.|Then.",
        ".|a b. c",
        " .|a",
        "x .|y",
        "a.b c.d e. f",
        "so!|it was.|yes",
        "so?|it was",
        "why?x no?|y",
        "It was Inc. Zorro left.",
        "He runs semi-Inc. Zorro left.",
        "He runs semi-pre-Inc. Zorro left.",
        "He runs inc-semi.|Zorro left.",
        "He runs semi-Inc.|The end.",
    ],
)
def test_the_word_before_and_the_word_after_decide_together(marked):
    assert sentences(marked.replace("|", " ")) == marked.split("|")


def test_closing_marks_belong_to_the_sentence_before_inside_a_word_too():
    assert sentences("a.)b.)c d. E") == ["a.)b.", ")c d. E"]  # source: nltk 3.9.1
