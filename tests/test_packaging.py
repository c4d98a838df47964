"""The wheel: what is in it, and that it works where nothing else is installed."""

import importlib
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def dist(repository: Path) -> Iterator[ModuleType]:
    """The module of `make dist`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(repository / "tools")
        yield importlib.import_module("dist")


@pytest.fixture(scope="session")
def wheel(dist: ModuleType, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built: Path = dist.built(dist.copied_tree(repository, folder / "tree"), folder / "dist", "wheel")
    return built


def test_the_package_list_is_the_tree(repository: Path) -> None:
    listed = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {
        ".".join(path.parent.relative_to(repository).parts)
        for path in (repository / "graders").rglob("__init__.py")
    }
    assert sorted(listed) == sorted(found | {"graders.templates"})


def test_the_wheel_holds_every_data_file_and_licence(wheel: Path, repository: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"graders/templates/{path.relative_to(repository / 'templates')}"
        for path in (repository / "templates").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected |= {
        str(path.relative_to(repository))
        for path in (repository / "graders").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected <= names
    assert any(name.endswith("dist-info/licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("templates/", "tests/", "tools/"))]


def test_the_wheel_is_small(wheel: Path, dist: ModuleType) -> None:
    assert wheel.stat().st_size <= dist.MOST_BYTES


def test_every_extra_that_a_feature_needs_is_tried(repository: Path, dist: ModuleType) -> None:
    extras = tomllib.loads((repository / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(extras) == dist.NEEDS.keys() | dist.NO_FEATURE


@pytest.mark.long
def test_the_wheel_works_alone_and_names_each_missing_extra(
    wheel: Path, dist: ModuleType, tmp_path: Path
) -> None:
    python = dist.fresh(tmp_path / "environment", wheel)
    dist.try_minimal(python, tmp_path)
    for extra in dist.NEEDS.keys() - dist.AFTER.keys():
        dist.try_extra(python, tmp_path, extra)
