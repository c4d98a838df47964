"""`graders compare`: tables, sentences, flips, exit codes, hostile names."""

import json
from pathlib import Path

import pytest

from graders.analysis import compare

RIGHT = '{"item": {"answer": "yes", "q": %d, "model": "%s"}, "sample": "yes"}\n'
WRONG = RIGHT.replace('"sample": "yes"', '"sample": "no"')


def rows_of(verdicts, model="m"):
    return "".join((RIGHT if each == "+" else WRONG) % (n, model) for n, each in enumerate(verdicts))


@pytest.fixture
def made(graders):
    """Make a run of rows that are right (`+`) or wrong (`-`)."""

    def make(name, text):
        Path(f"{name}.jsonl").write_text(text)
        done = graders("run", "grader.json", f"{name}.jsonl", "-o", f"runs/{name}", "--quiet")
        assert done.exit_code == 0, done.output
        return f"runs/{name}"

    return make


def test_two_runs_are_compared_in_tables_and_a_sentence(graders, made):
    old, new = made("old", rows_of("-" * 20 + "+")), made("new", rows_of("+" * 16 + "-" * 5))
    done = graders("compare", old, new, "--on", "item.q")
    lines = done.stdout.splitlines()
    assert done.exit_code == 0
    assert lines[0].split() == ["run", "rows", "mean", "passed"]
    assert lines[1].split()[:3] == ["1", "old", "21"]
    assert "new is better than old by 0.714 [0.459, 0.969]" in lines
    assert "old to new: 16 rows pass now, 1 do not any more" in lines
    assert "  20 (row 20): does not pass any more, 1.0000 to 0.0000" in lines


def test_the_groups_of_a_run_are_compared_and_a_pair_has_no_flips_unasked(graders, made):
    run = made("run", rows_of("++++", "a") + rows_of("+-+-", "b") + rows_of("----", "c"))
    done = graders("compare", run, "--by", "item.model", "--on", "item.q")
    assert done.stdout.count("no difference can be shown between") == 3
    assert "any more" not in done.stdout
    assert "adjusted for 3 pairs (Holm)" in done.stdout
    asked = graders("compare", run, "--by", "item.model", "--on", "item.q", "--flips", "1")
    assert asked.stdout.count(": does not pass any more") == 3


@pytest.mark.parametrize(("least", "code"), [("0.25", 0), ("0.249", 4), ("0", 4)])
def test_a_later_run_that_is_worse_by_more_ends_with_4(graders, made, least, code):
    base, branch = made("base", rows_of("++++")), made("branch", rows_of("+++-"))
    done = graders("compare", base, branch, "--on", "item.q", "--fail-if-worse", least)
    assert done.exit_code == code
    assert ("worse: branch is below base by more than" in done.stderr) is (code == 4)
    turned = graders("compare", branch, base, "--on", "item.q", "--fail-if-worse", least)
    assert turned.exit_code == 0


def test_json_is_one_object_without_nan(graders, made):
    base, branch = made("base", rows_of("++-")), made("branch", rows_of("--+"))
    done = graders("compare", base, branch, "--on", "item.q", "--json", "--flips", "2")
    found = json.loads(done.stdout)
    assert list(found) == ["sides", "pairs", "by", "on", "cluster_by", "sub_reward", "bootstrap", "notes"]
    (pair,) = found["pairs"]
    assert (pair["gained"], pair["lost"], len(pair["flips"])) == (1, 2, 2)
    assert pair["outcomes"] == {"wins": 1, "ties": 0, "losses": 2}


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 2, "expected two run directories or more, or one with --by PATH"),
        (["runs/run", "--by", "item.model"], 2, "expected two run directories"),
        (["--by", "item.model"], 1, "--on PATH joins by another value, such as item.id"),
        (["--by", "item.model", "--on", "item.who"], 1, "no row has a value at item.who"),
        (["runs/none"], 1, "not a run directory"),
        (["runs/run", "--fail-if-worse", "-1"], 2, "expected a finite number of at least 0; got -1.0"),
        (["runs/run", "--sub-reward", "x"], 1, "no sub-reward 'x'; it has none"),
    ],
)
def test_what_cannot_be_compared_is_said(graders, made, options, code, message):
    made("run", rows_of("+-", "a") + rows_of("++", "b"))
    done = graders("compare", "runs/run", *options)
    assert done.exit_code == code
    assert message in " ".join(done.output.replace("│", " ").split())


def test_names_of_groups_cannot_steer_the_terminal(graders, made):
    run = made("run", rows_of("++", "\\u001b[31m[bold]evil\\n") + rows_of("--", "fine"))
    done = graders("compare", run, "--by", "item.model", "--on", "item.q", "--flips", "1")
    assert "\x1b" not in done.output
    assert "[bold]evil" in done.stdout


def test_several_samples_of_an_item_have_pass_at_k(graders, made):
    first, second = made("first", rows_of("+-") + rows_of("-+")), made("second", rows_of("++") * 2)
    done = graders("compare", first, second, "--on", "item.q")
    assert "first: pass@2 1.0000 [1.0000, 1.0000], pass^2 0.0000 [0.0000, 0.0000]" in done.stdout
    assert "second: pass@2 1.0000 [1.0000, 1.0000], pass^2 1.0000 [1.0000, 1.0000]" in done.stdout


def test_the_page_of_a_comparison_is_written_where_it_is_asked_for(graders, made):
    old, new = made("old", rows_of("+-+-")), made("new", rows_of("++++"))
    words = ["compare", old, new, "--on", "item.q", "--html", "page.html"]
    done = graders(*words)
    sentence = "no difference can be shown between new and old: 0.500 [-0.419, 1.419]"
    assert done.exit_code == 0
    assert sentence in done.stdout
    assert sentence in Path("page.html").read_text()
    again = graders(*words)
    assert again.exit_code == 1
    assert again.stderr == "error: page.html: is there already; --overwrite replaces it\n"
    assert graders(*words, "--overwrite", "--json").exit_code == 0
    own = graders("compare", old, new, "--html", f"{new}/results.jsonl", "--overwrite")
    assert own.exit_code == 1
    assert "belongs to the run" in own.stderr


def test_the_bootstrap_is_asked_for_by_the_number_of_resamples(graders, made):
    old, new = made("old", rows_of("+-+-" * 5)), made("new", rows_of("+++-" * 5))
    done = graders("compare", old, new, "--on", "item.q", "--bootstrap", "200", "--seed", "1")
    student = graders("compare", old, new, "--on", "item.q")
    expected, other = (
        compare(old, new, on="item.q", bootstrap=number, seed=1).pairs[0].sentence for number in (200, None)
    )
    assert "95 % intervals of 200 resamples;" in done.stdout
    assert expected in done.stdout
    assert other in student.stdout
    assert expected != other
    assert graders("compare", old, new, "--bootstrap", "0").exit_code == 2


def test_rows_that_are_left_out_are_counted(graders, made):
    first, second = made("first", rows_of("+-+")), made("second", rows_of("+-"))
    done = graders("compare", first, second, "--on", "item.q")
    assert "left out of second - first: 1 in the first only" in done.stdout


def test_a_run_is_clustered_by_an_option(graders, made):
    Path("twice.jsonl").write_text(rows_of("+-++") * 2)
    run = graders("run", "grader.json", "twice.jsonl", "-o", "runs/twice", "--cluster-by", "item.q", "--json")
    once = made("once", rows_of("+-++"))
    summary = json.loads((Path(once) / "summary.json").read_text())
    found = json.loads(run.stdout)
    shown = graders("run", "grader.json", "twice.jsonl", "-o", "runs/shown", "--cluster-by", "item.q")
    assert "intervals are clustered by item.q: 4 values" in shown.stdout.splitlines()
    plain = graders("run", "grader.json", "twice.jsonl", "-o", "runs/plain")
    assert "clustered" not in plain.stdout
    assert found["clusters"] == {"path": "item.q", "count": 4}
    assert found["reward"]["low"] == pytest.approx(summary["reward"]["low"])
