"""Change the code in small ways, one at a time, and name the changes that no test notices.

    python tools/mutants.py [formula] [render] [metrics] [errors]

Needs the extra `mutation`; works in a copy of the tree. `tests/mutants.toml` says by which tests a subject is
judged, which changes cannot be judged or do nothing, and which share of the others was noticed in each module
when it was last looked at; where it is less now, this ends with 1.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
DEEP = 20_000
"""Calls inside each other: every function that can be changed is called through another one."""
PROGRAM = f"import sys; sys.setrecursionlimit({DEEP}); from mutmut.__main__ import cli; cli()"
PYTEST = ("-p", "no:cacheprovider", "-m", "not outside and not long and not soak")
PATIENCE = 4
"""Times the tests of a change may take longer than without it: what waits for ever has to be ended."""
NOTICED = ("killed", "timeout", "segfault", "caught by type check")
_MANGLED = re.compile(r"^(?P<module>.+)\.x(?:ǁ(?P<owner>\w+)ǁ|_)(?P<name>\w+)__mutmut_\d+$")


@dataclass(frozen=True)
class Known:
    """What was said of changes before: functions that cannot be judged, parts of a line that do nothing."""

    subjects: dict[str, dict[str, list[str]]]
    unjudged: set[str]
    idle: list[re.Pattern[str]]
    least: dict[str, float]

    @classmethod
    def read(cls) -> "Known":
        """Read it."""
        said = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text("utf-8"))
        unjudged = {name for each in said["unjudged"] for name in each["functions"]}
        idle = [re.compile(each["part"]) for each in said["idle"]]
        return cls(said["subjects"], unjudged, idle, said["least"])

    def does_nothing(self, old: str, new: str) -> bool:
        """Say whether two lines differ in a part that does nothing."""
        return any(part.sub("", old) == part.sub("", new) for part in self.idle)


@dataclass
class Module:
    """What became of the changes to one module; `unnoticed` are the function, the old lines and the new."""

    made: int = 0
    unnoticed: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share that was noticed, in percent."""
        return 100 * (1 - len(self.unnoticed) / self.made)


def main(subjects: Sequence[str]) -> int:
    """Run; print what no test noticed and a table; give the exit code."""
    known = Known.read()
    modules: dict[str, Module] = {}
    for subject in subjects or known.subjects:
        with tempfile.TemporaryDirectory(prefix="graders-mutants-") as name:
            tree = Path(name)
            copy(tree, known.subjects[subject])
            print(mutmut(tree, "run")[-300:], file=sys.stderr)
            modules |= judged(tree, known)
    for _, module in sorted(modules.items()):
        for function, old, new in module.unnoticed:
            print(f"{function}\n    - {old}\n    + {new}")
    print(f"{'module':<40}{'changes':>8}{'noticed':>8}{'share':>8}{'least':>8}")
    for name, module in sorted(modules.items()):
        noticed, least = module.made - len(module.unnoticed), known.least.get(name, 0.0)
        print(f"{name:<40}{module.made:>8}{noticed:>8}{module.share:>8.1f}{least:>8.1f}")
    return 1 if any(module.share < known.least.get(name, 0.0) for name, module in modules.items()) else 0


def copy(tree: Path, subject: dict[str, list[str]]) -> None:
    """Copy what is tracked, with the settings of a subject for mutmut."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tree / name)
    settings = {
        "source_paths": ["graders"],
        "only_mutate": subject["code"],
        "also_copy": ["templates", "examples", "README.md", "docs"],
        "pytest_add_cli_args_test_selection": subject["tests"],
        "pytest_add_cli_args": [*PYTEST, *(f"--deselect={test}" for test in subject["without"])],
        "timeout_multiplier": PATIENCE,
    }
    with (tree / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.mutmut]\n")  # JSON's texts, numbers and arrays of texts are TOML's
        file.writelines(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())


def judged(tree: Path, known: Known) -> dict[str, Module]:
    """Give what became of the changes that can be noticed, by module."""
    modules: dict[str, Module] = defaultdict(Module)
    for name, function, outcome in told(tree):
        if outcome == "not checked" or function in known.unjudged:
            continue
        change = None if outcome in NOTICED else change_of(tree, name)
        if change and known.does_nothing(*change):
            continue
        module = modules[_match(name)["module"]]
        module.made += 1
        if change:
            module.unnoticed.append((function, *change))
    return modules


def told(tree: Path) -> Iterator[tuple[str, str, str]]:
    """Give each change, the function that it was made to, and what became of it."""
    for line in mutmut(tree, "results", "--all", "True").splitlines():
        name, _, outcome = line.strip().partition(": ")
        found = _match(name)
        yield (
            name,
            ".".join(part for part in (found["module"], found["owner"], found["name"]) if part),
            outcome,
        )


def change_of(tree: Path, name: str) -> tuple[str, str]:
    """Give the lines that a change took away and those that it put there."""
    shown = mutmut(tree, "show", name).splitlines()
    lines = [line for line in shown if not line.startswith(("---", "+++"))]
    old, new = (" ".join(line[1:].strip() for line in lines if line[:1] == sign) for sign in "-+")
    return old, new


def mutmut(tree: Path, *words: str) -> str:
    """Run mutmut; give what it prints. Where it fails, that ends everything."""
    command = [sys.executable, "-c", PROGRAM, *words]
    done = subprocess.run(command, cwd=tree, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.stdout[-5000:])
    return done.stdout


def _match(name: str) -> "re.Match[str]":
    match = _MANGLED.match(name)
    assert match, name
    return match


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
