"""The ready-made graders, by name."""

import json

import pytest

from graders import ConfigError, catalog, load_grader
from graders.judges.scripted import ScriptedJudge


def test_every_ready_made_grader_is_listed_in_order(repository):
    expected = sorted(path.parent.name for path in (repository / "templates").glob("*/grader.json"))
    assert [grader.name for grader in catalog.ready_made()] == expected
    assert expected


@pytest.mark.parametrize("grader", list(catalog.ready_made()), ids=lambda grader: grader.name)
def test_a_ready_made_grader_has_a_document_rows_and_a_summary(grader):
    assert catalog.find(grader.name) == grader
    assert json.loads(grader.text("grader.json"))["name"] == grader.name
    assert grader.items.is_file()
    assert grader.summary
    assert "\n" not in grader.summary


@pytest.mark.parametrize("grader", list(catalog.ready_made()), ids=lambda grader: grader.name)
def test_a_ready_made_grader_loads_without_a_warning(grader, confinement):
    source = f"template:{grader.name}"
    loaded = load_grader(source, judge=ScriptedJudge([]), embedder="lexical", confinement=confinement)
    assert loaded.warnings == ()


@pytest.mark.parametrize("name", ["", "exact", "EXACT_MATCH", "../templates", "exact_match/", "__init__.py"])
def test_an_unknown_name_lists_those_there_are(name):
    names = ", ".join(grader.name for grader in catalog.ready_made())
    with pytest.raises(ConfigError) as caught:
        catalog.find(name)
    assert str(caught.value) == f"template:{name}: no ready-made grader {name!r}; there are {names}"


def test_without_an_install_the_command_that_installs_is_named(monkeypatch):
    def not_there(package):
        raise ModuleNotFoundError(package)

    monkeypatch.setattr(catalog, "files", not_there)
    with pytest.raises(ConfigError, match=r"install the project: pip install -e \.$"):
        catalog.find("exact_match")
