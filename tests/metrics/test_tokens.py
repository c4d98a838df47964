"""The hosted tokeniser on one text: which branch it takes, and the characters that are traps."""

import subprocess
import sys
import time

import pytest

from graders.metrics.tokens import forget_tokens, hosted_tokens, international_tokens


@pytest.mark.parametrize("character", ["\n", "\t", "\x7f", "\x80", "\x9f", "\u0100", "—", "😀"])
def test_one_character_outside_printable_latin_1_switches_the_tokeniser(character):
    text = "It costs 5%." + character
    assert hosted_tokens("It costs 5%.") == ["It", "costs", "5", "%", "."]
    assert hosted_tokens(text) == international_tokens(text)
    assert "5%" in hosted_tokens(text)


@pytest.mark.parametrize("character", [" ", "~", "\xa0", "ÿ"])
def test_printable_latin_1_stays_with_word_tokenize(character):
    assert hosted_tokens("It costs 5%" + character)[:4][-2:] == ["5", "%"]


@pytest.mark.parametrize("text", ["", " ", "   ", "\xa0", "\n", "\u2028\u3000\x1c\x85", "<skipped>\n"])
def test_a_text_without_visible_characters_has_no_tokens(text):
    assert hosted_tokens(text) == []


def test_entities_are_resolved_once():
    assert international_tokens("&amp;lt;b &lt;b\n") == ["&", "lt", ";", "b", "<", "b"]


# Source of the following: nltk 3.9.1.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I met Mr. Smith. He left.", "I met Mr. Smith . He left ."),
        ("J. Bach wrote no. 5. It is long.", "J. Bach wrote no . 5 . It is long ."),
        ("It costs $3.88, i.e. 5% more.", "It costs $ 3.88 , i.e . 5 % more ."),
        ("(He said so.) Then he left.", "( He said so . ) Then he left ."),
        ("See [1].[2] and e.g.(b).", "See [ 1 ] . [ 2 ] and e.g . ( b ) ."),
        ("etc. wow! yes", "etc . wow ! yes"),
        ('."foo. bar', ". `` foo . bar"),
        ("I can't, you cannot, we're gonna.", "I ca n't , you can not , we 're gon na ."),
        ("'Tis 'x' and 'yes' at 3:30.", "'T is ' x ' and 'yes ' at 3:30 ."),
        ("«so» is 2² of 1¼.", "« so » is 2² of 1¼ ."),
        ("a\xa0b. C", "a b . C"),
        ("end. ) \" ' next", "end . ) `` ' next"),
    ],
)
def test_latin_text_is_split_as_by_word_tokenize(text, expected):
    assert hosted_tokens(text) == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("naïve\n", ["na", "ï", "ve"]),
        ("5% of 18. 3.5, (x)\n", ["5%", "of", "18.", "3.5,", "(", "x", ")"]),
        ("東京です。Ok", ["東京です", "。", "Ok"]),
        ("\u212a \u0131 \u017f", ["\u212a", "\u0131", "\u017f"]),
        ("a\0b \ud800\udfff x\u200by", ["a\0b", "\ud800\udfff", "x", "\u200b", "y"]),
        ("e\u0301 مرحبا 👍🏽 <skipped>", ["e", "\u0301", "مرحبا", "👍🏽"]),
        ("a\x1cb\x85c\u3000d\u2028e", ["a", "b", "c", "d", "e"]),
    ],
)
def test_other_text_is_split_as_by_the_nist_tokeniser(text, expected):
    assert hosted_tokens(text) == expected


def test_tokenising_imports_no_nltk_and_no_regex():
    code = """if True:
        import sys
        from graders.metrics.tokens import hosted_tokens
        hosted_tokens(["It's Mr. X. Yes.", "a\\\\nb"]), hosted_tokens("It's Mr. X. Yes.")
        print([name for name in ("nltk", "regex") if name in sys.modules])
    """
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


@pytest.mark.parametrize(
    "piece",
    [
        "word ",
        "etc. ",
        "3. ",
        ".",
        "!",
        "'",
        '"',
        ")",
        "a.)",
        "` ",
        " ",
        "\xa0",
        "can't ",
        "-",
        "( ",
        ",",
        "日",
    ],
)
def test_the_time_for_a_text_grows_with_its_length_only(piece):
    def once(text: str) -> float:
        forget_tokens()
        started = time.thread_time()  # threads that earlier tests left at work do not count
        hosted_tokens(text)
        hosted_tokens([text])
        return time.thread_time() - started

    def seconds(size: int) -> float:
        text = ("x. " + piece * size)[:size] + " x"
        return min(once(text) for _ in range(3))

    seconds(100)
    assert seconds(80_000) < 40 * max(seconds(8_000), 0.003)  # 100 if it were quadratic
