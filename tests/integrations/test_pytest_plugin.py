"""The pytest plugin in sessions of its own: real processes, with and without xdist."""

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

CAPITAL = """
    import pytest

    CAPITAL = {
        "type": "multi",
        "name": "capital",
        "graders": {
            "exact": {
                "type": "string_check",
                "input": "{{sample.output_text}}",
                "reference": "{{item.answer}}",
                "operation": "eq",
            },
            "near": {
                "type": "text_similarity",
                "input": "{{sample.output_text}}",
                "reference": "{{item.answer}}",
                "evaluation_metric": "fuzzy_match",
            },
        },
        "calculate_output": "(exact + near) / 2",
        "pass_threshold": 0.8,
    }
"""
JUDGED = """
    import pytest

    POLITE = {
        "type": "score_model",
        "name": "polite",
        "model": "some-model",
        "range": [0, 5],
        "input": [{"role": "user", "content": "{{sample.output_text}}"}],
    }
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Run a session in a process of its own, without the other plugins that happen to be installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    plugins = ("-p", "graders.integrations.pytest", "-p", "xdist")
    return lambda *arguments: pytester.runpytest_subprocess("--strict-markers", *plugins, *arguments)


def test_it_is_there_once_the_package_is_installed(pytester):
    result = pytester.runpytest_subprocess("--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.judged: grades with the judge that is configured; *"])


def test_a_reward_that_is_too_low_fails_and_says_why(pytester, run):
    pytester.makepyfile(
        CAPITAL
        + """
    def test_right(assert_grade):
        grade = assert_grade(CAPITAL, {"answer": "Paris"}, "Paris")
        assert grade.sub_rewards == {"exact": 1.0, "near": 1.0}

    def test_wrong(assert_grade):
        assert_grade(CAPITAL, {"answer": "the city\\nParis"}, "the city\\nPars", at_least=0.9)

    def test_ungraded(assert_grade):
        assert_grade(CAPITAL, {}, "Paris")

    def test_without_threshold(assert_grade):
        assert_grade({**CAPITAL, "pass_threshold": None}, {"answer": "Paris"}, "Paris")
    """
    )
    result = run()
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(
        [
            "*assert_grade(CAPITAL, {\"answer\": \"the city\\nParis\"}*",
            "E*capital gives 0.48*, expected 0.9 or more",
            "E*exact: 0.0000",
            "E*near: 0.9*",
            "E*exact, near (- reference, + input):",
            "E*  the city",
            "E*- Paris",
            "E*+ Pars",
            "*capital gives no reward, so not 0.8 or more",
            "*exact: invalid_variable_error: Variable 'item.answer' was not found.",
            "*capital: no threshold is known; name one with at_least",
        ]
    )  # fmt: skip
    assert "testing.py" not in result.stdout.str().partition("test_without_threshold")[0]


def test_a_document_that_cannot_be_used_is_named_without_our_own_frames(pytester, run):
    pytester.makepyfile(
        """
    def test_absent(assert_grade):
        assert_grade("none.json", {}, "Paris")
    """
    )
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*ConfigError: none.json: no such file"])
    assert "source.py" not in result.stdout.str()


TWENTY = """
    @pytest.mark.parametrize("row", range(20))
    def test_row(grade, assert_grade, row):
        assert grade(CAPITAL, {"answer": "Paris"}, "Paris").passed
        if row == 1:
            grade(CAPITAL, {}, "Paris")
        if row == 2:
            assert_grade(CAPITAL, {"answer": "Paris"}, "Rome")

    def test_another(grade):
        grade("template:exact_match", {"answer": "a"}, "b")
"""


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "xdist"])
def test_the_summary_counts_every_grade_once(pytester, run, workers):
    pytester.makepyfile(CAPITAL + TWENTY)
    result = run(*workers)
    result.assert_outcomes(passed=20, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*= graders =*",
            "capital: 22 graded, mean 0.95*, 1 too low, 1 without a reward",
            "exact_match: 1 graded, mean 0.0000",
        ],
        consecutive=False,
    )  # fmt: skip


def test_a_judged_test_is_skipped_by_name_where_no_judge_is_configured(pytester, run):
    pytester.makepyfile(
        JUDGED
        + """
    @pytest.mark.judged
    def test_polite(assert_grade):
        assert_grade(POLITE, sample="Tea, please.", at_least=4)

    def test_plain():
        pass
    """
    )
    result = run("-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*no judge is configured: name one with --graders-judge, or*"])
    assert "= graders =" not in result.stdout.str()
    run("-m", "not judged").assert_outcomes(passed=1, deselected=1)


def test_a_configured_judge_answers_and_its_steps_stand_in_the_failure(pytester, run):
    pytester.makepyfile(
        JUDGED
        + """
    @pytest.mark.judged
    def test_polite(assert_grade):
        assert_grade(POLITE, sample="Tea.", at_least=4)
    """
    )
    steps = '[{"description": "look for a please", "conclusion": "there is none"}]'
    (pytester.path / "replies.jsonl").write_text(f'{{"steps": {steps}, "result": 2}}\n')
    (pytester.path / "pytest.ini").write_text("[pytest]\ngraders_judge = scripted:replies.jsonl\n")
    result = run("-m", "judged")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*polite gives 2.0000, expected 4 or more",
            "E*polite: some-model answers 2*",
            "E*look for a please → there is none",
        ]
    )


def test_the_plugin_loads_nothing_that_grades_into_suites_that_do_not_use_it():
    program = (
        "import sys, pytest\n"
        "before = set(sys.modules)\n"
        "import graders.integrations.pytest\n"
        "print(sorted(name for name in set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert eval(done.stdout) == ["graders", "graders.integrations", "graders.integrations.pytest"]
