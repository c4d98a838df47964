"""Template strings: what is a placeholder, how values become text, and what a template warns about."""

import json
import pickle
import re
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.batch import Batch, Path
from graders.errors import Failure
from graders.render import parse_template


def render(text, item=None, sample=None):
    """Render one row: its text, or the failure in its place."""
    texts, failures = parse_template(text).render(Batch([item or {}], [sample]))
    return failures.get(0, texts[0])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        ("", ""),
        (" \t not trimmed \n", " \t not trimmed \n"),
        ('quotes " and \\ stay', 'quotes " and \\ stay'),
        ("\ud800 é 日本 😀", "\ud800 é 日本 😀"),
        (1, "1"),
        (-7, "-7"),
        (2**80, str(2**80)),
        (1.0, "1.0"),
        (0.1, "0.1"),
        (-0.0, "-0.0"),
        (1e16, "1e+16"),
        (1e-7, "1e-07"),
        (0.1 + 0.2, "0.30000000000000004"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        ([], "[]"),
        ({}, "{}"),
        ([1, "a", None, [True]], '[1, "a", null, [true]]'),
        ({"b": 1, "a": {"é": "日本"}}, '{"b": 1, "a": {"é": "日本"}}'),
        ((1, 2), "[1, 2]"),
        (OrderedDict(z=1, a=2), '{"z": 1, "a": 2}'),
    ],
)
def test_every_kind_of_value_has_its_text(value, expected):
    assert render("{{item.x}}", {"x": value}) == expected
    assert render("<{{item.x}}>", {"x": value}) == f"<{expected}>"


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {1, 2}, b"bytes", {"a": object()}, 1j])
def test_a_value_that_json_has_no_word_for_fails_its_row(value):
    failure = render("{{item.x}}", {"x": value})
    assert failure.reason == "not_renderable"
    assert failure.detail.startswith("The value cannot be written as JSON: ")
    assert failure.detail != "The value cannot be written as JSON: None."
    (text,), _ = parse_template("<{{item.x}}>").render(Batch([{"x": value}], [None]))
    assert text == ""


def test_a_value_that_is_nested_too_deeply_fails_its_row():
    value = []
    for _ in range(100_000):
        value = [value]
    expected = Failure("not_renderable", "The value cannot be written as JSON: nested too deeply.")
    assert render("{{item.x}}", {"x": value}) == expected


@pytest.mark.parametrize(
    "template", ["{{item.x}}", "{{ item.x }}", "{{\titem.x\n}}", "{{item.x }}", "{{\r\n item.x}}"]
)
def test_blanks_inside_the_braces_do_not_matter(template):
    assert render(template, {"x": "v"}) == "v"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", ""),
        ("no placeholder", "no placeholder"),
        ("{{item.x}}{{item.y}}", "XY"),
        ("{{item.x}} and {{item.x}}", "X and X"),
        ("{{item}}", '{"x": "X", "y": "Y", "list": [{"k": "K"}]}'),
        ("{{item.list[0].k}}{{item.list.0.k}}{{item['list'][0][\"k\"]}}", "KKK"),
        ("{{sample.output_text}}", '{"a": [5]}'),
        ("{{sample.output_json.a[0]}}", "5"),
        ("{{sample.output_json}}", '{"a": [5]}'),
        ("{{sample.output_tools}}", "[]"),
        ("{{sample.output_reasoning_summary}}", "null"),
        ("{{sample.choices[0].message.role}}", "assistant"),
    ],
)
def test_placeholders_are_replaced(template, expected):
    item = {"x": "X", "y": "Y", "list": [{"k": "K"}]}
    assert render(template, item, '{"a": [5]}') == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("}}}", "}}}"),
        ("}}.", "}}."),
        ("{", "{"),
        ("{{", "{{"),
        ("}}{{", "}}{{"),
        ("{{}}", "{{}}"),
        ("{{{}}}", "{{{}}}"),
        ("{{item.x}}}}", "X}}"),
        ("{{item.x}\n", "{{item.x}\n"),
        ("{{{item.x}}}", "{X}"),
        ("{{{{item.x}}}}", "{{X}}"),
        ("{{{{{item.x}}}}}", "{{{X}}}"),
        ("{{{{item.x", "{{{{item.x"),
        ("{ {item.x}}", "{ {item.x}}"),
        ("{{item.x} }", "{{item.x} }"),
        ("{{ {{item.x}} }}", "{{ X }}"),
        ("{{item.{{item.x}}}}", "{{item.X}}"),
        ('{"a":{{item.x}}}', '{"a":X}'),
        ('{"a":{"b":{{item.x}}}}', '{"a":{"b":X}}'),
        ('{{"a":1}}', '{{"a":1}}'),
        (r"\frac{{item.x}}{{{item.x}}}", r"\fracX{X}"),
        ("{{ x | upper }}", "{{ x | upper }}"),
        ("{% if item.x %}", "{% if item.x %}"),
        ("{# item.x #}", "{# item.x #}"),
        ("{{item.x()}}", "{{item.x()}}"),
        ("{{item.x + 1}}", "{{item.x + 1}}"),
        ("{{item['}}']}}", "braces"),
    ],
)
def test_in_a_run_of_braces_the_last_two_open_and_the_first_two_close(template, expected):
    assert render(template, {"x": "X", "}}": "braces"}) == expected


def test_what_a_placeholder_puts_in_is_not_read_again():
    item = {"x": "{{item.secret}}", "open": "{{item.sec", "close": "ret}}", "secret": "S"}
    assert render("{{item.x}}", item) == "{{item.secret}}"
    assert render("{{item.open}}{{item.close}}", item) == "{{item.secret}}"
    assert render("{{{{item.x}}}}", item) == "{{{{item.secret}}}}"


@pytest.mark.parametrize("literal", ["%", "%%", "%s", "%(x)s", "100 %d", "{0}", "{x}", "$x", "\\n", "\0"])
def test_no_character_of_a_literal_is_special(literal):
    assert render(f"{literal}{{{{item.x}}}}{literal}", {"x": literal}) == literal * 3
    assert render(literal) == literal


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{{item.absent}}", "item.absent"),
        ("a {{ item.x.y }} b", "item.x.y"),
        ("{{item.list[3]}}", "item.list[3]"),
        ("{{item.X}}", "item.X"),
        ("{{sample.output_text}}", "sample.output_text"),
        ("{{sample}}", "sample"),
        ("{{item.x}}{{item.first}}{{item.second}}", "item.first"),
    ],
)
def test_a_missing_variable_fails_the_row_and_is_named(template, name):
    expected = Failure("missing_variable", f"Variable '{name}' was not found.")
    assert render(template, {"x": "X", "list": [1]}) == expected


@pytest.mark.parametrize(
    "template", ["{{item.x}}", "a{{item.x}}", "{{item.x}}{{item.x}}", "{{item.x}}, {{item.x}}"]
)
def test_rows_of_texts_are_put_together_without_a_look_at_each_value(template, monkeypatch):
    batch = Batch([{"x": "1"}, {"x": "2"}], ["", ""])
    expected = [template.replace("{{item.x}}", value) for value in "12"]
    monkeypatch.setattr("graders.render._json_text", None)
    assert parse_template(template).render(batch) == (expected, {})


def test_one_failed_row_leaves_the_others_alone():
    batch = Batch([{"x": "a"}, {}, {"x": None}], ["", None, ""])
    texts, failures = parse_template("<{{item.x}}>").render(batch)
    assert texts == ["<a>", "", "<null>"]
    assert list(failures) == [1]


def test_an_unreadable_row_fails_even_where_the_template_reads_nothing():
    reason = Failure("malformed_json", "line 2")
    batch = Batch([{}, None], [None, None], {1: reason})
    assert parse_template("constant").render(batch) == (["constant", ""], {1: reason})
    assert parse_template("{{item}}").render(batch) == (["{}", ""], {1: reason})


def test_a_batch_of_no_rows_gives_no_texts():
    for template in ("", "constant", "{{item.x}}", "a {{item.x}}"):
        assert parse_template(template).render(Batch([], [])) == ([], {})


@pytest.mark.parametrize("path", ["foo.bar", "reference_answer", "items.x", "Item.x", "samples", "x[0]", "_"])
def test_a_path_into_an_unknown_namespace_is_a_problem(path):
    template = parse_template(f"{{{{item.x}}}} {{{{ {path} }}}}")
    assert template.problems == (f"expected a path that begins with item or sample; got '{path}'",)


def test_every_problem_of_a_template_is_named():
    assert len(parse_template("{{a}}{{b}}{{item.x}}{{c}}").problems) == 3


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{item.x", "{{item.x"),
        ("{{item.x}", "{{item.x}"),
        ("{item.x}}", "{item.x}}"),
        ("{item.x}", "{item.x}"),
        ("{{item[-1]}}", "{{item[-1]}}"),
        ("{{item.x[0:2]}}", "{{item.x[0:2]}}"),
        ("{{sample.output_text | trim}}", "{{sample.output_text | trim}}"),
        ("{{ item.two words }}", "{{ item.two words }}"),
        ("{{item.}}", "{{item.}}"),
        ("{{sample.output_json.é}}", "{{sample.output_json.é}}"),
        ("{{item.{{item.x}}}}", "{{item."),
    ],
)
def test_a_near_miss_stays_as_it_is_written_and_is_warned_about(template, shown):
    parsed = parse_template(template)
    assert parsed.warnings == (f"{shown!r} is not a placeholder and stays as it is written",)
    assert parsed.problems == ()


@pytest.mark.parametrize(
    "template",
    [
        "",
        "{{item.x}}",
        "{{{item.x}}}",
        '{"a":{{item.x}}}',
        "{{}}",
        '{{"a": 1}}',
        "{{ x | upper }}",
        "an item",
        "{items}",
    ],
)
def test_what_is_no_near_miss_is_not_warned_about(template):
    assert parse_template(template).warnings == ()


@pytest.mark.parametrize("path", ["sample.output", "sample.text", "sample['output text']", "sample[0]"])
def test_an_unknown_key_of_the_sample_is_warned_about(path):
    (warning,) = parse_template(f"{{{{{path}}}}}").warnings
    assert warning.startswith("the sample has no key ")
    assert "output_text, output_json, output_tools" in warning


@pytest.mark.parametrize(
    "path", ["sample", "sample.output_text", "sample.model", "sample.input_tools[0].name"]
)
def test_a_known_key_of_the_sample_is_not_warned_about(path):
    assert parse_template(f"{{{{{path}}}}}").warnings == ()


def test_the_paths_of_a_template_come_in_their_order():
    template = parse_template("a {{item.x}} b {{sample.output_text}}{{item.x}}")
    assert [path.text for path in template.paths] == ["item.x", "sample.output_text", "item.x"]


def test_only_what_is_written_is_a_piece_of_a_template():
    assert parse_template("").pieces == ()
    assert parse_template("{{item.x}}{{item.y}}").pieces == parse_template("{{item.x}}{{item.y}}").paths
    assert [type(piece) for piece in parse_template("a{{item.x}}b").pieces] == [str, Path, str]


def test_a_template_survives_pickling():
    template = parse_template("a {{item.x.0}} {{sample.output}} {{item[}}")
    assert pickle.loads(pickle.dumps(template)) == template


@pytest.mark.parametrize("prefix", ["", "{{", "{{item['", "{item"])
@pytest.mark.parametrize(
    "unit", ["{", "}", "{{ ", "{{item.", "{{item['", "{{item['\\", "{{item[\"'", "{item ", "[0]", "%s"]
)
def test_a_hostile_template_comes_back_as_it_is(unit, prefix):
    template = prefix + unit * (200_000 // len(unit))
    comes_back = render(template) == template
    assert comes_back


@pytest.mark.parametrize("blank", [" ", "\n", "\t"])
def test_a_placeholder_lost_in_blanks_is_found(blank):
    blanks = blank * 500_000
    assert render(f"{{{{{blanks}item.x{blanks}}}}}", {"x": "X"}) == "X"
    assert render("{{" + blanks) == "{{" + blanks


def test_a_long_path_is_followed():
    assert render("{{item" + "[0]" * 100_000 + "}}").reason == "missing_variable"


ITEM = {"a": "A", "b-c": ["zero", {"d": "{{item.a}}"}], "e": None, "0": "nought", "f": "%s"}
BRACES = ["{", "{{", "{{{", "}", "}}", "}}}"]
PLACEHOLDERS = ["{{item.a}}", "{{ item.0 }}", "{{{item.f}}}", "{{\nitem.b-c[1]}}"]
PATHS = ["item", "item.a", "item.b-c", "item.e", "item.f", "item.absent", "sample.output_text"]
SEGMENTS = ["[0]", "[1].d", ".0", "[-1]"]
TOKENS = st.sampled_from([*BRACES, *PLACEHOLDERS, *PATHS, *SEGMENTS, " ", "\n", "%", "text", "|"])
PATH = re.compile(r"(item|sample)((\.([A-Za-z_][A-Za-z0-9_-]*|[0-9]+)|\[[0-9]+\])*)")


def naive_value(path):
    """Look up a path in ITEM, or in a sample whose text is `S`; None where it leads nowhere."""
    value = ITEM if path.startswith("item") else {"output_text": "S"}
    for step in re.findall(r"\.[^.\[]+|\[\d+\]", path):
        name, known = step.strip(".[]"), {}
        if isinstance(value, list):
            known = {str(index): entry for index, entry in enumerate(value)}
        elif isinstance(value, dict) and step.startswith("."):
            known = value
        if name not in known:
            return None
        value = known[name]
    return value if isinstance(value, str) else json.dumps(value)


def naive_placeholder(text, start):
    """Find the shortest placeholder that begins at `start`: its path and its end."""
    for end in range(start + 4, len(text) + 1):
        inner = text[start + 2 : end - 2].strip(" \n")
        if text[start:].startswith("{{") and text[:end].endswith("}}") and PATH.fullmatch(inner):
            return inner, end
    return None


def naive_render(text):
    """Render character by character; None where a variable is missing."""
    written, at = "", 0
    while at < len(text):
        found = naive_placeholder(text, at)
        if found is None:
            written, at = written + text[at], at + 1
            continue
        value = naive_value(found[0])
        if value is None:
            return None
        written, at = written + value, found[1]
    return written


@given(text=st.lists(TOKENS, max_size=12).map("".join))
def test_rendering_equals_the_naive_twin(text):
    template = parse_template(text)
    if template.problems:
        return
    actual = render(text, ITEM, {"output_text": "S", "choices": []})
    assert (None if isinstance(actual, Failure) else actual) == naive_render(text)


@given(literals=st.lists(st.text(alphabet="0{} %\n", max_size=6), min_size=1, max_size=5))
def test_a_template_is_its_literals_with_the_value_between_them(literals):
    template = parse_template("{{item.x}}".join(literals))
    assert template.problems == ()
    expected = "\0".join(literals)
    assert render(template.text, {"x": "\0"}) == expected


@given(text=st.text(alphabet="ab{}. %[]'\"\\\n", max_size=40))
def test_a_template_without_a_placeholder_is_rendered_as_it_is(text):
    template = parse_template(text)
    if not template.paths:
        assert render(text) == text
