"""What holds for root holds for an ordinary user: root runs the attacks once more as one."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from graders.sandbox import bubblewrap
from graders.sandbox.inside import kernel

USER = "52345"
CHOSEN = "environment or process or privilege or root or scratch or metadata or sleep or memory or threads"


def readable_by_all(path: Path) -> list[str]:
    """Options of bwrap that lay an open folder over the one above a path that root keeps closed."""
    closed = [folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001]
    if not closed:
        return []
    below = [folder for folder in reversed(path.parents) if closed[0] in folder.parents]
    options = ["--perms", "0755", "--tmpfs", str(closed[0])]
    options += [word for folder in below for word in ("--perms", "0755", "--dir", str(folder))]
    return [*options, "--ro-bind", str(path), str(path)]


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="the suite already runs as an ordinary user")
def test_the_attacks_fail_for_an_ordinary_user_as_well() -> None:
    with tempfile.TemporaryDirectory(prefix="ordinary-") as folder:
        os.chown(folder, int(USER), int(USER))
        run_the_attacks(Path(folder))


def run_the_attacks(temporary: Path) -> None:
    program = bubblewrap.find()
    assert program is not None
    here = Path(__file__).parent
    attacks = sorted(map(str, here.glob("test_attacks_on_*.py")))
    words = [program, "--bind", "/", "/", "--dev-bind", "/dev", "/dev"]
    for path in (sys.base_prefix, sys.prefix, here.parent.parent, program):
        words += readable_by_all(Path(path))
    words += ["--chdir", str(here.parent.parent), "--"]
    words += ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"]
    words += ["--inh-caps=-all", "--bounding-set=-all", sys.executable, "-B", "-m", "pytest", "-x"]
    words += ["-p", "no:cacheprovider", "--basetemp", str(temporary / "run"), "-k", CHOSEN, *attacks]
    environment = {"PATH": os.environ["PATH"], "HOME": str(temporary), "TMPDIR": str(temporary)}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    levels = "full, reduced" if kernel.landlock_version() >= 3 else "full"
    assert f"as an ordinary user: tested at {levels}\n" in done.stdout
