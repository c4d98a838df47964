r"""`nltk.word_tokenize` with the rules of NLTK 3.9.1, whichever newer NLTK is installed.

Design: NLTK's own tokenisers do the work; what later versions changed is set back here. Against 3.9.1,
NLTK 3.10 splits an opening single quote by another rule, takes « » and curly quotes for closing marks of a
sentence, and runs its patterns in the `regex` module, whose `\w` leaves out ² ³ ¹ ¼ ½ ¾ and which gives up
after five seconds on a text. All patterns therefore run in `re` here. NLTK is imported with this module, so
import it inside functions only.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from nltk.tokenize.destructive import NLTKWordTokenizer
from nltk.tokenize.punkt import PunktLanguageVars, PunktParameters, PunktSentenceTokenizer, PunktToken

from graders.metrics.data_files import read_json

_FLAGS = re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE
_OPENING_QUOTE = (re.compile(r"(?i)'(?!re|ve|ll|m|t|s|d|n)(\w)\b"), r"' \1")


def word_tokens(text: str) -> list[str]:
    """Split a text into sentences, and these into words, as NLTK 3.9.1 does; an empty text gives none.

    The parity holds for texts of printable Latin-1, the only ones that the hosted tokeniser sends here.
    """
    sentences, words = _sentence_tokenizer(), _word_tokenizer()
    return [token for sentence in sentences.tokenize(text) for token in words.tokenize(sentence)]


class _LanguageVars(PunktLanguageVars):  # type: ignore[misc]  # NLTK carries no types
    re_boundary_realignment = re.compile(r"[\"')\]}]+?(?:\s+|(?=--)|$)", re.MULTILINE)
    _re_non_word_chars = r"""[)";}\]*:@'({\[?!]"""

    def __init__(self) -> None:
        # NLTK would compile the two on first use and keep them in these slots.
        fragments = {
            "NonWord": self._re_non_word_chars,
            "MultiChar": self._re_multi_char_punct,
            "WordStart": self._re_word_start,
            "SentEndChars": self._re_sent_end_chars,
        }
        self._re_word_tokenizer = re.compile(self._word_tokenize_fmt % fragments, re.VERBOSE)
        self._re_period_context = re.compile(self._period_context_fmt % fragments, re.VERBOSE)


class _Token(PunktToken):  # type: ignore[misc]  # NLTK carries no types
    __slots__ = ()

    _RE_ELLIPSIS = re.compile(r"\.{2,}$")
    _RE_NUMERIC = re.compile(r"^-?[.,]?\d[\d,.-]*\.?$")
    _RE_INITIAL = re.compile(r"[^\W\d]\.$")
    _RE_ALPHA = re.compile(r"[^\W\d]+$")


class _Orthography(dict[str, int]):
    """Flags of the words seen in training. NLTK's defaultdict would grow with every word it is asked for."""

    def __missing__(self, word: str) -> int:
        return 0


@cache
def _sentence_tokenizer() -> Any:
    model = read_json("punkt_english.json.gz")
    parameters = PunktParameters()
    parameters.abbrev_types = frozenset(model["abbreviations"])
    parameters.collocations = frozenset(map(tuple, model["collocations"]))
    parameters.sent_starters = frozenset(model["sentence_starters"])
    parameters.ortho_context = _Orthography(
        (word, int(flags)) for flags, words in model["orthography"].items() for word in words
    )
    return PunktSentenceTokenizer(parameters, lang_vars=_LanguageVars(), token_cls=_Token)


@cache
def _word_tokenizer() -> Any:
    tokenizer = NLTKWordTokenizer()
    tokenizer.STARTING_QUOTES = [*_in_re(tokenizer.STARTING_QUOTES[:-1]), _OPENING_QUOTE]
    tokenizer.PUNCTUATION = _in_re(tokenizer.PUNCTUATION)
    tokenizer.ENDING_QUOTES = _in_re(tokenizer.ENDING_QUOTES)
    (tokenizer.PARENS_BRACKETS,) = _in_re([tokenizer.PARENS_BRACKETS])
    (tokenizer.DOUBLE_DASHES,) = _in_re([tokenizer.DOUBLE_DASHES])
    return tokenizer


def _in_re(rules: Iterable[tuple[Any, str]]) -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(pattern.pattern, pattern.flags & _FLAGS), replacement) for pattern, replacement in rules
    ]
