"""How long an endpoint asks to be left alone."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from graders.endpoints.waiting import asked_wait


def test_retry_after_is_seconds() -> None:
    assert asked_wait({"Retry-After": " 2.5 "}) == 2.5
    assert asked_wait({"retry-after-ms": "1500", "retry-after": "9"}) == 1.5
    assert asked_wait({"Retry-After": "-3"}) == 0.0


def test_retry_after_is_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert asked_wait({"Retry-After": date}) == pytest.approx(100, abs=5)
    assert asked_wait({"Retry-After": "Mon, 01 Jan 2001 00:00:00 GMT"}) == 0.0
    assert asked_wait({"Retry-After": "Mon, 01 Jan 2001 00:00:00 -0000"}) == 0.0


@pytest.mark.parametrize(
    "value",
    ["", "soon", "nan", "inf", "1e999", "Mon, 99 Foo 2001", f"Mon, 01 Jan 2001 00:00:00 +{'9' * 20}"],
)
def test_retry_after_that_says_nothing_is_none(value: str) -> None:
    assert asked_wait({"Retry-After": value}) is None
    assert asked_wait({}) is None
