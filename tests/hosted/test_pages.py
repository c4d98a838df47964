"""Objects are cut out of pages as they came."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.hosted.pages import parse_object, parse_page

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
OBJECTS = st.builds(
    lambda name, more: {**more, "id": name},
    st.text(min_size=1, max_size=9).filter(lambda text: text.isprintable()),
    st.dictionaries(st.text(max_size=5), VALUES, max_size=3),
)


@given(st.lists(OBJECTS, max_size=4), st.dictionaries(st.sampled_from("abc"), VALUES), st.booleans())
def test_each_line_is_the_text_of_its_object(objects: list[dict], more: dict, escaped: bool) -> None:
    texts = [json.dumps(each, ensure_ascii=escaped, separators=(" ,", ": ")) for each in objects]
    tail = json.dumps(more, ensure_ascii=escaped)[1:]
    head = f' {{\n"x": {{"data": [1]}} , "data"\t: [{", ".join(texts)} ],\n "has_more" :true'
    body = f"{head}{',' * bool(more)}{tail}"
    page = parse_page(body.encode())
    assert [each.line.decode() for each in page.objects] == [f"{text}\n" for text in texts]
    assert page.has_more is True


def test_numbers_escapes_and_doubled_keys_stay_as_they_came() -> None:
    text = r'{"id":"a","f":1.0,"e":1E5,"b":123456789012345678901234567890,"s":"\u00e9\/\ud800","f":2.50}'
    page = parse_page(f'{{"data":[{text}]}}'.encode())
    assert page.objects[0].line.decode() == text + "\n"
    assert page.has_more is None


def test_an_object_over_several_lines_comes_out_on_one() -> None:
    received = parse_object(b'{\r\n  "id": "a",\n  "text": "x\\ny"\r}\n')
    assert received.line == b'{   "id": "a",   "text": "x\\ny" }\n'
    assert json.loads(received.line) == {"id": "a", "text": "x\ny"}


def test_the_last_of_two_lists_counts_as_every_parser_has_it() -> None:
    page = parse_page(b'{"data": [{"id": "a"}], "data": [{"id": "b"}]}')
    assert [each.line for each in page.objects] == [b'{"id": "b"}\n']


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b"{}", b'{"data": {}}', b'{"data": [1]}', b'{"data": [{"id": 1}]}',
        b'{"data": [{"id": ""}]}', b'{"data": [{}]}', b'{"data": [{"id": "a"}', b'{"data": [{"id": NaN}]}',
        b'{"data": [{"id": "a", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]}",
        b'{"data": [{"id": "\xff"}]}', b'{"data": [{"id": "' + b"a" * 3000 + b'"}]}',
    ],
)  # fmt: skip
def test_what_is_no_page_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_page(body)
