"""`graders templates`: list, show and copy."""

import json
from pathlib import Path

import pytest

from graders.catalog import ready_made

NAMES = [each.name for each in ready_made()]


def test_list_names_every_ready_made_grader(graders):
    shown = graders("templates", "list").stdout
    assert [name for name in NAMES if f"\n{name} " not in shown] == []


def test_list_as_json_is_one_object(graders):
    found = json.loads(graders("templates", "list", "--json").stdout)["templates"]
    assert [each["name"] for each in found] == NAMES
    assert all(each["summary"] and each["type"] for each in found)


@pytest.mark.parametrize("name", NAMES)
def test_show_prints_what_it_is_for_and_the_document(graders, name):
    shown = graders("templates", "show", name).stdout
    found = json.loads(graders("templates", "show", name, "--json").stdout)
    assert shown.startswith(f"# {name}\n")
    assert found["name"] == name
    assert found["readme"].startswith(f"# {name}\n")
    assert json.loads(shown[shown.rindex("\n{\n") :]) == found["grader"]


def test_copy_makes_a_folder_that_can_be_run(graders):
    done = graders("templates", "copy", "exact_match")
    assert (done.stdout, done.exit_code) == ("exact_match\n", 0)
    assert {file.name for file in Path("exact_match").iterdir()} >= {
        "README.md",
        "grader.json",
        "items.jsonl",
    }
    run = graders("run", "exact_match/grader.json", "exact_match/items.jsonl", "--quiet", "--allow-errors")
    assert run.exit_code == 0


def test_copy_makes_the_folder_that_is_named(graders):
    assert graders("templates", "copy", "exact_match", "below/here").stdout == "below/here\n"
    assert Path("below/here/grader.json").exists()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_copy_refuses_what_is_there(graders, kind):
    target = Path("exact_match")
    if kind == "folder":
        target.mkdir()
    else:
        target.write_text("mine")
    done = graders("templates", "copy", "exact_match")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "error: exact_match: exists already\n"
    assert target.is_file() == (kind == "file")


def test_copy_below_a_file_is_refused(graders):
    Path("file").write_text("mine")
    done = graders("templates", "copy", "exact_match", "file/here")
    assert (done.exit_code, done.stderr) == (1, "error: file/here: not a directory\n")


@pytest.mark.parametrize("command", ["show", "copy"])
@pytest.mark.parametrize("name", ["none", "../templates", "", "__pycache__"])
def test_an_unknown_name_names_those_that_are_there(graders, command, name):
    done = graders("templates", command, name)
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"no ready-made grader {name!r}; there are {', '.join(NAMES)}" in done.stderr
