"""The pytest plugin: graders in tests, with failures that say why, and a summary at the end.

Design: every test session of an environment loads this module, so it imports nothing but pytest; what grades
is loaded by the first test that grades. Grades travel on the reports of tests, which pytest-xdist brings
from its workers as they are, so there is one summary whoever ran what.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from graders.integrations.testing import Bench

MARK = "judged"
_OPTION, _INI = "--graders-judge", "graders_judge"
_NO_JUDGE = f"no judge is configured: name one with {_OPTION}, or {_INI} in the ini file"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the ini value that name the judge."""
    text = "who answers for graders that ask a judge, as for `graders run --judge`"
    parser.getgroup("graders").addoption(_OPTION, metavar="NAME[:MODEL][@BASE_URL]", help=text)
    parser.addini(_INI, text, default="")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and whoever collects the summary."""
    config.addinivalue_line(
        "markers", f"{MARK}: grades with the judge that is configured; skipped where there is none"
    )
    config.pluginmanager.register(_Collector(), "graders-summary")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs a judge where none is configured."""
    if item.get_closest_marker(MARK) is not None and not _judge_of(item.config):
        pytest.skip(_NO_JUDGE)


@pytest.fixture(scope="session")
def _bench(pytestconfig: pytest.Config) -> "Bench":
    from graders.integrations.testing import Bench

    return Bench(_judge_of(pytestconfig) or None)


@pytest.fixture
def grade(_bench: "Bench", request: pytest.FixtureRequest) -> Any:
    """Grade one row: `grade(grader, item, sample)` gives its `graders.Grade`.

    `grader` is what `load_grader` takes, or what it gave.
    """
    return _bench.grade_for(_noted(request.node))


@pytest.fixture
def assert_grade(_bench: "Bench", request: pytest.FixtureRequest) -> Any:
    """Grade one row and fail where its reward is too low: `assert_grade(grader, item, sample, at_least=0.8)`.

    Without `at_least` it is the threshold of the grader. A row that cannot be graded fails too. Gives the
    `graders.Grade`.
    """
    return _bench.assert_for(_noted(request.node))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Hand what was graded since the last report of the test to this one."""
    outcome = yield
    noted = item.stash.get(_NOTED, None)
    if noted:
        outcome.get_result().graders = list(noted)
        noted.clear()


_NOTED = pytest.StashKey[list[dict[str, Any]]]()


def _noted(node: pytest.Item) -> list[dict[str, Any]]:
    return node.stash.setdefault(_NOTED, [])


def _judge_of(config: pytest.Config) -> str:
    return str(config.getoption(_OPTION) or config.getini(_INI) or "")


class _Collector:
    """Collects what reports bring, and prints the summary."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.found += getattr(report, "graders", ())

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self.found:
            return
        terminalreporter.section("graders")
        for name in dict.fromkeys(each["name"] for each in self.found):
            rows = [each for each in self.found if each["name"] == name]
            rewards = [each["reward"] for each in rows if each["reward"] is not None]
            mean = f"mean {sum(rewards) / len(rewards):.4f}" if rewards else "no mean"
            counts = {
                "too low": sum(each["too_low"] for each in rows),
                "without a reward": len(rows) - len(rewards),
            }
            told = [f"{count} {words}" for words, count in counts.items() if count]
            terminalreporter.write_line(", ".join([f"{name}: {len(rows)} graded", mean, *told]))
