"""The notebook runs from top to bottom in a kernel of its own, and shows what is stored in it."""

import json
from pathlib import Path
from typing import Any

import pytest

nbclient = pytest.importorskip("nbclient", reason="needs nbclient and ipykernel")
nbformat = pytest.importorskip("nbformat", reason="needs nbclient and ipykernel")


def outputs(notebook: Any) -> list[list[dict[str, Any]]]:
    """What each cell of code shows: texts, tables, errors."""
    shown = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            kept = ("output_type", "name", "text", "data", "ename")
            shown.append([{key: each[key] for key in kept if key in each} for each in cell["outputs"]])
    return shown


def test_every_cell_shows_what_is_stored(repository: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(repository / "docs" / "first_steps.ipynb", as_version=4)
    stored = json.loads(json.dumps(outputs(notebook)))
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert json.loads(json.dumps(outputs(notebook))) == stored
    assert sum(map(len, stored)) >= 8


def test_it_is_small_and_holds_nothing_of_the_machine_it_was_made_on(repository: Path) -> None:
    text = (repository / "docs" / "first_steps.ipynb").read_text(encoding="utf-8")
    assert len(text) < 40_000
    assert "/home/" not in text
    assert "execution" not in json.dumps([cell["metadata"] for cell in json.loads(text)["cells"]])
