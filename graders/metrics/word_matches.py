"""Which words of a hypothesis METEOR matches with which words of a reference.

Design: a loop over words; arrays were as fast and much longer. What costs time, stems and synonyms, is
remembered for each word. Every stage takes time in proportion to the words it is given.

Source: NLTK `nltk.translate.meteor_score`. Both texts are read from right to left, and a word takes the last
reference word that is still free; crossing matches are not avoided. What the stem stage leaves over are
stems, so synonyms are looked up for stems.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

_MOST_WORDS = 1 << 16
_LONGEST = 100
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Stems and synonyms of the words seen so far; bounded, and safe to share between threads."""

    find_stem: Callable[[str], str]
    """Gives the stem of a word in small letters."""
    find_synonyms: Callable[[str], frozenset[str]]
    """Gives the words in small letters that a stem may match, without the stem itself."""
    _stems: dict[str, str] = field(default_factory=dict, repr=False)
    _synonyms: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)

    def stem(self, word: str) -> str:
        """Return the stem of a word in small letters."""
        return _remembered(self._stems, word, self.find_stem)

    def synonyms(self, stem: str) -> frozenset[str]:
        """Return the words in small letters that a stem may match, without the stem itself."""
        return _remembered(self._synonyms, stem, self.find_synonyms)


def _remembered(known: dict[str, _Value], word: str, find: Callable[[str], _Value]) -> _Value:
    value = known.get(word)
    if value is None:
        value = find(word)
        if len(word) <= _LONGEST:
            if len(known) >= _MOST_WORDS:
                known.clear()
            known[word] = value
    return value


def count_matches(
    hypothesis: Sequence[str], reference: Sequence[str], vocabulary: Vocabulary
) -> tuple[int, int]:
    """Return how many words match, and in how many chunks of neighbours; words are in small letters."""
    if hypothesis == reference:
        return len(hypothesis), min(len(hypothesis), 1)
    partners = [-1] * len(hypothesis)
    free = _FreeWords(reference, range(len(reference)))
    left = free.match_equal(range(len(hypothesis) - 1, -1, -1), hypothesis, partners)
    positions = sorted(set(range(len(reference))).difference(partners)) if left else []
    if positions:
        stems = {at: vocabulary.stem(hypothesis[at]) for at in left}
        free = _FreeWords([vocabulary.stem(reference[position]) for position in positions], positions)
        left = free.match_equal(left, stems, partners)
        free.match_synonyms(left, stems, partners, vocabulary)
    return len(partners) - partners.count(-1), _count_chunks(partners)


class _FreeWords:
    """The words of a reference that have no partner yet."""

    def __init__(self, words: Sequence[str], positions: Sequence[int]) -> None:
        self._last = dict(zip(words, positions, strict=True))
        self._before: dict[int, int] = {}
        if len(self._last) < len(words):
            self._last.clear()
            for word, position in zip(words, positions, strict=True):
                if word in self._last:
                    self._before[position] = self._last[word]
                self._last[word] = position

    def match_equal(
        self, order: Iterable[int], words: Sequence[str] | Mapping[int, str], partners: list[int]
    ) -> list[int]:
        """Match words in the given order; return the positions of those left over."""
        last, before, left = self._last, self._before, []
        for at in order:
            position = last.get(words[at])
            if position is None:
                left.append(at)
                continue
            partners[at] = position
            if position in before:
                last[words[at]] = before[position]
            else:
                del last[words[at]]
        return left

    def match_synonyms(
        self, order: Iterable[int], stems: Mapping[int, str], partners: list[int], vocabulary: Vocabulary
    ) -> None:
        """Match stems in the given order with the words that share a synset with them."""
        free = set(self._last)
        for at in order:
            synonyms = vocabulary.synonyms(stems[at])
            if synonyms.isdisjoint(free):
                continue
            word = max(synonyms & free, key=self._last.__getitem__)
            partners[at] = self._last[word]
            if partners[at] in self._before:
                self._last[word] = self._before[partners[at]]
            else:
                free.discard(word)


def _count_chunks(partners: Iterable[int]) -> int:
    chunks, before = 0, -2
    for partner in partners:
        if partner < 0:
            before = -2
        else:
            chunks += partner != before + 1
            before = partner
    return chunks
