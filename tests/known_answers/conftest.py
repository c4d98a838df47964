"""What the known answers of the server share with its other tests: how one is started."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def serving() -> Any:
    """Start a server in a folder with some options."""
    path = Path(__file__).parent.parent / "server" / "conftest.py"
    spec = importlib.util.spec_from_file_location("server_conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.running
