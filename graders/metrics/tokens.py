"""The tokeniser that the hosted graders use for bleu, gleu and meteor.

Design: a text of printable Latin-1 goes to word_tokenize, any other (a newline or a tab is enough) to the
NIST tokeniser. The choice is made for each text by itself, so the two sides of a pair can be tokenised
differently; published scores of hosted runs come out bit for bit only in this way.
"""

from collections.abc import Sequence
from functools import cache
from typing import overload

from graders.metrics.hosted_tokenizer import HostedTokenizer, text_tokens
from graders.metrics.nist_tokens import international_tokens
from graders.metrics.token_columns import TokenColumns

__all__ = ["TOKENIZER", "forget_tokens", "hosted_tokens", "international_tokens"]

TOKENIZER = "hosted-nltk3.9.1"
"""The name of this tokeniser in signatures; the version is the one whose rules word_tokenize follows."""


@overload
def hosted_tokens(texts: str) -> list[str]: ...  # type: ignore[overload-overlap]  # a string is a sequence
@overload
def hosted_tokens(texts: Sequence[str]) -> TokenColumns: ...
def hosted_tokens(texts: str | Sequence[str]) -> list[str] | TokenColumns:
    """Split texts as the hosted graders do: a column of texts, or one text into its list of tokens.

    An empty text gives no tokens. Ids of tokens mean the same inside one call only.

    Source: the switch of Azure's hosted graders (published runs), `nltk.word_tokenize` of NLTK 3.9.1 with
    Punkt English, `NISTTokenizer.international_tokenize` of NLTK.
    """
    return text_tokens(texts) if isinstance(texts, str) else _tokenizer().tokens(texts)


def forget_tokens() -> None:
    """Forget the words of all batches so far, as measurements of a fresh process want it."""
    _tokenizer.cache_clear()


@cache
def _tokenizer() -> HostedTokenizer:
    return HostedTokenizer()
