"""The hosted tokeniser against NLTK 3.9.1 itself, in the interpreter that GRADERS_NLTK391_PYTHON names.

`tools/oracles.sh` makes that interpreter.
"""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest

from graders.metrics.tokens import hosted_tokens

pytestmark = pytest.mark.outside

LATIN = """
. .. ... . . ? ! ?! , : ; ' '' " `` ` -- - ( ) [ ] { } < > * @ # $ % & / \\ _ = + ~ ^ |
a A b I s S t d m ll LL re ve VE n't N'T 's 'S 'd 'll 't 'tis 'twas d'ye can't cannot CANNOT gonna wanna
gotta lemme gimme more'n Mr. Mrs. Dr. U.S. e.g. i.e. etc. No. p.m. a.m. J. K. St. Inc. Co. vs. Jan. 1. 2.5
1,000 3:30 $3.88 5% 18. 42 0 don't it's y'all o'clock rock'n'roll The the He he It However In Paris.
state-of-the-art --and end.) end." end.' end.» «so» « » ² ³ ¹ ¼ ½ ¾ 'x 'x² x'é 'é É. é. ². ¼. ª º ß ñ naïve
café ¿Qué? ¡Ay! £5 © ® ° · × ÷ ÿ ¬ § ¶ A.B. a.b.c. cbot Cooper. ##number## .hidden ."foo. (Yes.) 'Go on'
"""
OTHER = r"""
日本 の 東京です 。 、 「」 한국어 مرحبا привет Ω İ ſ K ‘ ’ “ ” „ … – — ‒ ― • € ™ 😀 👍🏽 🇫🇷 ٣ ५ Ⅷ ① ㎏ ∑ ≤ →
½ é 1。 1、2 3€ €3 A： １２３ ％ ＃ &amp; &lt; &gt; &quot; &apos; &#124; &#91; &#93; &amp;lt; <skipped>
&lt;skipped&gt;
"""
CONTROLS = ["\u2028", "\u2029", "\x85", "\x1c", "\0", "\x7f", "\x80", "\u200b", "\u3000", "\ufeff", "\ud800"]
BLANKS = ["", "", " ", " ", " ", " ", "  ", "\xa0"]
OTHER_BLANKS = [*BLANKS, "\n", "\t", "\r\n", "\n\n"]


def hostile_text(chance: random.Random, pieces: list[str], blanks: list[str]) -> str:
    count = min(int(chance.expovariate(0.12)), 80)
    return "".join(chance.choice(pieces) + chance.choice(blanks) for _ in range(count))


def hostile_texts(count: int) -> list[str]:
    chance = random.Random(391)
    latin, other = LATIN.split(), [*OTHER.split(), *CONTROLS, "\U0010ffff", "e\u0301"]
    every_latin = [chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))]
    alphabets = [
        (latin, BLANKS),
        (latin + every_latin, BLANKS),
        (["a", "B", "1", ".", "'", '"', ")", "»", "²", "!", ",", "-"], BLANKS),
        (latin + other, OTHER_BLANKS),
        (other + every_latin, OTHER_BLANKS),
    ]
    return [hostile_text(chance, *alphabets[at % len(alphabets)]) for at in range(count)]


def nltk391_tokens(texts: list[str]) -> list[list[str]]:
    script = Path(__file__).with_name("nltk391_tokens.py")
    finished = subprocess.run(
        [os.environ["GRADERS_NLTK391_PYTHON"], script],
        input="".join(json.dumps(text) + "\n" for text in texts),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return [json.loads(line) for line in finished.stdout.splitlines()]


def test_every_single_latin_character_and_pair_of_marks_is_split_as_by_nltk_391():
    marks = [".", "!", "?", "'", '"', "''", "``", "»", "«", ")", "(", ",", ":", "-", "--", "..", "²", "½"]
    words = ["a", "A", "1", "é", ""]
    texts = [chr(code) for code in range(0x250)]
    texts += [
        f"{word}{mark}{blank}{other}{end}"
        for word in words
        for mark in marks
        for blank in ("", " ")
        for other in marks + words
        for end in ("", " b", "b.")
    ]
    assert [hosted_tokens(text) for text in texts] == nltk391_tokens(texts)


def test_hostile_texts_are_split_as_by_nltk_391():
    texts = hostile_texts(60_000)
    actual = map(hosted_tokens, texts)
    expected = nltk391_tokens(texts)
    different = [text for text, ours, theirs in zip(texts, actual, expected, strict=True) if ours != theirs]
    assert different == []
