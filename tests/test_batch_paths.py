"""Paths: what their grammar reads, and where they lead."""

import pickle

import pytest

from graders.batch import MISSING, DottedDigits, Path


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("item", ()),
        ("item.x", ("x",)),
        ("item.snake_case.kebab-case.Z9", ("snake_case", "kebab-case", "Z9")),
        ("item._private", ("_private",)),
        ("item.facts[0].name", ("facts", 0, "name")),
        ("item[0][12]", (0, 12)),
        ("item.facts.0", ("facts", "0")),
        ("item.007", ("007",)),
        ('item["a key"]', ("a key",)),
        ("item['a key'].b", ("a key", "b")),
        ('item[""]', ("",)),
        ("item['say \"hi\"']", ('say "hi"',)),
        (r'item["a\"b"]', ('a"b',)),
        (r"item['a\'b']", ("a'b",)),
        (r'item["a\\b"]', (r"a\b",)),
        ('item["日本"]["a.b[0]"]', ("日本", "a.b[0]")),
        ('item["a\nb"]', ("a\nb",)),
        ('item["}}"]', ("}}",)),
    ],
)
def test_every_form_of_a_path_is_read(text, segments):
    path = Path.parse(text)
    assert (path.text, path.head, path.segments) == (text, "item", segments)


def test_only_digits_after_a_dot_are_dotted_digits():
    types = [type(segment) for segment in Path.parse('item.0[0].a["0"]').segments]
    assert types == [DottedDigits, int, str, str]


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".item",
        "0item",
        "item.",
        "item..x",
        "item. x",
        "item .x",
        " item",
        "item ",
        "item\n",
        "item.é",
        "item.-x",
        "item.0x",
        "item.1.5e3",
        "item[]",
        "item[-1]",
        "item[+1]",
        "item[0:2]",
        "item[*]",
        "item[ 0 ]",
        "item[0",
        "item[x]",
        "item[1.5]",
        "item[²]",
        "item.²",
        'item["a]',
        "item[\"a']",
        r'item["a\nb"]',
        r'item["\u0061"]',
        'item["a"b"]',
        "item.x()",
        "item.x | upper",
        "item.*",
        "item['a'",
        "item[" + "9" * 19 + "]",
    ],
)
def test_everything_else_is_no_path(text):
    with pytest.raises(ValueError, match=r"^not a path: .* \(a path looks like item\.facts\[0\]\.name\)$"):
        Path.parse(text)


def test_match_reads_the_longest_path_and_says_where_it_ends():
    path, end = Path.match("see item.a[0].b! now", 4)
    assert (path.text, end) == ("item.a[0].b", 15)


def test_match_gives_none_where_no_path_begins():
    assert Path.match("{item}", 0) is None
    assert Path.match("item", 4) is None


def test_a_path_survives_pickling():
    path = Path.parse('item.facts.0["k"][1]')
    again = pickle.loads(pickle.dumps(path))
    assert again == path
    assert list(map(type, again.segments)) == list(map(type, path.segments))


ROOT = {
    "item": {
        "facts": [{"name": "first"}, "second"],
        "0": "key zero",
        "items": "own items",
        "keys": "own keys",
        "get": "own get",
        "__class__": "own class",
        "null": None,
        "pair": ("left", "right"),
        "arguments": '{"symbols": ["A", "B"], "n": 1}',
        "list_text": ' [10, {"k": "v"}]',
        "twice": '{"inner": "{\\"x\\": 5}"}',
        "broken": '{"symbols": ',
        "with_nan": '{"x": NaN}',
        "number": "42",
        "word": '"text"',
        "plain": "plain",
        "a b": {"": "empty key"},
    }
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("item.facts[0].name", "first"),
        ("item.facts[1]", "second"),
        ("item.facts.1", "second"),
        ("item.facts.0.name", "first"),
        ("item.0", "key zero"),
        ('item["0"]', "key zero"),
        ("item.items", "own items"),
        ("item.keys", "own keys"),
        ("item.get", "own get"),
        ("item.__class__", "own class"),
        ("item.null", None),
        ("item.pair[1]", "right"),
        ('item["a b"][""]', "empty key"),
        ("item.arguments.symbols", ["A", "B"]),
        ("item.arguments.symbols[1]", "B"),
        ("item.list_text[0]", 10),
        ("item.list_text.1.k", "v"),
        ("item.twice.inner.x", 5),
    ],
)
def test_a_path_leads_to_its_value(text, expected):
    assert Path.parse(text).resolve(ROOT) == expected


@pytest.mark.parametrize(
    "text",
    [
        "item.absent",
        "item.facts[2]",
        "item.facts.2",
        "item.facts.name",
        'item.facts["0"]',
        "item[0]",
        "item.facts[0][0]",
        "item.null.x",
        "item.facts.append",
        "item.plain.upper",
        "item.plain[0]",
        "item.number[0]",
        "item.word[0]",
        "item.broken.symbols",
        "item.with_nan.x",
        "item.arguments.absent",
        "item.facts.count",
        "sample.output_text",
    ],
)
def test_a_path_that_leads_nowhere_is_missing(text):
    assert Path.parse(text).resolve(ROOT) is MISSING


@pytest.mark.parametrize("name", dir({}) + dir([]) + dir(""))
def test_attributes_and_methods_are_never_reached(name):
    path = Path("", "item", (name,))
    assert all(path.resolve({"item": value}) is MISSING for value in ({}, [1], "text", 1, None))
