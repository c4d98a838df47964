"""Change the code in small ways, one at a time, and name the changes that no test notices.

    python tools/mutants.py [PATTERN ...]      # "graders.formula*": of these functions only

Needs the extra `mutation`. What is changed, and by which tests it is judged, stands in `pyproject.toml` under
`tool.mutmut`; the changed tree is built in `mutants/`. `tests/mutants.toml` lists the functions that cannot
be judged so and the changes that no test can notice, with reasons; a change that survives and is not listed,
or is listed and does not survive, ends this with 1.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent
DEEP = 20_000
"""Calls inside each other: every function that can be changed is called through another one."""
PROGRAM = f"import sys; sys.setrecursionlimit({DEEP}); from mutmut.__main__ import cli; cli()"
NOTICED = ("killed", "timeout", "segfault", "caught by type check")
_MANGLED = re.compile(r"^(?P<module>.+)\.x(?:ǁ(?P<owner>\w+)ǁ|_)(?P<name>\w+)__mutmut_\d+$")


def main(patterns: Sequence[str]) -> int:
    """Run, print a table and what survived; give the exit code."""
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    done = mutmut("run", *patterns)
    if done.returncode:
        print(done.stdout[-5000:])
        return done.returncode
    known = Known.read()
    outcomes = {
        name: outcome
        for name, outcome in told()
        if outcome != "not checked" and function_of(name) not in known.unjudged
    }
    print(table(outcomes))
    changes = [change_of(name) for name, outcome in outcomes.items() if outcome not in NOTICED]
    survived = Counter(change for change in changes if not known.makes_no_difference(change[1]))
    alike = Counter(
        each for each in known.alike if not patterns or any(fnmatch(each[0], one) for one in patterns)
    )
    new, gone = survived - alike, alike - survived
    for title, changes in (("noticed by no test", new), ("listed, and noticed or not made", gone)):
        for function, change in changes.elements():
            print(f"{title}: {function}\n    {change}")
    return 1 if new or gone else 0


def told() -> Iterable[tuple[str, str]]:
    """Give each changed function that was made and what became of it."""
    for line in mutmut("results", "--all", "True").stdout.splitlines():
        name, _, outcome = line.strip().partition(": ")
        yield name, outcome


def table(outcomes: dict[str, str]) -> str:
    """Give how many changes of each module were made and noticed."""
    made = Counter(_match(name)["module"] for name in outcomes)
    noticed = Counter(_match(name)["module"] for name, outcome in outcomes.items() if outcome in NOTICED)
    rows = [*((module, made[module], noticed[module]) for module in sorted(made))]
    rows.append(("together", sum(made.values()), sum(noticed.values())))
    head = f"{'module':<40}{'changes':>8}{'noticed':>8}{'share':>8}"
    return "\n".join([head, *(f"{name:<40}{n:>8}{k:>8}{k / n:>8.1%}" for name, n, k in rows)])


def change_of(name: str) -> tuple[str, str]:
    """Give the function that a change was made to, and the change: `old => new`, whole lines."""
    shown = mutmut("show", name).stdout.splitlines()
    lines = [line for line in shown if not line.startswith(("---", "+++"))]
    sides = [" ".join(line[1:].strip() for line in lines if line[:1] == sign) for sign in "-+"]
    return function_of(name), " => ".join(sides)


def function_of(name: str) -> str:
    """Give the dotted name of the function that a change was made to."""
    found = _match(name)
    return ".".join(part for part in (found["module"], found["owner"], found["name"]) if part)


@dataclass(frozen=True)
class Known:
    """What is listed: functions that cannot be judged, parts of a line that do nothing, changes."""

    unjudged: set[str]
    idle: list[re.Pattern[str]]
    alike: list[tuple[str, str]]

    @classmethod
    def read(cls) -> "Known":
        """Read the list."""
        listed = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text("utf-8"))
        return cls(
            {name for each in listed["unjudged"] for name in each["functions"]},
            [re.compile(each["part"]) for each in listed["idle"]],
            [(each["function"], change) for each in listed["alike"] for change in each["changes"]],
        )

    def makes_no_difference(self, change: str) -> bool:
        """Say whether a change is in a part that does nothing."""
        old, _, new = change.partition(" => ")
        return any(part.sub("", old) == part.sub("", new) for part in self.idle)


def mutmut(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run mutmut; what it prints is kept."""
    command = [sys.executable, "-c", PROGRAM, *words]
    return subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)


def _match(name: str) -> "re.Match[str]":
    match = _MANGLED.match(name)
    assert match, name
    return match


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
