"""Texts that are shown: nothing steers, nothing is lost in silence, nothing takes more room than it may."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.report.text import Piece, pieces, plain, size

STEERING = "\x00\x1b[31m\u202e\u2066\u200b\u2028\ud800\U000e0041"
texts = st.text(st.characters(codec=None) | st.sampled_from(STEERING + "<>&\"'"))


def test_a_plain_text_is_one_piece():
    assert pieces("naïve <b>\n\ttext", 100) == [Piece("naïve <b>\n\ttext")]


def test_letters_that_steer_are_shown_as_their_escapes():
    expected = [Piece("a"), Piece(r"\u202e\x00", "escape"), Piece("b")]
    assert pieces("a\u202e\x00b", 200) == expected


def test_a_text_that_is_cut_says_how_much_is_missing():
    assert pieces("a" * 2500, 1000) == [Piece("a" * 1000), Piece("… 1,500 more characters", "note")]


@pytest.mark.parametrize("limit", [0, -1])
def test_where_there_is_no_room_only_the_note_is_left(limit):
    assert pieces("abc", limit) == [Piece("… 3 more characters", "note")]


def test_an_empty_text_has_no_pieces():
    assert pieces("", 10) == []


@given(texts, st.integers(0, 400))
def test_a_text_takes_no_more_room_than_it_may(text, limit):
    assert sum(size(piece) for piece in pieces(text, limit) if piece.kind != "note") <= limit


@given(texts)
def test_no_piece_holds_a_letter_that_steers(text):
    shown = "".join(piece.text for piece in pieces(text, 10**6))
    steering = {letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert steering <= {"\n", "\t"}


@given(st.text(st.characters(exclude_categories=("C", "Zl", "Zp"))))
def test_readable_text_is_kept_as_it_is(text):
    assert "".join(piece.text for piece in pieces(text, 10**6)) == text


def test_a_text_on_one_line_is_cut_and_escaped():
    assert plain("a\nb\u202e" + "c" * 10, 11) == r"a⏎b\u202ecc" + "…"
