"""The rows of the ready-made graders, as Python has them."""

from collections.abc import Callable
from importlib.resources import as_file
from typing import Any

import pytest

from graders import catalog
from graders.dataset import open_dataset


@pytest.fixture(scope="session")
def dataset_of() -> Callable[[str], list[dict[str, Any]]]:
    def rows(name: str) -> list[dict[str, Any]]:
        with as_file(catalog.find(name).items) as path:
            blocks = [block.rows for block in open_dataset(path).blocks()]
        return [{"item": row.item, "sample": row.sample} for rows in blocks for row in rows if row.item]

    return rows
