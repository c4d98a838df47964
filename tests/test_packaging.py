"""The wheel: what is in it, and that it works where nothing else is installed."""

import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel of a copy of the tracked tree, so that nothing left lying about gets in."""
    copy, folder = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=repository, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (repository / name).is_file():
            target.write_bytes((repository / name).read_bytes())
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(copy)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return next(folder.glob("*.whl"))


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


def test_the_wheel_works_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    run = tmp_path / "env" / "bin"
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run([str(run / "python"), *install], check=True, capture_output=True, text=True)
    listed = subprocess.run(
        [str(run / "graders"), "templates", "list"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "gsm8k" in listed.stdout
    graded = subprocess.run(
        [str(run / "graders"), "run", "template:gsm8k", "template:gsm8k", "--limit", "50", "-o", "out"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "50 rows, 50 scored" in graded.stdout
    smoke = (
        "from graders.metrics import METRICS\n"
        "text = ['The cat sat on the mat.\\nIt was 5% wet.']\n"
        "text_metrics = [m for m in METRICS.values() if not m.needs_embedder]\n"
        "print({m.name: float(m.function(text, text)[0]) for m in text_metrics})"
    )
    done = subprocess.run(
        [str(run / "python"), "-c", smoke], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "'meteor': 0.99" in done.stdout
