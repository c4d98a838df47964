"""Files as they come: blank lines, marks, long lines; what is counted, and what a finding names."""

import json
from pathlib import Path
from typing import Any

import pytest

from graders.errors import DataError
from graders.fine_tuning.digests import digest_of
from graders.fine_tuning.files import FileCheck, read_rows
from graders.fine_tuning.findings import MOST_PLACES, Collected

ROW = {"messages": [{"role": "user", "content": "12345"}], "answer": "a"}


def check(path: Path, method: Any = "reinforcement", role: str = "training") -> tuple[Any, Collected]:
    found = Collected()
    return FileCheck(path, role, method, found).run(), found


def test_lines_are_numbered_as_an_editor_numbers_them(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n\r\n\n{"a": 2}\n{')
    assert [(row.number, row.line) for row in read_rows(path)] == [(0, 1), (1, 4), (2, 5)]


def test_characters_messages_and_rows_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text((json.dumps(ROW) + "\n") * 3 + "[]\n", encoding="utf-8")
    report, _ = check(path)
    about = report.to_dict()
    assert (about["rows"], about["unreadable"], about["messages"]) == (4, 1, 3)
    assert about["characters"]["total"] == 15
    assert about["characters"]["max"] == 5.0


def test_a_finding_names_the_first_lines_and_counts_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("[]\n" * 20, encoding="utf-8")
    _, found = check(path)
    (finding,) = [each for each in found.findings() if each.kind == "row_unreadable"]
    assert finding.count == 20
    assert [place.line for place in finding.places] == [1, 2, 3, 4, 5][:MOST_PLACES]


def test_a_file_whose_faults_are_all_different_does_not_fill_the_report(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"messages": [{"role": "assistant", "content": "x"}], f"field{n}": 1} for n in range(500)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    _, found = check(path, "supervised")
    unknown = [each for each in found.findings() if each.kind == "row_unknown_field"]
    assert len(unknown) < 50
    assert sum(each.count for each in unknown) == 500


@pytest.mark.parametrize(("role", "most"), [("training", 50_000), ("validation", 1_000)])
def test_reinforcement_takes_so_many_rows(tmp_path: Path, role: str, most: int) -> None:
    path = tmp_path / "a.jsonl"
    for extra, refused in ((0, False), (1, True)):
        line = json.dumps({"messages": [{"role": "user", "content": "x"}]}) + "\n"
        path.write_text(line * (most + extra), encoding="utf-8")
        _, found = check(path, role=role)
        assert ("too_many_rows" in {each.kind for each in found.findings()}) is refused


def test_a_file_that_is_none_is_a_finding(tmp_path: Path) -> None:
    _, found = check(tmp_path / "none.jsonl")
    assert [each.kind for each in found.findings()] == ["file_unreadable"]
    with pytest.raises(DataError):
        list(read_rows(tmp_path / "none.jsonl"))


def test_the_order_of_keys_does_not_change_a_digest() -> None:
    assert digest_of({"a": 1, "b": [1, {"c": 2, "d": 3}]}) == digest_of({"b": [1, {"d": 3, "c": 2}], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": "1"})
    assert digest_of({"a": 10**30}) == digest_of({"a": 10**30})


def kinds_of(path: Path, rows: list[Any], method: Any = "reinforcement") -> dict[str, list[Any]]:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    _, found = check(path, method)
    return {each.kind: [(place.path, place.line) for place in each.places] for each in found.findings()}


def test_rows_without_messages_do_not_ask_the_same(tmp_path: Path) -> None:
    rows: list[Any] = [{"answer": "a"}, {"answer": "b"}, {"messages": [], "answer": "c"}, {"messages": 1}]
    assert set(kinds_of(tmp_path / "a.jsonl", rows)) == {"row_shape", "too_few_rows"}


def test_a_long_row_is_named_at_a_place_that_it_has(tmp_path: Path) -> None:
    long = [{"role": "assistant", "content": "x " * 150_000}]
    row = {"input": {"messages": ROW["messages"]}, "preferred_output": long, "non_preferred_output": long}
    assert kinds_of(tmp_path / "a.jsonl", [row], "dpo")["row_long"] == [("$", 1)]


def test_rows_nested_as_deeply_as_can_be_read_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    deep = '{"messages": [{"role": "user", "content": "x"}], "a": ' + '{"b":' * 990 + "1" + "}" * 991
    path.write_text(f"{deep}\n{deep}\n", encoding="utf-8")
    report, found = check(path)
    assert report.unreadable == 0
    assert "rows_duplicate" in {each.kind for each in found.findings()}


def test_digests_of_what_the_fast_writer_refuses_do_not_depend_on_the_order_of_keys() -> None:
    assert digest_of({"a": 10**30, "b": "\ud800"}) == digest_of({"b": "\ud800", "a": 10**30})
    assert digest_of([[10**30], []]) != digest_of([[10**30, []]])


def test_the_length_of_the_preferred_answer_is_a_statistic(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    pairs = [("long", "a"), ("b", "long"), ("long", "c"), ("same", "four")]
    outputs = [[[{"role": "assistant", "content": text}] for text in pair] for pair in pairs]
    rows = [
        {"input": {"messages": ROW["messages"]}, "preferred_output": better, "non_preferred_output": worse}
        for better, worse in outputs
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    report, _ = check(path, "dpo")
    assert report.to_dict()["preferred_longer"] == pytest.approx(2 / 3)
