"""The hosted tokeniser in batches: each text gets the tokens that it gets alone, whatever was seen before."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.metrics.hosted_tokenizer import HostedTokenizer, text_tokens
from graders.metrics.latin_chunks import LatinChunks
from graders.metrics.token_tables import Words
from graders.metrics.tokens import hosted_tokens

PIECES = r"""
. .. ... ! ?! , : ' '' " `` -- ) ( » « ² a A Mr. U.S. etc. e.g.(b). J. 18. 2.5 end.) end." end.)-- ."foo.
don't cannot 'tis gonna, The it however (Yes.) wow!) )-- 日本 ½ &amp; <skipped> naïve
"""
WORDS = st.sampled_from([*PIECES.split(), "\0", "\ud800"])
BLANKS = st.sampled_from(["", " ", " ", " ", "  ", "\xa0", "\n", "\u2028"])
TEXTS = st.one_of(
    st.lists(st.tuples(WORDS, st.sampled_from(["", " ", " ", "  "])).map("".join), max_size=12).map("".join),
    st.lists(st.tuples(WORDS, BLANKS).map("".join), max_size=12).map("".join),
    st.text(max_size=20),
)
COLUMNS = st.lists(TEXTS, max_size=8)


@pytest.fixture(scope="module")
def warm():
    """A tokeniser that remembers what the tests of this module have split."""
    return HostedTokenizer()


def rows(columns):
    words = [columns.words[word] for word in columns.ids.tolist()]
    return [words[start:stop] for start, stop in pairwise(columns.offsets.tolist())]


def alone(texts):
    return [text_tokens(text) for text in texts]


@given(texts=COLUMNS)
def test_every_text_of_a_batch_gets_the_tokens_that_it_gets_alone(texts):
    assert rows(HostedTokenizer().tokens(texts)) == alone(texts)


@given(texts=COLUMNS)
def test_what_was_seen_before_does_not_matter(warm, texts):
    assert rows(warm.tokens(texts)) == rows(warm.tokens(texts)) == alone(texts)


@given(texts=COLUMNS, data=st.data())
def test_neither_order_nor_batches_matter(texts, data):
    tokenizer = HostedTokenizer()
    shuffled = data.draw(st.permutations(texts))
    cut = data.draw(st.integers(0, len(texts)))
    assert rows(tokenizer.tokens(shuffled)) == alone(shuffled)
    assert rows(tokenizer.tokens(texts[:cut])) + rows(tokenizer.tokens(texts[cut:])) == alone(texts)


@given(texts=COLUMNS)
def test_ids_of_one_call_are_equal_where_words_are(warm, texts):
    columns = warm.tokens(texts)
    words = [columns.words[word] for word in columns.ids.tolist()]
    assert len(set(words)) == len(set(columns.ids.tolist()))
    assert (columns.ids.dtype, columns.offsets.dtype, len(columns)) == (np.int64, np.int64, len(texts))


def test_hostile_texts_get_the_tokens_that_they_get_alone(hostile_texts):
    texts = hostile_texts(17, 6_000)
    assert rows(hosted_tokens(texts)) == alone(texts)


@pytest.mark.soak
@pytest.mark.parametrize("characters", ["aA.!')- \"1", 'a.?"[;,: »', "U.S '`x<(&"])
def test_every_text_of_six_telling_characters_gets_the_tokens_that_it_gets_alone(warm, characters):
    for first in characters:
        texts = [first + "".join(rest) for rest in product(characters, repeat=5)]
        assert rows(warm.tokens(texts)) == alone(texts)


@pytest.mark.parametrize(
    "text",
    [
        'He said "go. " ) and left',  # a final period, then closing marks that stand alone
        "It ended. ) Then",  # closing marks belong to the sentence before
        "It ended.\xa0Then",  # white space that separates no chunks
        'x ."foo. bar',  # a word that begins with a candidate and holds another
        " 'tis so",  # a blank before the first word
        " '' so",  # which makes another mark of these
        "wow!!! yes!!!",  # the last word of a text is no candidate
        "18.) and (end.)-- 5.",
    ],
)
def test_what_reaches_beyond_a_chunk_is_split_as_it_is_alone(text):
    for around in ([text], [text, "Mr. X. Yes."], ["The end.", text, ") x", text], ["", text, ""]):
        assert rows(HostedTokenizer().tokens(around)) == alone(around)


def test_hardly_any_natural_text_has_to_be_split_as_a_whole():
    natural = ["He said (so they say) 'go on', e.g. to Mr. X.", 'It cost $3.50!" "Yes?" he asked. (It did.)']
    assert LatinChunks(Words()).tokens(natural).unsolved == []


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("The end )", True),
        ("so ) Then", False),
        ("so ) ) Then", False),
        (")", False),
        (") so it began", False),
        ("It ended. ) Then", True),
        ("It ended? ) Then", True),
        ("It ended.) ) Then", False),
        ("It ended. )-- Then", True),
        ("It ended.) )-- Then", False),
        ("It goes )-- on", False),
        ("It ended. (so) Then", False),
        ("Mr. ) Then", False),
        ("No. 5. ) Then", True),
        ('."foo. bar', True),
        ('."foo bar', False),
    ],
)
def test_only_what_reaches_beyond_a_chunk_is_split_as_a_whole(text, whole):
    for around in ([text], ["plain", text], [text, "plain"], ["end.", text, "(so) 'go'"]):
        expected = [around.index(text)] if whole else []
        assert LatinChunks(Words()).tokens(around).unsolved == expected


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"most_chunks": 9}, " ".join(f"w{number}" for number in range(10))),
        ({"most_chunks": 9}, "\n".join(f"w{number}" for number in range(10))),
        ({"most_characters": 20}, "w" * 21),
    ],
)
def test_what_is_too_much_to_remember_is_forgotten_before_the_next_batch(limits, text):
    tokenizer = HostedTokenizer(**limits)
    few = tokenizer.tokens(["some words"]).words
    assert tokenizer.tokens(["others"]).words[: len(few)] == few
    before = tokenizer.tokens([text]).words
    assert before[: len(few)] == few
    assert tokenizer.tokens(["next"]).words == ["next"]


def test_an_empty_batch_and_blank_texts_have_no_tokens():
    assert rows(hosted_tokens([])) == []
    assert rows(hosted_tokens(["", " ", "\n", "\xa0"])) == [[], [], [], []]


def test_a_batch_may_be_a_tuple_or_an_array():
    texts = ["It's so.", "", "日本 a\n"]
    assert rows(hosted_tokens(tuple(texts))) == rows(hosted_tokens(np.array(texts))) == alone(texts)


def test_very_long_texts_and_words_are_no_exception():
    texts = ["a." * 5_000, "Mr. Who? " * 25_000, "日" * 10_000, "word\n" * 50_000, "x" * 10_000 + ". Y"]
    assert rows(hosted_tokens(texts)) == alone(texts)


def test_the_memory_is_bounded_and_emptying_it_changes_nothing(hostile_texts):
    texts = hostile_texts(5, 400)
    tokenizer = HostedTokenizer(most_chunks=50, most_characters=500)
    sizes = set()
    for start in range(0, len(texts), 20):
        columns = tokenizer.tokens(texts[start : start + 20])
        sizes.add(len(columns.words))
        assert rows(columns) == alone(texts[start : start + 20])
    assert max(sizes) < 2_000


def test_earlier_results_stay_valid_when_the_memory_is_emptied():
    tokenizer = HostedTokenizer(most_chunks=0)
    before = tokenizer.tokens(["one two"])
    tokenizer.tokens(["three four"])
    assert rows(before) == [["one", "two"]]


def test_an_interruption_leaves_nothing_half_learned(monkeypatch):
    tokenizer = HostedTokenizer()
    tokenizer.tokens(["some words."])

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("graders.metrics.latin_chunks.ChunkStates", interrupt)
        with pytest.raises(KeyboardInterrupt):
            tokenizer.tokens(["some new words."])
    assert rows(tokenizer.tokens(["some new words."])) == [["some", "new", "words", "."]]


def test_threads_share_a_tokeniser(hostile_texts):
    texts = hostile_texts(7, 800)
    tokenizer = HostedTokenizer(most_chunks=300)
    parts = [texts[start : start + 40] for start in range(0, len(texts), 40)]
    with ThreadPoolExecutor(8) as pool:
        actual = list(pool.map(lambda part: rows(tokenizer.tokens(part)), parts * 3))
    assert actual == [alone(part) for part in parts] * 3


def test_threads_may_make_the_first_tokeniser_together():
    code = """if True:
        from concurrent.futures import ThreadPoolExecutor
        from graders.metrics.tokens import hosted_tokens
        texts = ["It's Mr. X. Yes.", "a\\nb"]
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda _: hosted_tokens(texts), range(32)))
        print(len({tuple(columns.offsets) for columns in results}))
    """
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "1\n"
    )
