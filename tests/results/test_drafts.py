"""Files that are written whole or not at all."""

import threading
from pathlib import Path

import pytest

from graders.results import write_whole
from graders.results.drafts import drafted


def test_what_fails_on_the_way_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_whole(path, "old")
    with pytest.raises(TypeError), drafted(path) as file:
        file.writelines([b"half of the ne", "no bytes"])
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_as_long_as_names_may_be_has_a_draft_too(tmp_path: Path) -> None:
    path = tmp_path / ("橋" * 83 + ".html")
    write_whole(path, "whole")
    assert path.read_text() == "whole"


def test_of_two_that_write_at_once_one_is_there_whole(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    barrier = threading.Barrier(2)

    def write(letter: bytes) -> None:
        with drafted(path) as file:
            file.write(letter * 1000)
            barrier.wait(10)
            file.write(letter * 1000)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in (b"a" * 2000, b"b" * 2000)
    assert list(tmp_path.iterdir()) == [path]
