"""WordNet 3.0 as METEOR needs it: the synsets of a word, found through morphy.

Design: NLTK's reader takes seconds to open, 230 MB and a download, and is not safe with threads. This one
reads a table of lemma names (see `tools/build_metric_data.py`) and is never changed after it is built.
`synsets` gives the same set of synsets as NLTK's `WordNetCorpusReader`, but in no promised order, and a
synset knows nothing but its lemmas' names.
"""

from dataclasses import dataclass, field
from functools import cache

from graders.metrics.data_files import read_text

_SUFFIXES = {
    "noun": (
        ("s", ""),
        ("ses", "s"),
        ("ves", "f"),
        ("xes", "x"),
        ("zes", "z"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("men", "man"),
        ("ies", "y"),
    ),
    "verb": (
        ("s", ""),
        ("ies", "y"),
        ("es", "e"),
        ("es", ""),
        ("ed", "e"),
        ("ed", ""),
        ("ing", "e"),
        ("ing", ""),
    ),
    "adj": (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
    "adv": (),
}


@dataclass(frozen=True, slots=True)
class Lemma:
    """One name of a synset."""

    text: str

    def name(self) -> str:
        """Return the name, in WordNet's case, with `_` for blanks."""
        return self.text


@dataclass(frozen=True, slots=True)
class Synset:
    """A set of names for one meaning."""

    names: tuple[str, ...]

    def lemmas(self) -> tuple[Lemma, ...]:
        """Return the lemmas in WordNet's order."""
        return tuple(map(Lemma, self.names))


@dataclass(frozen=True, slots=True)
class PartOfSpeech:
    """The synsets of one part of speech, the lemmas that lead to them, and how inflected forms lead there."""

    lines: list[str]
    positions: dict[str, tuple[int, ...]]
    exceptions: dict[str, list[str]]
    suffixes: tuple[tuple[str, str], ...]

    def synsets(self, form: str) -> list[Synset]:
        """Return the synsets of a lower-case form and of its base forms; none is an empty list.

        Source: morphy as of NLTK, where base forms are looked up beside the form itself, and the suffix
        rules are tried only where no exception is listed.
        """
        bases = self.exceptions.get(form)
        if bases is None:
            bases = [form.removesuffix(old) + new for old, new in self.suffixes if form.endswith(old)]
        lines = (
            self.lines[at] for base in dict.fromkeys([form, *bases]) for at in self.positions.get(base, ())
        )
        return [Synset(tuple(line.split())) for line in lines]


@dataclass(frozen=True, slots=True, eq=False)
class WordNet:
    """The part of NLTK's WordNet reader that METEOR calls; immutable, safe to share between threads."""

    parts: tuple[PartOfSpeech, ...] = field(repr=False)

    def synsets(self, word: str) -> list[Synset]:
        """Return the synsets of a word in any part of speech; an unknown word gives an empty list."""
        form = word.lower()
        return [synset for part in self.parts for synset in part.synsets(form)]

    def synonyms(self, word: str) -> frozenset[str]:
        """Return the single words in small letters that share a synset with a word, without the word."""
        names = {name for synset in self.synsets(word) for name in synset.names}
        return frozenset(name for name in names if "_" not in name and name == name.lower() and name != word)


@cache
def load_wordnet() -> WordNet:
    """Return WordNet 3.0 from the package data; it is read once in a process."""
    paragraphs = [paragraph.split("\n") for paragraph in read_text("wordnet.txt.gz").split("\n\n")]
    return WordNet(
        tuple(
            PartOfSpeech(lines, _positions(lines), _exceptions(exceptions), suffixes)
            for lines, exceptions, suffixes in zip(
                paragraphs[::2], paragraphs[1::2], _SUFFIXES.values(), strict=True
            )
        )
    )


def _positions(lines: list[str]) -> dict[str, tuple[int, ...]]:
    positions: dict[str, tuple[int, ...]] = {}
    for at, names in enumerate(map(str.split, "\n".join(lines).lower().split("\n"))):
        for name in names:
            known = positions.get(name, ())
            if known[-1:] != (at,):  # Earth and earth are names of one synset
                positions[name] = (*known, at)
    return positions


def _exceptions(lines: list[str]) -> dict[str, list[str]]:
    return {form: bases for form, *bases in map(str.split, lines)}
