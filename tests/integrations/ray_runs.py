"""Grades with a real Ray on this machine, for `test_ray.py`, which reads what this prints.

python ray_runs.py ROWS.parquet BAD.parquet
"""

import json
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from graders import Confinement, Limits, load_grader
from graders.judges.scripted import ScriptedJudge

JUDGED = {
    "type": "score_model",
    "name": "judged",
    "model": "some-model",
    "range": [0, 9],
    "input": [{"role": "user", "content": "{{sample.output_text}}"}],
}
NAMED = {**JUDGED, "input": [{"role": "user", "content": "{{item.model}} {{item.id}}"}]}  # no two are equal
COUNTED = {
    "type": "python",
    "name": "counted",
    "source": "def grade(sample, item): return len(item['answer'])",
}
CONFINEMENT = Confinement(level="none", workers=1)


def last_digit(request: Any) -> dict[str, Any]:
    """Judge a text by how long it is."""
    return {"steps": [], "result": len(request.messages[0]["content"]) % 10}


def by_function() -> ScriptedJudge:
    return ScriptedJudge(last_digit, identity="last digit of the length")


def by_row(n: int) -> ScriptedJudge:
    return ScriptedJudge({row: {"steps": [], "result": row % 10} for row in range(n)})


def refused(call: Callable[[], object]) -> str:
    """What a call is refused with, before anything is graded."""
    try:
        call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "not refused"


def results(rows: Any, bad: Any) -> dict[str, Any]:
    from graders.integrations.ray import score

    few, limits = rows.limit(400), Limits(concurrency=8, max_calls=100)
    graded = {
        "tasks": score(rows, "template:gsm8k", batch_size=500),
        "bad": score(bad, "template:gsm8k", id_field="id", concurrency=1),
        "judge": score(rows, JUDGED, judge=by_function(), concurrency=2),
        "judge by row": score(few, load_grader(NAMED, judge=by_row(5276))),
        "budget": score(rows, JUDGED, judge=by_function(), limits=limits, concurrency=2, batch_size=50),
        "python": score(few, COUNTED, confinement=CONFINEMENT, concurrency=1),
    }
    return {name: dataset.take_all() for name, dataset in graded.items()}


def refusals(rows: Any) -> dict[str, str]:
    from graders.integrations.ray import score

    in_order = ScriptedJudge([{"steps": [], "result": 1}])
    made = load_grader(JUDGED, judge=by_function())
    small = Limits(max_calls=3)
    nameless = rows.drop_columns(["id"])
    without = rows.drop_columns(["sample"]).materialize()
    return {
        "document": refused(lambda: score(rows, {"type": "string_chek"})),
        "no judge": refused(lambda: score(rows, JUDGED)),
        "no ids": refused(lambda: score(nameless, "template:gsm8k")),
        "no sample": refused(lambda: score(without, "template:gsm8k")),
        "in order": refused(lambda: score(rows, JUDGED, judge=in_order)),
        "small budget": refused(
            lambda: score(rows, JUDGED, judge=by_function(), limits=small, concurrency=4)
        ),
        "no actors": refused(lambda: score(rows, "template:gsm8k", concurrency=0)),
        "made": refused(lambda: score(rows, made, judge=by_function())),
        "made, shared": refused(lambda: score(rows, made, concurrency=2)),
    }


def main() -> None:
    import ray
    import ray.data

    with tempfile.TemporaryDirectory(prefix="ray") as folder:
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _temp_dir=folder)
        try:
            rows, bad = (ray.data.read_parquet(path) for path in sys.argv[1:])
            print(json.dumps({"results": results(rows, bad), "refusals": refusals(rows)}))
        finally:
            ray.shutdown()


if __name__ == "__main__":
    main()
