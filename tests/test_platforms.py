"""The core, the command line and scoring work where the modules of Unix do not exist."""

import subprocess
import sys
from pathlib import Path

UNIX_ONLY = ("fcntl", "resource", "pwd", "grp", "termios", "pty", "posix_ipc", "syslog", "readline")


def test_everything_imports_and_scores_without_the_modules_of_unix(tmp_path: Path) -> None:
    program = f"""
import sys
for name in {UNIX_ONLY!r}:
    sys.modules[name] = None
import os
del os.fork
import graders, pkgutil, importlib
from graders.catalog import ready_made
for module in pkgutil.walk_packages(graders.__path__, "graders."):
    if not module.name.startswith("graders.templates") and module.name != "graders.__main__":
        importlib.import_module(module.name)
from typer.testing import CliRunner
from graders.cli import app
from graders.metrics import METRICS
for metric in METRICS.values():
    if not metric.needs_embedder:
        metric.function(["the cat sat"], ["a cat\\nsat"])
done = CliRunner().invoke(app, ["run", "template:json_fields", "template:json_fields", "-o", "out"])
assert done.exit_code == 3, done.output
print(len(list(ready_made())) > 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "True"
