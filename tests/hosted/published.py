"""What the hosted API of these tests holds: published shapes, published scores, and some malice."""

import json
from pathlib import Path
from typing import Any

FUZZY = (
    0.5342163355408389,
    0.48369565217391314,
    0.4444444444444444,
    0.3416557161629436,
    0.6117136659436009,
)
BLEU = (
    0.02312606229650494,
    0.025285242896752887,
    0.175794528167979,
    0.12997986228378333,
    0.01812756190015922,
)
# Source of both: published scores of Azure-hosted runs, notebook `Observability/Azure OpenAI
# evaluators.ipynb`, repository retkowsky/Azure-OpenAI-demos, 2025-06-26.
WHAT_IS, NORTHWIND = (1.0, 0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 1.0, 0.0, 1.0)
# Source: the pass rates published there (0.4 each); which rows they are follows from containment.

EVAL, RUN = "eval_68600000000000000000000000000001", "evalrun_68600000000000000000000000000001"
LARGE, GOING_ON = "eval_large", "evalrun_going_on"
HOSTILE = ("../../x", "e" * 300, "a\x00b\nc", "CON", "..", "Eval_Large", "日本/..\\%2e")
ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "known_answers" / "hosted_rows.jsonl")
    .read_text("utf-8")
    .splitlines()
]


def similarity(metric: str) -> dict[str, Any]:
    """Give a criterion as a stored eval shows it."""
    return {
        "type": "text_similarity",
        "name": metric,
        "id": f"{metric}-a2486074-0000-4000-8000-000000000000",
        "input": "{{item.response}}",
        "reference": "{{item.ground_truth}}",
        "evaluation_metric": metric,
        "pass_threshold": 0.5,
        "grdr_id": None,
        "inactive_at": None,
    }


def contains(text: str) -> dict[str, Any]:
    """Give a criterion as a stored eval shows it."""
    return {
        "type": "string_check",
        "name": f"has {text}",
        "id": f"has {text}-a2486074-0000-4000-8000-000000000001",
        "input": "{{item.query}}",
        "reference": text,
        "operation": "like",
        "grdr_id": None,
        "inactive_at": None,
    }


CRITERIA = [similarity("fuzzy_match"), similarity("bleu"), contains("What is"), contains("Northwind")]
SCORES = (FUZZY, BLEU, WHAT_IS, NORTHWIND)


def eval_body(id_: str, criteria: list[Any], **more: Any) -> dict[str, Any]:
    """Give an eval as the API does."""
    schema = {"type": "object", "properties": {"item": {"type": "object"}}, "required": ["item"]}
    config = {"type": "custom", "schema": schema, "max_items": None}
    head = {"id": id_, "object": "eval", "created_at": 1750000000, "name": f"the eval {id_[:20]}"}
    return head | {"data_source_config": config, "metadata": {}, "testing_criteria": criteria} | more


def run_body(name: str, of_eval: str, source: Any = None, **more: Any) -> dict[str, Any]:
    """Give a run as the API does."""
    return {
        "object": "eval.run", "id": name, "eval_id": of_eval, "report_url": "https://example.invalid",
        "status": "completed", "model": None, "name": name, "created_at": 1750000100,
        "result_counts": {"total": 5, "errored": 0, "failed": 3, "passed": 2},
        "per_model_usage": None, "per_testing_criteria_results": None, "metadata": {}, "error": None,
        "data_source": {"type": "jsonl", "source": source or {"type": "file_content", "content": []}},
    } | more  # fmt: skip


def item_body(number: int, row: dict[str, Any], results: list[Any], of: tuple[str, str]) -> dict[str, Any]:
    """Give an output item as the API does."""
    return {
        "object": "eval.run.output_item", "id": f"outputitem_{of[1]}_{number:04d}", "created_at": 1750000200,
        "run_id": of[1], "eval_id": of[0], "status": "fail", "datasource_item_id": number,
        "datasource_item": row, "results": results, "sample": None,
    }  # fmt: skip


def published_items(criteria: list[Any] = CRITERIA) -> list[dict[str, Any]]:
    """Give the five published rows with their hosted results, in reverse order as they were published."""
    items = []
    for number, row in enumerate(map(dict, ROWS)):
        results = []
        for criterion, scores in zip(criteria, SCORES, strict=True):
            score = scores[number]
            passed = score >= criterion.get("pass_threshold", 1.0)
            results.append({"name": criterion["id"], "sample": None, "passed": passed, "score": score})
        items.append(item_body(number, row, results, (EVAL, RUN)))
    return items[::-1]


def fill(api: Any, *, runs: int = 3, items: int = 101, hostile: int = len(HOSTILE)) -> None:
    """Fill the API: the published eval, a large one, hostile ones, files that are there or are not."""
    api.add_eval(eval_body(EVAL, CRITERIA, unknown={"kept": [1.0, 1e2, 123456789012345678901234567890]}))
    api.add_run(EVAL, run_body(RUN, EVAL, {"type": "file_id", "id": "file-Abc123"}))
    api.add_run(EVAL, run_body(GOING_ON, EVAL, {"type": "file_id", "id": "file-gone"}, status="in_progress"))
    api.add_run(EVAL, run_body("evalrun_canceled", EVAL, {"type": "file_id", "id": "file-gone"}))
    api.add_items(EVAL, RUN, published_items())
    api.add_items(EVAL, "evalrun_canceled", [])
    api.add_eval(eval_body(LARGE, [contains("x")]))
    for number in range(runs):
        name = f"evalrun_{number:03d}"
        api.add_run(LARGE, run_body(name, LARGE, created_at=1750000100 + number))
        rows = [item_body(each, {"query": f"row {each} é"}, [], (LARGE, name)) for each in range(items)]
        api.add_items(LARGE, name, rows)
    for number, name in enumerate(HOSTILE[:hostile]):
        run = f"{name} run"
        api.add_eval(eval_body(name, [], name=f"\x1b[31m{name}"))
        api.add_run(name, run_body(run, name, {"type": "file_id", "id": f"../{number}"}))
        api.add_items(name, run, [item_body(0, {"n": number}, [], (name, run))])
        about = {"id": f"../{number}", "object": "file", "bytes": 3, "filename": "../../../etc/passwd"}
        api.add_file(about, b"abc")
    lines = b"".join(json.dumps({"item": row}).encode() + b"\n" for row in ROWS)
    about = {
        "id": "file-Abc123", "object": "file", "bytes": len(lines), "created_at": 1750000000,
        "filename": "rows.jsonl", "purpose": "evals", "status": "processed",
    }  # fmt: skip
    api.add_file(about, lines)
