"""Addresses: which texts are some, and what of them may be said."""

import pytest

from graders.endpoints import is_address, without_credentials


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/v1", "https://user:key@host/v1?api-version=1", "http://[::1]:9"]
)
def test_an_address_has_a_scheme_and_a_host(url: str) -> None:
    assert is_address(url)


@pytest.mark.parametrize(
    "url", ["", "localhost:8000", "ftp://host", "http://", "http://host:99999", "http://[::1"]
)
def test_other_texts_are_none(url: str) -> None:
    assert not is_address(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:secret@host/v1/?key=secret#secret", "https://host/v1/"),
        ("http://localhost:8000/v1", "http://localhost:8000/v1"),
        ("http://[::1", "..."),
    ],
)
def test_what_is_said_of_an_address_holds_no_secret(url: str, expected: str) -> None:
    assert without_credentials(url) == expected
