"""Where a grader document may come from, and what is said where nothing usable is there."""

import json
from pathlib import Path
from types import MappingProxyType

import pytest
from pydantic import BaseModel

from graders import load_grader
from graders.compile import read_source
from graders.config import load
from graders.errors import ConfigError

DOCUMENT = {
    "type": "string_check",
    "name": "é日",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
    "x-extra": [1, 1.0, None],
}
TEXT = json.dumps(DOCUMENT, ensure_ascii=False, indent=2)


class ClientModel(BaseModel, extra="allow"):
    """Stands for a grader of the official client: a pydantic model of somebody else."""

    type: str
    name: str
    input: str
    reference: str
    operation: str
    unset: str | None = None


def problem_of(source):
    with pytest.raises(ConfigError) as caught:
        read_source(source)
    (problem,) = caught.value.problems
    return problem


def written(folder, data):
    path = folder / "grader.json"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_a_file_is_read(tmp_path):
    path = written(tmp_path, TEXT)
    assert read_source(path) == DOCUMENT
    assert read_source(str(path)) == DOCUMENT


def test_a_relative_path_is_read(tmp_path, monkeypatch):
    written(tmp_path, TEXT)
    monkeypatch.chdir(tmp_path)
    assert read_source("grader.json") == read_source(Path("grader.json")) == DOCUMENT


def test_a_byte_order_mark_is_passed_over_in_files_and_in_text(tmp_path):
    assert read_source(written(tmp_path, b"\xef\xbb\xbf" + TEXT.encode())) == DOCUMENT
    assert read_source("\ufeff" + TEXT) == DOCUMENT


@pytest.mark.parametrize("text", [TEXT, f"\n  {TEXT}\n"])
def test_json_text_is_read(text):
    assert read_source(text) == DOCUMENT


@pytest.mark.parametrize("mapping", [DOCUMENT, MappingProxyType(DOCUMENT)])
def test_a_mapping_is_taken_as_it_is(mapping):
    assert read_source(mapping) == DOCUMENT


def test_a_config_is_dumped():
    assert read_source(load(DOCUMENT)) == DOCUMENT


def test_an_object_of_the_official_client_is_dumped_without_what_was_not_set():
    assert read_source(ClientModel(**DOCUMENT)) == DOCUMENT


def test_every_source_makes_the_same_grader(tmp_path):
    sources = [TEXT, written(tmp_path, TEXT), DOCUMENT, load(DOCUMENT), ClientModel(**DOCUMENT)]
    with pytest.warns(UserWarning, match="x-extra"):
        graders = [load_grader(source) for source in sources]
    assert all(grader == graders[0] for grader in graders)


def test_a_ready_made_grader_is_found_by_name(repository):
    expected = json.loads((repository / "templates/exact_match/grader.json").read_text())
    assert read_source("template:exact_match") == expected


def test_an_unknown_ready_made_grader_lists_those_there_are():
    problem = problem_of("template:exact")
    assert problem.path == "template:exact"
    assert problem.message.startswith("no ready-made grader 'exact'; there are ")
    assert "exact_match, " in problem.message


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "none.json"
    assert str(problem_of(path)) == str(problem_of(str(path))) == f"{path}: no such file"


def test_a_folder_is_no_grader(tmp_path):
    assert problem_of(tmp_path).message == "cannot be read: Is a directory"


def test_a_name_that_no_file_can_have_is_no_crash():
    assert "not a path: embedded null byte" in str(problem_of("a\0b"))
    assert "File name too long" in str(problem_of("x" * 10_000))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"type": "multi",\n  "name": }', "not JSON: expecting value at line 2 column 11"),
        ('{"type": "multi"', "not JSON: expecting ',' delimiter at line 1 column 17"),
        (
            "{'type': 'multi'}",
            "not JSON: expecting property name enclosed in double quotes at line 1 column 2",
        ),
        ('{"pass_threshold": NaN}', "not JSON: NaN is not JSON"),
        ('{"a": 1, "b": {"a": 1, "a": 2}}', "not JSON: key 'a' stands twice in one object"),
        ("[" * 100_000, "not JSON: nested too deeply"),
    ],
)
def test_wrong_json_is_named_with_line_and_column(tmp_path, text, expected):
    path = written(tmp_path, text)
    assert str(problem_of(path)) == f"{path}: {expected}"
    assert str(problem_of(text)) == f"the grader: {expected}"


@pytest.mark.parametrize("data", [b"", b" \n"])
def test_an_empty_file_is_not_json(tmp_path, data):
    assert problem_of(written(tmp_path, data)).message.startswith("not JSON: expecting value at line ")


@pytest.mark.parametrize("data", [b'{"name": "\xff"}', '{"type": "multi"}'.encode("utf-16")])
def test_a_file_that_is_not_utf8_says_so(tmp_path, data):
    assert problem_of(written(tmp_path, data)).message.startswith("not UTF-8: invalid start byte at byte ")


@pytest.mark.parametrize(
    ("source", "kind"), [(5, "int"), (None, "NoneType"), (b"{}", "bytes"), (ClientModel, "ModelMetaclass")]
)
def test_anything_else_is_refused_by_its_type(source, kind):
    assert problem_of(source).message == f"expected a path, JSON text or a mapping; got {kind}"


def test_an_object_that_is_nested_too_deeply_or_holds_itself_is_refused():
    deep = []
    for _ in range(10_000):
        deep = [deep]
    endless = dict(DOCUMENT)
    endless["x-extra"] = endless
    for source in ({**DOCUMENT, "x-extra": deep}, endless, deep):
        assert str(problem_of(source)) == "$: nested too deeply"


def test_json_that_is_no_grader_is_refused_when_it_is_loaded():
    with pytest.raises(ConfigError, match=r"^\$\[0\]: expected a grader, an object; got 1$"):
        load_grader("[1]")


def test_several_graders_may_come_as_a_list_a_tuple_or_a_map_of_any_of_these():
    assert read_source([DOCUMENT, load(DOCUMENT)]) == [DOCUMENT, DOCUMENT]
    assert read_source((ClientModel(**DOCUMENT),)) == [DOCUMENT]
    assert read_source({"one": load(DOCUMENT), "two": ClientModel(**DOCUMENT)}) == {
        "one": DOCUMENT,
        "two": DOCUMENT,
    }
