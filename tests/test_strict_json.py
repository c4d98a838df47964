"""JSON in and out: what the standard allows is kept exactly, what it forbids is refused."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.strict_json import dumps, loads, loads_unique

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=20)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | ANY_TEXT,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(ANY_TEXT, below, max_size=4),
    max_leaves=20,
)
BOTH_READERS = pytest.mark.parametrize("read", [loads, loads_unique])


def bits(value):
    """Make types and the sign of zero count in a comparison."""
    return repr(value)


@given(value=JSON_VALUES)
def test_what_is_written_is_read_back(value):
    assert bits(loads(dumps(value))) == bits(value)
    assert bits(loads_unique(dumps(value))) == bits(value)


@given(value=JSON_VALUES)
def test_text_and_bytes_read_alike(value):
    written = dumps(value)
    assert bits(loads(written.decode())) == bits(loads(written))


@BOTH_READERS
@pytest.mark.parametrize("exponent", [31, 53, 63, 64, 65, 200])
@pytest.mark.parametrize("offset", [-1, 0, 1])
@pytest.mark.parametrize("sign", [-1, 1])
def test_integers_of_any_width_stay_what_they_are(read, exponent, offset, sign):
    expected = sign * (2**exponent + offset)
    actual = read(f'{{"n": [{expected}]}}'.encode())["n"][0]
    assert (actual, type(actual)) == (expected, int)


@pytest.mark.parametrize(
    "text", ["0.1234567890123456789012345", "1e-999", "5e-324", "1.7976931348623157e308"]
)
def test_floats_are_read_as_python_reads_them(text):
    assert loads(text) == float(text)


def test_minus_zero_keeps_its_sign():
    assert math.copysign(1, loads("-0.0")) == -1
    assert dumps(-0.0) == b"-0.0"


@BOTH_READERS
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NaN", "NaN is not JSON"),
        ("[Infinity]", "Infinity is not JSON"),
        ('{"a": -Infinity}', "-Infinity is not JSON"),
        ("1e400", "number out of range: 1e400"),
        ("[-1E999]", "number out of range: -1E999"),
        ("1" + "0" * 400 + ".5", f"number out of range: 1{'0' * 29}…"),
        ("9" * 5000, f"number out of range: {'9' * 30}…"),
    ],
)
def test_numbers_that_are_not_json_or_too_large_are_refused(read, text, expected):
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        read(text)


@BOTH_READERS
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "tru",
        "01",
        "1.",
        ".5",
        "+1",
        "[1,]",
        '{"a":1,}',
        "{'a':1}",
        '"a\nb"',
        '"\\x"',
        "[1] [2]",
        "// 1\n1",
    ],
)
def test_what_is_no_json_is_refused_with_line_and_column(read, text):
    with pytest.raises(ValueError, match=r" at line \d+ column \d+$"):
        read(text)


def test_the_column_is_where_the_mistake_stands():
    with pytest.raises(ValueError, match=r"at line 2 column 4$"):
        loads('{"a":\n 1,,}')


@BOTH_READERS
@pytest.mark.parametrize("data", [b'"\xff"', b'"\xc3"', b'"\xed\xa0\x80"', b"\xff\xfe1\x00"])
def test_bytes_that_are_not_utf8_are_refused(read, data):
    with pytest.raises(UnicodeDecodeError):
        read(data)


@BOTH_READERS
def test_an_escaped_lone_surrogate_is_kept(read):
    assert read(b'{"\\ud800": "a\\udfff"}') == {"\ud800": "a\udfff"}


@BOTH_READERS
def test_a_lone_surrogate_in_a_text_is_kept(read):
    assert read('["\ud800"]') == ["\ud800"]


def test_a_lone_surrogate_is_written_escaped():
    assert dumps(["é", "\ud800"]) == b'["\\u00e9","\\ud800"]'


def test_text_is_written_in_utf8_and_without_white_space():
    assert dumps({"b": [1, 2.5, None], "a": "é日"}) == '{"b":[1,2.5,null],"a":"é日"}'.encode()


@BOTH_READERS
@pytest.mark.parametrize(
    "text", ["[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000]
)
def test_deep_nesting_is_refused_and_does_not_end_the_process(read, text):
    with pytest.raises(ValueError, match=r"^nested too deeply$"):
        read(text)


def test_a_deeply_nested_value_is_not_written():
    value = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ValueError, match=r"^nested too deeply$"):
        dumps(value)


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object(), [1j]])
def test_what_json_has_no_word_for_is_not_written(value):
    with pytest.raises(TypeError):
        dumps(value)


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "c": 2, "a": 3}}]', '{"a": 1, "\\u0061": 2}']
)
def test_loads_unique_refuses_a_key_that_stands_twice(text):
    with pytest.raises(ValueError, match=r"^key 'a' stands twice in one object$"):
        loads_unique(text)


def test_loads_unique_takes_the_same_key_in_two_objects():
    assert loads_unique('[{"a": 1}, {"a": {"a": 2}}]') == [{"a": 1}, {"a": {"a": 2}}]


def test_loads_takes_the_last_of_two_equal_keys():
    assert loads('{"a": 1, "a": 2}') == {"a": 2}
    assert loads('{"a": 1, "a": 11111111111111111111}') == {"a": 11111111111111111111}
