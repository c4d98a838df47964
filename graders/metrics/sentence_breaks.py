r"""The sentences of a text as `nltk.sent_tokenize` of NLTK 3.9.1 finds them with Punkt English.

Design: written anew for the standard `re`, see `word_rules`; it holds for the same texts. NLTK 3.10 also
takes « » and curly quotes for closing marks. Where a candidate (a period, question or exclamation mark)
stands, the word before it and the word after it decide together; nothing else of the text does.

Source: Kiss and Strunk 2006, as `PunktSentenceTokenizer` of NLTK 3.9.1.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from graders.metrics.data_files import read_json

_NO_WORD = r"[)\";}\]*:@'({\[?!]"
_RUN = r"(?:-{2,}|\.{2,}|(?:\.\s){2,}\.)"
_WORD = re.compile(
    rf"{_RUN}|(?=[^(\"`{{\[:;&#*@)}}\]\-,])\S+?(?=\s|$|{_NO_WORD}|{_RUN}|,(?=$|\s|{_NO_WORD}|{_RUN}))|\S"
)
_CANDIDATE = re.compile(rf"[.?!](?=(?P<after>{_NO_WORD}|\s+(?P<next>\S+)))")
_INNER_CANDIDATE = re.compile(rf"[.?!](?={_NO_WORD})")
_CLOSERS = re.compile(r"[\"')\]}]+?(?:\s+|(?=--)|$)")
_ELLIPSIS = re.compile(r"\.{2,}$")
_INITIAL = re.compile(r"[^\W\d]\.$")
_NUMBER = re.compile(r"-?[.,]?\d[\d,.-]*\.?")
_NUMBER_KIND = "##number##"
_MARKS = (".", "?", "!")
_PUNCTUATION = (";", ":", ",", ".", "!", "?")


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, blanks between them left out; a blank text has none."""
    spans = _realigned(text, _spans(text))
    return [text[start:stop] for start, stop in spans if start < stop]


def contains_break(context: str) -> bool:
    """Say whether a sentence ends inside `context`, which is a word, its candidate and what follows."""
    return any(_ends_sentence(word, following) for word, following in pairwise(_WORD.findall(context)))


@dataclass(frozen=True, slots=True)
class ChunkBreaks:
    """What a run of characters without white space (a chunk) says by itself about the sentences in it."""

    ends: bool | None = False
    """Whether a sentence ends with the chunk where another follows; None: both chunks decide together."""
    closed: bool = False
    """Whether closing marks stand between that end of the sentence and the end of the chunk."""
    cut: int = 0
    """Where a new sentence begins inside the chunk if another follows; 0: nowhere."""
    last_cut: int = 0
    """The same for the last chunk of a text."""
    by_itself: bool = True
    """False: only the whole text can tell."""


def chunk_breaks(chunk: str) -> ChunkBreaks:
    """Say what a chunk of one character or more decides about sentences by itself."""
    inner = [match.start() for match in _INNER_CANDIDATE.finditer(chunk)]
    final = chunk[-1] in _MARKS
    if not inner:
        return ChunkBreaks(_ends_with(chunk)) if final else _NO_BREAK
    if inner[0] == 0 and (final or len(inner) > 1):
        return ChunkBreaks(by_itself=False)
    cut, closed = _inner_cut(chunk, inner[-1])
    if final:
        return ChunkBreaks(_ends_with(chunk), last_cut=cut)
    return ChunkBreaks(closed, closed, cut, cut)


def ends_plainly(word: str) -> bool:
    """Say whether a word of letters and digits, followed by a period, ends a sentence in any context."""
    return len(word) > 1 and not word.isdecimal() and word.lower() not in _model().doubtful


def _ends_with(chunk: str) -> bool | None:
    words = _WORD.findall(chunk)
    if contains_break(chunk) or words[-1] in ("?", "!"):
        return True
    doubtful = (
        not _is_final(words[-1])
        or _INITIAL.match(words[-1])
        or _without_period(_kind(words[-1])) in _model().doubtful
    )
    return None if doubtful else True


def _inner_cut(chunk: str, candidate: int) -> tuple[int, bool]:
    if not contains_break(chunk[: candidate + 2]):
        return 0, False
    closers = _CLOSERS.match(chunk, candidate + 1)
    cut = candidate + 1 if closers is None else closers.end()
    return (0, True) if cut == len(chunk) else (cut, False)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match, word_start in _candidates(text):
        if contains_break(text[word_start : match.end()] + match["after"]):
            yield start, match.end()
            start = match.end() if match["next"] is None else match.start("next")
    yield start, len(text.rstrip())


def _candidates(text: str) -> Iterator[tuple[re.Match[str], int]]:
    # The last candidate of each word, with the start of the word. A word that begins with a candidate counts
    # twice, and a blank at the very start of the text belongs to the first word.
    previous, word_start, checked = None, 0, 0
    for match in _CANDIDATE.finditer(text):
        blank = text.rfind(" ", checked, match.start())
        start = blank + 1 if blank > checked else word_start
        if previous is not None and checked <= start:
            yield previous, word_start
        previous, word_start, checked = match, start, match.start()
    if previous is not None:
        yield previous, word_start


def _realigned(text: str, spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    # Closing marks at the start of a sentence belong to the sentence before.
    current = next(spans)
    for following in spans:
        closers = _CLOSERS.match(text, *following)
        if closers is None:
            yield current
            current = following
        else:
            yield current[0], following[0] + len(closers[0].rstrip())
            current = closers.end(), following[1]
    yield current


def _ends_sentence(word: str, following: str) -> bool:
    if not word.endswith("."):
        return word in _MARKS
    model = _model()
    kind, following_kind = _without_period(_kind(word)), _kind_of_following(following)
    if (kind, following_kind) in model.collocations:
        return False
    initial = _INITIAL.match(word) is not None
    weak = _ELLIPSIS.match(word) is not None or _is_abbreviation(word)
    if weak and not initial and _opens_sentence(following, following_kind):
        return True
    if (initial or kind == _NUMBER_KIND) and _goes_on(following, following_kind, after_initial=initial):
        return False
    return _is_final(word)


def _opens_sentence(word: str, kind: str) -> bool:
    # The capital letter is no habit of the word, or the word often opens sentences.
    return word[0].isupper() and (kind in _model().openers or kind in _model().starters)


def _goes_on(word: str, kind: str, *, after_initial: bool) -> bool:
    # A word that is always capitalised goes on after an initial (J. Bach).
    if word in _PUNCTUATION:
        return True
    if word[0].islower():
        return kind not in _model().small_openers
    return after_initial and word[0].isupper() and kind not in _model().small


def _is_final(word: str) -> bool:
    """Say whether the word ends a sentence as far as the word itself shows."""
    if word in _MARKS:
        return True
    return word.endswith(".") and not word.endswith("..") and not _is_abbreviation(word)


def _is_abbreviation(word: str) -> bool:
    stem, abbreviations = word[:-1].lower(), _model().abbreviations
    return stem in abbreviations or stem.rpartition("-")[2] in abbreviations


def _kind(word: str) -> str:
    return _NUMBER_KIND if _NUMBER.fullmatch(word) else word.lower()


def _kind_of_following(word: str) -> str:
    return _without_period(_kind(word)) if _is_final(word) else _kind(word)


def _without_period(kind: str) -> str:
    return kind[:-1] if len(kind) > 1 and kind[-1] == "." else kind


@dataclass(frozen=True, slots=True)
class _Model:
    """Punkt English; of its orthographic table only the answers to the three questions that are asked."""

    abbreviations: frozenset[str]
    collocations: frozenset[tuple[str, str]]
    starters: frozenset[str]
    small: frozenset[str]
    """Words seen with a small first letter."""
    openers: frozenset[str]
    """Of these, the ones never seen with a capital inside a sentence."""
    small_openers: frozenset[str]
    """Of these, the ones never seen with a capital and seen to open a sentence."""
    doubtful: frozenset[str]
    """Kinds of words whose period ends a sentence or not by the word that follows."""


@cache
def _model() -> _Model:
    model = read_json("punkt_english.json.gz")
    abbreviations = frozenset(model["abbreviations"])
    collocations = frozenset(map(tuple, model["collocations"]))
    small_openers = frozenset(model["small_openers"])
    openers = small_openers.union(model["openers"])
    return _Model(
        abbreviations,
        collocations,
        frozenset(model["sentence_starters"]),
        openers.union(model["small"]),
        openers,
        small_openers,
        abbreviations.union((first for first, _ in collocations), [_NUMBER_KIND]),
    )


_NO_BREAK = ChunkBreaks()
