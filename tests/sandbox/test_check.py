"""What `check_source` finds in a source before any row is graded."""

import pytest

from graders.sandbox import Finding, Level, Limits, SandboxUnavailableError, check_source

pytestmark = pytest.mark.usefixtures("no_worker_is_left")


def fatal(source: str) -> list[tuple[int, str]]:
    found = check_source(source, limits=Limits(seconds=2.0))
    return [(finding.line, finding.message) for finding in found if finding.fatal]


def hints(source: str) -> list[tuple[int, str]]:
    return [(finding.line, finding.message) for finding in check_source(source) if not finding.fatal]


GOOD = [
    "def grade(sample, item): return 1.0",
    "def grade(sample, item=None, *rest, **_): return 1.0",
    "grade = max",
    "class G:\n    def __call__(self, *values): return 1\ngrade = G()",
    "from __future__ import annotations\ngrade = lambda sample, item: 1",
    "async def grade(sample, item): return 1",
]


@pytest.mark.parametrize("source", GOOD)
def test_nothing_is_wrong_with_a_source_that_works(source: str, level: Level) -> None:
    assert check_source(source, level=level) == []


ARITY = "grade must accept exactly two positional arguments, sample and item"
WRONG = {
    "def grad(sample, item): return 1": [(1, "no function grade(sample, item) is defined")],
    "\ngrade = 3": [(2, "grade is not callable")],
    "x = 1\ndef grade(sample): return 1": [(2, ARITY)],
    "def grade(sample, item, *, more): return 1": [(1, ARITY)],
    "def grade(a, b):\n  return 1\n    return 2": [(3, "IndentationError: unexpected indent")],
    "x = 1\n\ny = x / 0": [(3, "the source fails when it is loaded: ZeroDivisionError: division by zero")],
    "import nothing_like_this\ndef grade(a, b): return 1": [(1, "nothing_like_this is not installed here")],
    "import sys\nsys.exit()": [(2, "the source fails when it is loaded: SystemExit")],
    "while True: pass": [
        (1, "the source fails when it is loaded: Execution exceeded the 2 second limit.")
    ],
    "#" * 262_144: [(1, "the source has 262144 bytes; it must be smaller than 262144")],
}  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), WRONG.items(), ids=[source[:20] for source in WRONG])
def test_what_cannot_work_is_fatal_and_has_its_line(source: str, expected: list[tuple[int, str]]) -> None:
    assert fatal(source) == expected


HOSTILE = {
    "nested brackets": "(" * 5000,
    "unary operators": "x = " + "-" * 90_000 + "1",
    "nested attributes": "x" + ".x" * 100_000,
    "a long sum": "x = " + "1 + " * 50_000 + "1",
    "nested functions": "\n".join(" " * at + f"def f{at}():" for at in range(99)),
    "null bytes": "x = '\0'",
    "a lone surrogate": "x = '\ud800'",
    "a strange encoding": "# coding: nonsense\nx = 1",
    "a huge number": "x = " + "9" * 10_000,
    "nothing": "",
    "imports of long names in another script": "\n".join(f"import {'é' * 180}{n}" for n in range(500)),
    "a bomb of constants": "x = ((((1 << 4000) ** 4000) ** 4000))",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_what_brings_compilers_down_is_a_finding(source: str) -> None:
    found = check_source(source, limits=Limits(seconds=1.0))
    assert any(finding.fatal for finding in found)
    assert all(finding.line >= 1 and len(finding.message) < 2000 for finding in found)


def test_imports_that_the_hosted_image_lacks_are_hints() -> None:
    source = "import json\nimport orjson\ndef grade(sample, item):\n    import jinja2.nodes\n    return 1"
    assert hints(source) == [
        (2, "orjson is not in the hosted image 2025-05-08"),
        (4, "jinja2 is not in the hosted image 2025-05-08"),
    ]


def test_an_import_that_is_guarded_is_not_fatal() -> None:
    source = "try:\n    import rdkit_none\nexcept ImportError:\n    pass\ndef grade(s, i): return 1"
    assert fatal(source) == []
    assert (2, "rdkit_none is not installed here") in hints(source)


def test_versions_that_differ_are_named() -> None:
    ((line, message),) = hints("\nimport numpy as np\ndef grade(s, i): return 1")
    assert line == 2
    assert message.startswith("numpy is ")
    assert message.endswith(" here and 2.2.4 in the hosted image")


def test_uses_of_the_network_of_files_and_of_processes_are_hints() -> None:
    source = (
        "import socket, subprocess\nfrom urllib.parse import quote\ndef grade(s, i):\n    return open('x')"
    )
    assert hints(source) == [
        (1, "the source can start no process when it runs"),
        (1, "the source has no network when it runs"),
        (4, "the source can write files in its scratch folder only, and they are gone after the row"),
    ]


def test_without_its_level_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graders.sandbox.bubblewrap.find", lambda: None)
    with pytest.raises(SandboxUnavailableError, match="bwrap is not installed"):
        check_source("def grade(s, i): return 1")


def test_findings_sort_by_line() -> None:
    assert sorted([Finding(2, "a", True), Finding(1, "b", False)])[0].line == 1
