"""Texts that are hard on tokenisers, for the tests of this folder."""

import random
from collections.abc import Callable, Iterator

import pytest

from graders.metrics.meteor import forget_words
from graders.metrics.stems import load_stems
from graders.metrics.tokens import forget_tokens

LATIN = """
. .. ... . . ? ! ?! , : ; ' '' " `` ` -- - ( ) [ ] { } < > * @ # $ % & / \\ _ = + ~ ^ |
a A b I s S t d m ll LL re ve VE n't N'T 's 'S 'd 'll 't 'tis 'twas d'ye can't cannot CANNOT gonna wanna
gotta lemme gimme more'n Mr. Mrs. Dr. U.S. e.g. i.e. etc. No. p.m. a.m. J. K. St. Inc. Co. vs. Jan. 1. 2.5
1,000 3:30 $3.88 5% 18. 42 0 don't it's y'all o'clock rock'n'roll The the He he It However In Paris.
state-of-the-art --and end.) end." end.' end.» «so» « » ² ³ ¹ ¼ ½ ¾ 'x 'x² x'é 'é É. é. ². ¼. ª º ß ñ naïve
café ¿Qué? ¡Ay! £5 © ® ° · × ÷ ÿ ¬ § ¶ A.B. a.b.c. cbot Cooper. ##number## .hidden ."foo. (Yes.) 'Go on'
"""
OTHER = r"""
日本 の 東京です 。 、 「」 한국어 مرحبا привет Ω İ ı ſ K ‘ ’ “ ” „ … – — ‒ ― • € ™ 😀 👍🏽 🇫🇷 ٣ ५ Ⅷ ① ㎏ ∑ ≤
→ ½ é 1。 1、2 3€ €3 A： １２３ ％ ＃ &amp; &lt; &gt; &quot; &apos; &#124; &#91; &#93; &amp;lt; <skipped>
&lt;skipped&gt;
"""
CONTROLS = ["\u2028", "\u2029", "\x85", "\x1c", "\0", "\x7f", "\x80", "\u200b", "\u3000", "\ufeff", "\ud800"]
COMMON = LATIN.split()
RARE = [*OTHER.split(), *CONTROLS, "\U0010ffff", "e\u0301"]
EVERY_LATIN = [chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))]
BLANKS = ["", "", " ", " ", " ", " ", "  ", "\xa0"]
OTHER_BLANKS = [*BLANKS, "\n", "\t", "\r\n", "\n\n"]
ALPHABETS = [
    (COMMON, BLANKS),
    (COMMON, BLANKS[:-1]),
    (COMMON + EVERY_LATIN, BLANKS),
    (["a", "B", "1", ".", "'", '"', ")", "»", "²", "!", ",", "-"], BLANKS),
    (COMMON + RARE, OTHER_BLANKS),
    (RARE + EVERY_LATIN, OTHER_BLANKS),
]


def generate_texts(seed: int, count: int) -> Iterator[str]:
    chance = random.Random(seed)
    for at in range(count):
        pieces, blanks = ALPHABETS[at % len(ALPHABETS)]
        size = min(int(chance.expovariate(0.12)), 80)
        yield "".join(chance.choice(pieces) + chance.choice(blanks) for _ in range(size))


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Let no test live on the words, chunks and stems of those before it."""
    forget_tokens()
    forget_words()
    load_stems.cache_clear()


@pytest.fixture(scope="session")
def hostile_texts() -> Callable[[int, int], list[str]]:
    """Give a function of a seed and a count."""
    return lambda seed, count: list(generate_texts(seed, count))
