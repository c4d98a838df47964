"""The cache: what is kept is given back whole, by whoever asks, and trouble with it never stops a run."""

import os
import pickle
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.cache import Cache, key_of
from graders.cache.place import FILE, usual_folder
from graders.errors import CacheError


def values(n, size=10, tag=b""):
    return {b"%s key %d" % (tag, number): bytes([number % 256]) * size for number in range(n)}


@pytest.fixture
def heard():
    return []


@pytest.fixture
def cache(tmp_path, heard):
    return Cache(tmp_path / "kept", on_problem=heard.append)


def size_of(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


def python(program, *arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_what_was_put_is_got_by_this_and_by_any_other_object(cache, tmp_path):
    cache.put_many("embedding", values(1200) | {b"": b"", b"\x00": b"\xff"})
    for each in (cache, Cache(tmp_path / "kept"), Cache(str(tmp_path / "kept"))):
        assert each.get_many("embedding", [*values(1200), b"other", b"", b"\x00"]) == values(1200) | {
            b"": b"",
            b"\x00": b"\xff",
        }


def test_no_keys_are_no_values(cache):
    assert cache.get_many("judge", []) == {}
    cache.put_many("judge", {})
    assert cache.info()["judge"].entries == 0


def test_namespaces_do_not_know_each_other(cache):
    cache.put_many("judge", {b"key": b"reply"})
    assert cache.get_many("sample", [b"key"]) == {}


def test_a_later_value_takes_the_place_of_an_earlier_one(cache):
    for value in (b"one", b"two"):
        cache.put_many("judge", {b"key": value})
    assert cache.get_many("judge", [b"key"]) == {b"key": b"two"}
    assert cache.info()["judge"].entries == 1


def test_it_counts_entries_and_bytes_by_namespace(cache):
    cache.put_many("judge", values(3, size=100))
    cache.put_many("embedding", values(2, size=7))
    usage = {name: (each.entries, each.bytes) for name, each in cache.info().items()}
    assert usage == {"judge": (3, 300), "embedding": (2, 14), "sample": (0, 0)}


def test_to_look_or_to_clear_makes_no_file(cache):
    assert (cache.info()["judge"].entries, cache.clear()) == (0, 0)
    assert not cache.path.parent.exists()


def test_it_is_cleared_by_namespace_or_altogether(cache, tmp_path):
    for namespace in ("judge", "embedding"):
        cache.put_many(namespace, values(50, size=10_000))
    full = size_of(cache.path.parent)
    assert cache.clear("judge") == 50
    assert cache.get_many("judge", values(50)) == {}
    assert len(Cache(tmp_path / "kept").get_many("embedding", values(50))) == 50
    assert cache.clear() == 50
    assert size_of(cache.path.parent) < full / 10
    cache.put_many("judge", values(1))
    assert len(cache.get_many("judge", values(1))) == 1


def test_a_forgetful_cache_keeps_until_it_is_closed():
    cache = Cache.forgetful()
    cache.put_many("judge", values(3))
    assert (cache.path, len(cache.get_many("judge", values(3)))) == (None, 3)
    assert (cache.clear("judge"), cache.get_many("judge", values(3))) == (3, {})
    cache.put_many("judge", values(3))
    cache.close()
    assert cache.get_many("judge", values(3)) == {}


def test_it_survives_pickling_and_closing(cache):
    cache.put_many("judge", values(3))
    again = pickle.loads(pickle.dumps(Cache(cache.path.parent)))
    cache.close()
    assert again.get_many("judge", values(3)) == cache.get_many("judge", values(3)) == values(3)


@given(one=st.lists(st.text(max_size=3), max_size=3), other=st.lists(st.text(max_size=3), max_size=3))
def test_keys_of_parts_are_equal_where_the_parts_are(one, other):
    assert (key_of(*one) == key_of(*other)) == (one == other)


def test_a_part_may_hold_half_of_a_surrogate_pair():
    assert len({key_of(part) for part in ("\ud800", "\ud801", "?", "\ufffd")}) == 4


def test_folder_and_files_are_this_users_alone(cache):
    before = os.umask(0)
    try:
        cache.put_many("judge", values(3))
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in cache.path.parent.iterdir()}
    assert stat.S_IMODE(cache.path.parent.stat().st_mode) == 0o700
    assert modes[FILE] == 0o600
    assert set(modes.values()) == {0o600}


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="needs the folders of Linux")
def test_the_usual_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert usual_folder() == tmp_path / "x" / "graders"
    for name in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", name)
        assert usual_folder() == tmp_path / ".cache" / "graders"
    assert Cache().path == tmp_path / ".cache" / "graders" / FILE


def test_the_usual_folders_of_other_platforms(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    monkeypatch.setattr(sys, "platform", "darwin")
    assert usual_folder() == tmp_path / "Library" / "Caches" / "graders"
    monkeypatch.setattr(sys, "platform", "win32")
    assert usual_folder() == tmp_path / "local" / "graders" / "Cache"


def test_without_a_home_a_run_goes_on_and_a_look_says_why(monkeypatch, heard):
    def homeless():
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    cache = Cache(on_problem=heard.append)
    cache.put_many("judge", values(1))
    assert cache.get_many("judge", values(1)) == {}
    assert heard == ["there is no place for a cache: the user has no home; going on without the cache"]
    with pytest.raises(CacheError, match="the user has no home"):
        cache.info()


def test_many_threads_share_one(cache):
    def work(number):
        mine = values(40, tag=b"%d" % (number % 5))
        cache.put_many("judge", mine)
        return cache.get_many("judge", mine) == mine

    with ThreadPoolExecutor(8) as executor:
        assert all(executor.map(work, range(80)))
    assert cache.info()["judge"].entries == 200


WRITER = """
import sys
from graders.cache import Cache
folder, tag, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
cache = Cache(folder, on_problem=lambda problem: sys.exit(problem))
for start in range(0, n, 10):
    mine = {b"%s %d" % (tag.encode(), number): b"v" * 500 for number in range(start, start + 10)}
    cache.put_many("judge", mine)
    assert cache.get_many("judge", mine) == mine
    print(start, flush=True)
"""


def test_several_processes_write_at_once_and_lose_nothing(cache):
    writers = [python(WRITER, cache.path.parent, tag, 600) for tag in ("a", "b", "b", "c")]
    for writer in writers:
        _, said = writer.communicate(timeout=60)
        assert (writer.returncode, said) == (0, "")
    assert cache.info()["judge"].entries == 1800


def test_a_process_that_is_killed_while_it_writes_leaves_a_cache_of_whole_values(cache, heard):
    for _ in range(3):
        writer = python(WRITER, cache.path.parent, "k", 10_000_000)
        for _ in range(5):
            last = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        keys = [b"k %d" % number for number in range(last + 10)]
        assert cache.get_many("judge", keys) == dict.fromkeys(keys, b"v" * 500)
        with sqlite3.connect(cache.path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
    assert heard == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_uses_a_connection_of_its_own(cache):
    cache.put_many("judge", {b"parent": b"1"})
    child = os.fork()
    if child == 0:
        cache.put_many("judge", {b"child": b"2"})
        os._exit(0 if cache.get_many("judge", [b"parent"]) else 1)
    assert os.waitpid(child, 0)[1] == 0
    cache.put_many("judge", {b"later": b"3"})
    assert len(cache.get_many("judge", [b"parent", b"child", b"later"])) == 3


def test_a_value_that_is_not_whole_is_not_served_and_can_be_mended(cache):
    cache.put_many("judge", {b"torn": b"value", b"moved": b"value", b"fine": b"value"})
    cache.close()
    with sqlite3.connect(cache.path) as connection:
        rows = connection.execute("SELECT rowid FROM entries ORDER BY rowid").fetchall()
        connection.execute("UPDATE entries SET value = 'val' WHERE rowid = ?", rows[0])
        connection.execute("UPDATE entries SET key = zeroblob(32) WHERE rowid = ?", rows[1])
    connection.close()
    assert cache.get_many("judge", [b"torn", b"moved", b"fine"]) == {b"fine": b"value"}
    cache.put_many("judge", {b"torn": b"again"})
    assert cache.get_many("judge", [b"torn"]) == {b"torn": b"again"}


@pytest.mark.parametrize("where", [0, 4096 + 100])
def test_a_damaged_file_is_said_once_and_removed_by_clear(cache, heard, where):
    cache.put_many("judge", values(500, size=100))
    cache.close()
    with cache.path.open("r+b") as file:
        file.seek(where)
        file.write(b"\xa5" * 8000)
    for _ in range(3):
        cache.get_many("judge", values(500))
        cache.put_many("judge", values(500, tag=b"new"))
    assert len(heard) == 1
    assert heard[0].startswith(f"the cache {cache.path}: ")
    assert heard[0].endswith("; graders cache clear removes it; going on without the cache")
    with pytest.raises(CacheError):
        Cache(cache.path.parent).clear("judge")
    assert cache.clear() == 0
    cache.put_many("judge", values(3))
    assert cache.get_many("judge", values(3)) == values(3)
    assert len(heard) == 1


def test_a_file_that_is_cut_off_never_gives_a_wrong_value(cache, heard):
    cache.put_many("judge", values(300, size=300))
    cache.close()
    whole = cache.path.read_bytes()
    for size in range(0, len(whole), 7000):
        cache.path.write_bytes(whole[:size])
        found = Cache(cache.path.parent, on_problem=heard.append).get_many("judge", values(300))
        assert found.items() <= values(300, size=300).items()


def test_a_database_of_others_is_neither_used_nor_cleared(tmp_path, heard):
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = (tmp_path / FILE).read_bytes()
    cache = Cache(tmp_path, on_problem=heard.append)
    cache.put_many("judge", values(1))
    assert "not a cache of this version of graders" in heard[0]
    for ask in (cache.info, cache.clear):
        with pytest.raises(CacheError, match="not a cache of this version of graders"):
            ask()
    assert (tmp_path / FILE).read_bytes() == before


def test_a_folder_that_cannot_be_made_is_said_once(tmp_path, heard):
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "below", on_problem=heard.append)
    for _ in range(3):
        cache.put_many("judge", values(1))
        assert cache.get_many("judge", values(1)) == {}
    path = tmp_path / "file" / "below" / FILE
    assert heard == [f"the cache {path}: not a directory; going on without the cache"]


def test_without_a_hearer_it_is_a_warning_which_nobody_can_make_an_error(tmp_path):
    (tmp_path / FILE).write_bytes(b"no database" * 1000)
    with pytest.warns(RuntimeWarning, match="going on without the cache") as caught:
        Cache(tmp_path).get_many("judge", [b"key"])
    assert len(caught) == 1
    program = "import sys; from graders.cache import Cache; Cache(sys.argv[1]).get_many('judge', [b'key'])"
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", program, tmp_path], check=False
    )
    assert done.returncode == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs users as Unix has them")
def test_a_folder_that_may_only_be_read_is_read_and_said_once():
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(folder)
        cache.put_many("judge", {b"old": b"value"})
        cache.close()
        cache.path.chmod(0o444)
        Path(folder).chmod(0o555)
        child = os.fork()
        if child == 0:  # root may write everywhere, so somebody else looks
            if os.getuid() == 0:
                os.setuid(65534)
            heard = []
            reader = Cache(folder, on_problem=heard.append)
            for _ in range(2):
                reader.put_many("judge", {b"new": b"value"})
                found = reader.get_many("judge", [b"old", b"new"])
            said = [f"the cache {cache.path} cannot be written; what is new is not kept"]
            os._exit(0 if (found, heard) == ({b"old": b"value"}, said) else 1)
        assert os.waitpid(child, 0)[1] == 0
        Path(folder).chmod(0o700)


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
from graders.cache import Cache
heard = []
cache = Cache(sys.argv[1], on_problem=heard.append)
for number in range(100):
    cache.put_many("judge", {b"%d" % number: b"v" * 20_000})
print(len(heard), "going on without the cache" in heard[0])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits as Unix has them")
def test_a_disk_that_is_full_is_said_once_and_what_was_kept_stays(cache):
    said, trouble = python(FULL, cache.path.parent).communicate(timeout=60)
    assert (said, trouble) == ("1 True\n", "")
    kept = cache.get_many("judge", [b"%d" % number for number in range(100)])
    assert 0 < len(kept) < 100
    assert set(kept.values()) == {b"v" * 20_000}


def test_a_write_that_waits_too_long_for_others_is_said_and_loses_nothing_else(cache, heard, monkeypatch):
    monkeypatch.setattr("graders.cache.database._SECONDS_TO_WAIT", 0.05)
    cache.put_many("judge", values(1))
    with sqlite3.connect(cache.path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        cache.put_many("judge", values(2))
        other.execute("ROLLBACK")
    other.close()
    assert heard == [f"the cache {cache.path}: database is locked; going on without the cache"]
    assert Cache(cache.path.parent).info()["judge"].entries == 1


def test_an_interrupt_while_it_is_used_leaves_it_usable(cache):
    class Interrupting(dict):
        def items(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.put_many("judge", Interrupting({b"a": b"b"}))
    done = threading.Thread(target=cache.put_many, args=("judge", values(1)))
    done.start()
    done.join(timeout=10)
    assert cache.get_many("judge", values(1)) == values(1)
