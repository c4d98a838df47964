"""Reads the package data that stand beside the metrics."""

import gzip
import json
from importlib import resources
from typing import Any


def read_text(name: str) -> str:
    """Return the content of the data file `name`; one that ends in `.gz` is decompressed."""
    content = resources.files("graders.metrics.data").joinpath(name).read_bytes()
    return (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8")


def read_json(name: str) -> Any:
    """Return the JSON value of the data file `name`."""
    return json.loads(read_text(name))
