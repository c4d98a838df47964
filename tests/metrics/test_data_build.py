"""The shipped data against a new build from the packages, in the folder that GRADERS_METRIC_PACKAGES names.

`tools/oracles.sh` makes that folder.
"""

import gzip
import os
import runpy
from importlib import resources
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.outside
def test_a_new_build_gives_the_shipped_files():
    packages = Path(os.environ["GRADERS_METRIC_PACKAGES"])
    build = runpy.run_path(str(ROOT / "tools" / "build_metric_data.py"))
    expected = build["data_files"](packages / "punkt", packages / "nist", packages / "wordnet")
    folder = resources.files("graders.metrics.data")
    actual = {name: folder.joinpath(name).read_bytes() for name in expected}
    assert {name: content_of(name, data) for name, data in actual.items()} == {
        name: content_of(name, data) for name, data in expected.items()
    }


def content_of(name: str, data: bytes) -> bytes:
    # Another zlib may compress to other bytes.
    return gzip.decompress(data) if name.endswith(".gz") else data
