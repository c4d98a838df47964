"""What was pulled and then damaged is named, and goes into no store."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from graders.errors import DataError
from graders.hosted import Account, Connection, Source, pull
from graders.hosted.into_store import put_into
from graders.store import Store


@pytest.fixture
def pulled(hosted: Any, published: ModuleType, tmp_path: Path) -> Path:
    published.fill(hosted, runs=1, items=3, hostile=0)
    with Connection(Account("key", hosted.url)) as connection:
        pull(Source(connection), tmp_path / "out")
    return tmp_path / "out"


def remove(path: Path) -> None:
    path.unlink()


def shorten(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def change(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"e", b"a", 1))


def tear(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("items/evalrun_000.jsonl", shorten, r"evalrun_000\.jsonl: \d+ bytes are missing at its end"),
        ("items/evalrun_000.jsonl", remove, r"evalrun_000\.jsonl: is not there any more"),
        ("files/file-Abc123/content.jsonl", change, r"content\.jsonl: not what was pulled"),
        ("files/file-Abc123/content.jsonl", remove, r"content\.jsonl: is not there any more"),
        ("files/file-Abc123/file.json", tear, r"file\.json: "),
    ],
)
def test_a_damaged_file_is_named(
    pulled: Path, tmp_path: Path, name: str, damage: Callable[[Path], None], message: str
) -> None:
    damage(pulled / name)
    with Store(tmp_path / "store") as store, pytest.raises(DataError, match=message):
        put_into(pulled, store)


def test_a_run_of_which_items_are_missing_is_not_there(
    pulled: Path, published: ModuleType, tmp_path: Path
) -> None:
    shorten(pulled / "items" / "evalrun_000.jsonl")
    with Store(tmp_path / "store") as store:
        with pytest.raises(DataError):
            put_into(pulled, store)
        assert store.runs.get(published.LARGE, "evalrun_000") is None
