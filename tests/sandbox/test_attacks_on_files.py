"""A source reads and writes nothing but its own scratch."""

from collections.abc import Callable
from pathlib import Path

import pytest

from graders.sandbox import Failure, Level, Limits, Sandbox

Contained = Callable[..., None]

READS = [
    "/etc/passwd",
    "/etc/shadow",
    "/etc/hostname",
    "/proc/version",
    "/proc/self/environ",
    "/root/.bashrc",
]
WRITES = ["/written", "/usr/written", "/usr/lib/written", "/etc/written", "/dev/written", "/dev/shm/written"]


@pytest.mark.parametrize("path", READS)
def test_it_cannot_read(contained: Contained, path: str) -> None:
    contained("def attack(item): return refused(open, item['path'])", path=path)


def test_it_cannot_read_the_repository_or_the_home_folder(contained: Contained, repository: Path) -> None:
    files = [str(repository / "pyproject.toml"), str(repository / "graders" / "errors.py"), __file__]
    contained(
        """
import os, sys
def attack(item):
    for folder in item["folders"]:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:  # nothing but the way to the interpreter
            path = os.path.join(folder, name)
            assert any(own.startswith(path) for own in (sys.prefix, sys.base_prefix)), path
    return all(refused(open, path) for path in item["files"])
""",
        files=files,
        folders=[str(repository), str(repository.parent), str(Path.home()), "/home", "/tmp", "/var"],
    )


@pytest.mark.parametrize("path", WRITES)
def test_it_cannot_write(contained: Contained, path: str) -> None:
    contained("def attack(item): return refused(open, item['path'], 'w')", path=path)


def test_it_cannot_change_the_interpreter_or_its_packages(contained: Contained) -> None:
    contained("""
import json, os, sys
def attack(item):
    for path in (json.__file__, sys.executable, os.path.dirname(json.__file__)):
        for change in (os.unlink, os.rmdir, lambda p: open(p, "ab"), lambda p: os.truncate(p, 0),
                       lambda p: os.rename(p, p + "x"), lambda p: os.chmod(p, 0o777), os.utime,
                       lambda p: os.setxattr(p, "user.x", b""), lambda p: os.chown(p, 0, 0)):
            refused(change, path)
    return True
""")


def test_it_cannot_change_a_file_outside_by_its_metadata(contained: Contained, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    before = (tmp_path / "mine").stat()
    contained(
        """
import os
def attack(item):
    p = item["path"]
    return all([refused(os.chmod, p, 0), refused(os.utime, p, (0, 0)), refused(os.truncate, p, 0),
                refused(os.setxattr, p, "user.x", b"1"), refused(os.link, p, "here"), refused(os.unlink, p)])
""",
        path=str(tmp_path / "mine"),
    )
    assert (tmp_path / "mine").stat() == before


def test_links_in_the_scratch_lead_nowhere(contained: Contained) -> None:
    contained("""
import os
def made(make, *arguments):
    try:
        make(*arguments)
    except OSError:
        return False
    return True
def attack(item):
    if made(os.symlink, "/etc/passwd", "link"):
        refused(open, "link")
        refused(open, "link", "w")
    if made(os.symlink, "/", "root"):
        refused(open, "root/etc/passwd")
    return all([refused(os.link, "/etc/passwd", "hard"), refused(os.mknod, "node", 0o60666, 0x801),
                refused(os.mkfifo, "/fifo")])
""")


def test_it_cannot_see_another_source_at_work(level: Level, small: Limits) -> None:
    writer = (
        "import time\ndef grade(s, i):\n    open('mine', 'w').write('x')\n    time.sleep(0.2)\n    return 1"
    )
    reader = "import os\ndef grade(s, i): return len(os.listdir('.')) if os.getcwd() != '/' else 0"
    with (
        Sandbox(writer, level=level, limits=small) as one,
        Sandbox(reader, level=level, limits=small) as other,
    ):
        other.grade_rows([({}, {})])
        one.grade_rows([({}, {})])
        assert other.grade_rows([({}, {})]) == [0.0]


def test_devices_give_nothing(contained: Contained) -> None:
    contained("""
import fcntl, os
def attack(item):
    for name in ("mem", "kmem", "kvm", "fuse", "tty", "ptmx", "sda", "loop0", "net/tun", "console"):
        refused(open, "/dev/" + name, "rb")
    for number in (0x5412, 0x541C, 0x5401 + 0x100):  # TIOCSTI, TIOCLINUX, nonsense
        refused(fcntl.ioctl, 0, number, b"x")
    return True
""")


def overrun(outcome: object) -> str:
    assert isinstance(outcome, Failure), outcome
    assert outcome.kind == "runtime"
    return f"{outcome.cause}: {outcome.detail.splitlines()[0]}"


FILLS = {
    "one huge file": """
def attack(item):
    with open("huge", "wb") as file:
        while True:
            file.write(bytes(1 << 20))
""",
    "several large files": """
def attack(item):
    for number in range(10_000):
        with open(f"file{number}", "wb") as file:
            file.write(bytes(1 << 20))
""",
    "a billion small files": """
def attack(item):
    for number in range(10**9):
        open(str(number), "w").close()
""",
    "a hole of ten gigabytes, filled": """
import os
def attack(item):
    with open("hole", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, 10 << 30)
""",
}


@pytest.mark.parametrize("attack", FILLS.values(), ids=FILLS)
def test_the_scratch_is_bounded(strike: Callable[..., object], level: Level, attack: str) -> None:
    actual = strike(attack)
    if level == "full":
        assert overrun(actual) == "disk: Execution exceeded the 8 MB disk limit."
    else:
        assert overrun(actual).startswith("exception")


def test_hostile_trees_are_not_cleaned_but_given_up(strike: Callable[..., object], level: Level) -> None:
    actual = strike("""
import os
def attack(item):
    for _ in range(150):
        os.mkdir("d")
        os.chdir("d")
    os.chmod(".", 0)
    os.chmod("/scratch", 0)
    return 1
""")
    assert actual == 1.0 if level == "full" else overrun(actual).startswith("exception")
