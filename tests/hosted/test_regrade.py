"""`regrade`: our scores against the hosted ones, on what was pulled."""

import json
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from graders import evaluate, load_grader
from graders.errors import DataError, RunError
from graders.hosted import Account, Archive, Connection, Regraded, Source, pull, regrade


def exported(folder: Path, body: Any, items: Any) -> Archive:
    (folder / "evals.json").write_text(json.dumps(body))
    (folder / "items.json").write_text(json.dumps(items))
    return Archive.exported(folder / "evals.json", folder / "items.json")


def regraded(folder: Path, published: ModuleType, items: Any, criteria: Any = None, **more: Any) -> Regraded:
    body = published.eval_body(published.EVAL, criteria or published.CRITERIA)
    return regrade(exported(folder, body, items), **more)


@pytest.fixture
def pulled(hosted: Any, published: ModuleType, tmp_path: Path) -> Path:
    published.fill(hosted, runs=1)
    with Connection(Account("key", hosted.url)) as connection:
        pull(Source(connection), tmp_path / "out")
    return tmp_path / "out"


def test_the_published_scores_come_out_again(pulled: Path, published: ModuleType) -> None:
    report = regrade(Archive.pulled(pulled), evals={published.EVAL}).evals[0]
    assert [criterion.name for criterion in report.criteria] == [
        "fuzzy_match", "bleu", "has What is", "has Northwind",
    ]  # fmt: skip
    for criterion in report.criteria:
        assert (criterion.compared, criterion.agree, criterion.largest) == (5, 5, 0.0)
        assert (criterion.differ, criterion.failed, criterion.passed_differs) == (0, 0, 0)


def test_a_pulled_run_is_graded_by_its_own_eval(pulled: Path, published: ModuleType, tmp_path: Path) -> None:
    grader = load_grader(pulled / "evals" / f"{published.EVAL}.json")
    results = evaluate(grader, pulled / "items" / f"{published.RUN}.jsonl", out=tmp_path / "run")
    rows = {row["id"]: row["sub_rewards"] for row in results.rows()}
    assert list(rows) == [4, 3, 2, 1, 0]
    assert [rows[each]["fuzzy_match"] for each in range(5)] == list(published.FUZZY)
    assert [rows[each]["bleu"] for each in range(5)] == list(published.BLEU)


def test_a_tampered_score_is_reported(published: ModuleType, tmp_path: Path) -> None:
    items = published.published_items()
    items[4]["results"][0]["score"] += 1e-9
    items[0]["results"][2]["passed"] = True
    report = regraded(tmp_path, published, items)
    fuzzy, _, what_is, _ = report.evals[0].criteria
    assert report.differ == 2
    assert (fuzzy.agree, fuzzy.passed_differs) == (4, 0)
    assert fuzzy.largest == pytest.approx(1e-9, rel=1e-3)
    assert [(each.id, each.local) for each in fuzzy.differences] == [(0, published.FUZZY[0])]
    assert (what_is.agree, what_is.passed_differs) == (5, 1)
    assert [(each.id, each.hosted_passed, each.local_passed) for each in what_is.differences] == [
        (4, True, False)
    ]


def test_the_rows_that_are_kept_are_bounded(published: ModuleType, tmp_path: Path) -> None:
    items = published.published_items()
    for item in items:
        item["results"][0]["score"] = 0.0
    fuzzy = regraded(tmp_path, published, items, examples=2).evals[0].criteria[0]
    assert (fuzzy.differ, len(fuzzy.differences)) == (5, 2)


def test_a_criterion_that_cannot_be_computed_costs_no_other(published: ModuleType, tmp_path: Path) -> None:
    judged = {
        "type": "score_model", "name": "judged", "id": "judged-1", "model": "gpt-4o",
        "input": [{"role": "user", "content": "{{item.query}}"}],
    }  # fmt: skip
    broken = {"type": "string_check", "name": "broken", "id": "broken-1"}
    report = regraded(
        tmp_path,
        published,
        published.published_items(),
        [*published.CRITERIA, published.similarity("cosine"), judged, broken, 7],
    )
    *computed, cosine, model, wrong, none = report.evals[0].criteria
    assert [criterion.agree for criterion in computed] == [5] * 4
    assert "embeddings" in (cosine.not_computed or "")
    assert "judge" in (model.not_computed or "")
    assert "input" in (wrong.not_computed or "")
    assert none.not_computed is not None
    assert report.differ == 0


def test_results_are_found_by_the_name_where_no_id_fits(published: ModuleType, tmp_path: Path) -> None:
    items = published.published_items()
    for item in items:
        for result, criterion in zip(item["results"], published.CRITERIA, strict=True):
            result["name"] = criterion["name"]
    assert regraded(tmp_path, published, items).compared == 20
    doubled = deepcopy(published.CRITERIA)
    doubled[1]["name"] = "fuzzy_match"
    assert regraded(tmp_path, published, items, doubled).compared == 10


def test_rows_without_a_hosted_score_are_not_compared(published: ModuleType, tmp_path: Path) -> None:
    items = published.published_items()
    items[0]["results"] = []
    items[1]["results"] = None
    items[2]["results"][0]["score"] = None
    items[3]["results"][0]["score"] = 10**400
    fuzzy = regraded(tmp_path, published, items).evals[0].criteria[0]
    assert (fuzzy.compared, fuzzy.without_hosted, fuzzy.differ) == (1, 4, 0)


def test_a_row_that_cannot_be_graded_here_is_counted_apart(published: ModuleType, tmp_path: Path) -> None:
    items = published.published_items()
    del items[0]["datasource_item"]["response"]
    items[1]["datasource_item"] = "no object"
    fuzzy = regraded(tmp_path, published, items).evals[0].criteria[0]
    assert (fuzzy.compared, fuzzy.failed, fuzzy.differ) == (3, 2, 0)
    assert fuzzy.first_failure == "item 4: Variable 'item.response' was not found."


@pytest.mark.parametrize("form", ["page", "list", "lines", "one"])
def test_saved_answers_of_the_client_are_read(published: ModuleType, tmp_path: Path, form: str) -> None:
    body, items = published.eval_body(published.EVAL, published.CRITERIA), published.published_items()
    if form == "one":
        items = items[:1]
    texts = {
        "page": lambda values: json.dumps({"data": values, "object": "list", "has_more": False}, indent=2),
        "list": lambda values: json.dumps(values),
        "lines": lambda values: "".join(json.dumps(each) + "\n" for each in values),
        "one": lambda values: json.dumps(values[0], indent=2),
    }
    paths = [tmp_path / f"{name}.json{'l' * (form == 'lines')}" for name in ("evals", "items")]
    for path, values in zip(paths, ([body], items), strict=True):
        path.write_text(texts[form](values))
    report = regrade(Archive.exported(*paths))
    assert (report.compared, report.differ) == (4 * len(items), 0)
    assert report.evals[0].runs == {published.RUN}
    grader = load_grader(body)
    assert evaluate(grader, paths[1], out=tmp_path / "run").summary.rows == len(items)


def test_items_of_an_eval_that_is_not_there_are_noted(published: ModuleType, tmp_path: Path) -> None:
    items = published.published_items()
    items[0]["eval_id"] = "eval_other"
    report = regraded(tmp_path, published, items)
    assert list(report.problems) == ["1 items belong to no eval that is here"]
    assert report.compared == 16


def test_a_pulled_eval_without_criteria_is_passed_over(pulled: Path, published: ModuleType) -> None:
    path = pulled / "evals.jsonl"
    path.write_text(path.read_text("utf-8").replace('"testing_criteria": []', '"testing_criteria": 0'))
    report = regrade(Archive.pulled(pulled))
    assert (len(report.evals), report.compared) == (2, 20)
    assert len([each for each in report.problems if "is no eval" in each]) == len(published.HOSTILE)


def test_a_file_without_evals_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected evals"):
        exported(tmp_path, {"data": [{"id": "x"}], "has_more": False}, [])
    with pytest.raises(RunError, match="not a pulled directory"):
        Archive.pulled(tmp_path)
