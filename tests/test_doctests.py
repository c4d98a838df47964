"""The examples in docstrings run."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import graders

PACKAGE = Path(graders.__file__).parent
WITH_EXAMPLES = [path for path in sorted(PACKAGE.rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=name_of)
def test_the_examples_of_a_module_run(path: Path) -> None:
    found = doctest.testmod(import_module(name_of(path)))
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("name", ["Grader", "Options", "evaluate", "load_grader"])
def test_where_users_begin_there_is_an_example(name: str) -> None:
    assert ">>> " in getattr(graders, name).__doc__
