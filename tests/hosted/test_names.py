"""Names of files are safe, whatever an id holds."""

import re
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.hosted.names import file_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("eval_68ab", "eval_68ab"),
        ("../../x", "%2E%2E%2F%2E%2E%2Fx"),
        ("..", "%2E%2E"),
        ("CON", "%43ON"),
        ("lpt1", "%6Cpt1"),
        ("a b~", "a%20b%7E"),
        ("a\x00\n", "a%00%0A"),
        ("\ud800", "%ED%A0%80"),
    ],
)
def test_a_name_shows_its_id(name: str, expected: str) -> None:
    assert file_name(name) == expected


def test_a_long_id_goes_by_its_hash() -> None:
    assert re.fullmatch(r"%sha256-[0-9a-f]{64}", file_name("x" * 300))


def test_an_id_that_differs_by_case_only_goes_by_its_hash() -> None:
    assert file_name("Eval_a", {"eval_a"}).startswith("%sha256-")


@given(st.text(min_size=1))
def test_every_name_is_one_short_part_of_a_path(name: str) -> None:
    made = file_name(name)
    assert re.fullmatch(r"[A-Za-z0-9_%-]{1,100}", made)
    assert PurePosixPath(made).name == PureWindowsPath(made).name == made


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_ids_have_different_names(first: str, second: str) -> None:
    assert (file_name(first) == file_name(second)) == (first == second)
