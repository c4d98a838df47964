"""`graders grade`: one row, answered as the hosted service answers."""

import json
import re
from pathlib import Path

import pytest

HIT = ("--item", '{"answer": "Paris"}', "--sample", "Paris")


def test_it_prints_the_hosted_body(graders):
    done = graders("grade", "grader.json", *HIT)
    body = json.loads(done.stdout)
    assert (done.exit_code, done.stderr) == (0, "")
    assert list(body) == ["reward", "metadata", "sub_rewards", "model_grader_token_usage_per_model"]
    assert body["reward"] == 1.0
    assert list(body["metadata"]) == [
        *("name", "type", "errors", "execution_time", "scores", "token_usage", "sampled_model_name")
    ]
    assert (body["metadata"]["name"], body["metadata"]["type"]) == ("exact", "string_check")
    assert len(body["metadata"]["errors"]) == 24
    assert not any(body["metadata"]["errors"].values())


def test_json_is_one_line(graders):
    assert len(graders("grade", "grader.json", *HIT, "--json").stdout.splitlines()) == 1


def test_who_gives_no_sample_is_told_how(graders):
    done = graders("grade", "grader.json", "--item", '{"answer": "Paris"}')
    assert done.exit_code == 3
    assert "hint: the grader reads the sample; --sample gives it one" in done.stderr


def test_a_grader_without_a_name_gets_one(graders):
    document = json.loads(Path("grader.json").read_text())
    del document["name"]
    names = [
        json.loads(graders("grade", "-", *HIT, stdin=json.dumps(document)).stdout)["metadata"]["name"]
        for _ in range(2)
    ]
    assert all(re.fullmatch(r"grader-[A-Za-z0-9]{12}", name) for name in names)
    assert names[0] != names[1]


def test_a_failed_row_is_zero_with_a_flag_and_named_on_stderr(graders):
    done = graders("grade", "grader.json", "--sample", "x")
    body = json.loads(done.stdout)
    assert (done.exit_code, body["reward"]) == (3, 0.0)
    assert {key for key, value in body["metadata"]["errors"].items() if value} == {
        *("invalid_variable_error", "invalid_variable_error_details")
    }
    assert done.stderr.startswith("row error: exact: invalid_variable_error: Variable 'item.answer'")


def test_item_and_sample_come_from_files(graders):
    Path("item.json").write_text('\ufeff{"answer": "Pa\\nris"}', encoding="utf-8")
    Path("sample.txt").write_text("Pa\nris")
    done = graders("grade", "grader.json", "--item", "@item.json", "--sample", "@sample.txt")
    assert json.loads(done.stdout)["reward"] == 1.0


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ('{"output_text": "Paris"}', 1.0),
        ('{"choices": [{"message": {"content": "Paris"}}]}', 1.0),
        ('{"answer": "Paris"}', 0.0),
        ('"Paris"', 0.0),
        ("", 0.0),
    ],
)
def test_a_sample_object_is_one_that_can_be_nothing_else(graders, sample, expected):
    done = graders("grade", "grader.json", "--item", '{"answer": "Paris"}', "--sample", sample)
    assert (json.loads(done.stdout)["reward"], done.exit_code) == (expected, 0)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--item", "{"], "--item is not JSON: expecting property name"),
        (["--item", ""], "--item is not JSON: expecting value at line 1 column 1"),
        (["--item", '{"a": NaN}'], "--item is not JSON: NaN is not JSON"),
        (["--item", "[1]"], "--item: expected an object; got an array"),
        (["--item", "@none.json"], "none.json: no such file or directory"),
        (["--item", "@latin.txt"], "latin.txt: not UTF-8"),
        (["--item", "@."], ".: is a directory"),
        (["--sample", "@none.txt"], "none.txt: no such file or directory"),
        (["--sample", "@latin.txt"], "latin.txt: not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_named(graders, arguments, expected):
    Path("latin.txt").write_bytes(b"\xe9")
    done = graders("grade", "grader.json", *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {expected}")


def test_the_parts_of_a_multi_are_named(graders):
    part = json.loads(Path("grader.json").read_text())
    multi = {"type": "multi", "name": "m", "graders": {"a": part, "b": part | {"reference": "{{item.b}}"}}}
    done = graders("grade", "-", *HIT, stdin=json.dumps(multi | {"calculate_output": "(a + b) / 2"}))
    body = json.loads(done.stdout)
    assert (body["reward"], body["sub_rewards"], done.exit_code) == (0.5, {"a": 1.0, "b": 0.0}, 3)
    assert done.stderr.startswith("row error: b: invalid_variable_error")
