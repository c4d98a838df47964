"""A corpus of broken jobs and files: each with one planted fault, and where it must be found."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple


class Broken(NamedTuple):
    """A body, rows, and the kind, path and line of the fault; `valid` are other validation rows."""

    body: Any
    rows: Any
    kind: str
    path: str
    line: int | None = None
    valid: Any = ()
    name: str = "train.jsonl"


GRADER = "$.method.reinforcement.grader"
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}


def changed(value: Any, path: str, new: Any) -> Any:
    """Copy a value with another one at a dotted path; `...` takes the key away."""
    copied = deepcopy(value)
    *above, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    below = copied
    for key in above:
        below = below[key]
    if new is ...:
        del below[last]
    else:
        below[last] = new
    return copied


def form(schema: Any = SCHEMA, **more: Any) -> dict[str, Any]:
    """Give a response_format."""
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": schema, **more},
    }


def bodies(job: Callable[..., Any], rows: Any) -> dict[str, Broken]:
    """Give jobs with a broken body."""
    good, place = job(), "$.method.reinforcement.hyperparameters"

    def parameter(name: str, value: Any) -> Broken:
        return Broken(job(hyperparameters={name: value}), rows, "job_problem", f"{place}.{name}")

    def body(path: str, new: Any, kind: str, where: str) -> Broken:
        return Broken(changed(good, path, new), rows, kind, where)

    return {
        "no object": Broken([good], rows, "job_problem", "$"),
        "no model": body("model", ..., "job_problem", "$"),
        "no training file": body("training_file", ..., "job_problem", "$"),
        "a number as training file": body("training_file", 7, "job_problem", "$.training_file"),
        "no validation file": body("validation_file", ..., "validation_file_missing", "$.validation_file"),
        "a model that is not trained": body("model", "gpt-4.1", "model_not_trainable", "$.model"),
        "an empty suffix": body("suffix", "", "job_problem", "$.suffix"),
        "a long suffix": body("suffix", "x" * 65, "job_problem", "$.suffix"),
        "a negative seed": body("seed", -1, "job_problem", "$.seed"),
        "a seed that is too large": body("seed", 2**31, "job_problem", "$.seed"),
        "a number in the metadata": body("metadata", {"a": 1}, "job_problem", "$.metadata.a"),
        "too much metadata": body("metadata", {f"k{i}": "v" for i in range(17)}, "job_problem", "$.metadata"),
        "an integration of no known type": body(
            "integrations", [{"type": "mlflow"}], "job_problem", "$.integrations[0].type"
        ),
        "wandb without a project": body(
            "integrations", [{"type": "wandb", "wandb": {}}], "job_problem", "$.integrations[0].wandb"
        ),
        "an unknown method": body("method.type", "rlhf", "job_problem", "$.method.type"),
        "the object of another method": body("method.dpo", {}, "job_problem", "$.method.dpo"),
        "no object of the method": body("method.reinforcement", ..., "job_problem", "$.method"),
        "no grader": body("method.reinforcement.grader", ..., "job_problem", "$.method.reinforcement"),
        "a misspelt field": body("metdata", {}, "job_unknown_field", "$.metdata"),
        "old hyperparameters": body(
            "hyperparameters", {"n_epochs": 2}, "job_old_hyperparameters", "$.hyperparameters"
        ),
        "an old hyperparameter that is none": body(
            "hyperparameters", {"n_epoch": 2}, "job_problem", "$.hyperparameters.n_epoch"
        ),
        "no epochs": parameter("n_epochs", 0),
        "too many epochs": parameter("n_epochs", 51),
        "a batch of 257": parameter("batch_size", 257),
        "half a batch": parameter("batch_size", 1.5),
        "another word than auto": parameter("batch_size", "automatic"),
        "no learning rate": parameter("learning_rate_multiplier", 0),
        "too much compute": parameter("compute_multiplier", 10.5),
        "too little compute": parameter("compute_multiplier", 0.00001),
        "no interval": parameter("eval_interval", 0),
        "true as a number of samples": parameter("eval_samples", True),
        "an unknown effort": parameter("reasoning_effort", "maximum"),
        "a hyperparameter of another method": parameter("beta", 0.1),
        "a format of another type": Broken(
            job(response_format={"type": "json_object"}),
            rows,
            "job_problem",
            "$.method.reinforcement.response_format.type",
        ),
        "a format without a schema": Broken(
            job(response_format={"type": "json_schema", "json_schema": {"name": "a"}}),
            rows,
            "job_problem",
            "$.method.reinforcement.response_format.json_schema",
        ),
        "a strict schema that is open": Broken(
            job(response_format=form({"type": "object", "properties": {}})),
            rows,
            "response_format_loose",
            "$.method.reinforcement.response_format.json_schema.schema",
        ),
    }


def graders(job: Callable[..., Any], exact: Any, rows: Any) -> dict[str, Broken]:
    """Give jobs with a broken grader."""

    def grader(new: Any, kind: str, where: str, **below: Any) -> Broken:
        return Broken(job(new, **below), rows, kind, GRADER + where)

    def multi(formula: str, **parts: Any) -> dict[str, Any]:
        return {"type": "multi", "name": "m", "graders": {"a": exact, **parts}, "calculate_output": formula}

    alike = {**exact, "type": "text_similarity", "evaluation_metric": "rouge_l"}
    label = {
        "type": "label_model",
        "name": "l",
        "model": "gpt-4o-2024-08-06",
        "input": [{"role": "user", "content": "{{sample.output_text}}"}],
        "labels": ["good", "bad"],
        "passing_labels": ["good"],
    }
    score = {**label, "type": "score_model", "range": [0, 1]}
    read = {**exact, "input": "{{sample.output_json.name}}"}
    python = {"type": "python", "name": "p", "source": "def grade(sample):\n    return 1.0\n"}
    far = "import torch\n\ndef grade(sample, item):\n    return float(torch.tensor(1))\n"
    return {
        "a list of graders": grader([exact], "grader_problem", ""),
        "a map of graders": grader({"a": exact, "b": exact}, "grader_problem", ""),
        "the body of an eval": grader({"name": "e", "testing_criteria": [exact]}, "grader_problem", ""),
        "a misspelt operation": grader({**exact, "operation": "equals"}, "grader_problem", ".operation"),
        "an unknown type": grader({**exact, "type": "regex"}, "grader_problem", ".type"),
        "cosine": grader({**alike, "evaluation_metric": "cosine"}, "grader_refused", ".evaluation_metric"),
        "cosine in a multi": grader(
            multi("a * b", b={**alike, "evaluation_metric": "cosine"}),
            "grader_refused",
            ".graders.b.evaluation_metric",
        ),
        "a label_model at the top": grader(label, "grader_refused", ".type"),
        "a multi in a multi": grader(multi("a + b", b=multi("a")), "grader_problem", ".graders.b.type"),
        "an unknown name in a formula": grader(multi("a + c"), "grader_problem", ".calculate_output"),
        "a formula in Python": grader(multi("a ** 2"), "grader_problem", ".calculate_output"),
        "a constant formula": grader(multi("0 * a + 1"), "formula_constant", ".calculate_output"),
        "a part that is not used": grader(multi("a", b=alike), "formula_unused", ".calculate_output"),
        "a divisor that can be 0": grader(multi("1 / a"), "formula_may_fail", ".calculate_output"),
        "an unknown namespace": grader(
            {**exact, "reference": "{{row.answer}}"}, "grader_problem", ".reference"
        ),
        "a placeholder that is none": grader(
            {**exact, "reference": "{{item.answers[-1]}}"}, "grader_warning", ".reference"
        ),
        "nothing of the sample": grader({**exact, "input": "{{item.answer}}"}, "sample_unread", ""),
        "an impossible path": grader(read, "schema_path", ".input", response_format=form()),
        "a path that is not required": grader(
            {**exact, "input": "{{sample.output_json.answer}}"},
            "schema_path_optional",
            ".input",
            response_format=form({**SCHEMA, "required": []}, strict=False),
        ),
        "JSON without a format": grader(read, "output_json_unformatted", ".input"),
        "an unknown judge": grader({**score, "model": "llama-3"}, "judge_model_unsupported", ".model"),
        "an effort that the judge does not take": grader(
            {**score, "sampling_params": {"reasoning_effort": "low"}},
            "grader_warning",
            ".sampling_params.reasoning_effort",
        ),
        "a source of one argument": grader(python, "grader_problem", ".source"),
        "a key that the rows lack": Broken(
            job({**python, "source": "def grade(sample, item):\n    return float(item['unit'] == 'm')\n"}),
            rows,
            "source_variable_missing",
            "$.unit",
            1,
        ),
        "a key that the schema lacks": grader(
            {**python, "source": "def grade(sample, item):\n    return float(sample['output_json']['x'])\n"},
            "source_schema_path",
            ".source",
            response_format=form(),
        ),
        "a package that the image lacks": grader(
            {**python, "source": far}, "source_hosted_import", ".source"
        ),
    }


def rft_files(job: Callable[..., Any], exact: Any, rows: list[Any]) -> dict[str, Broken]:
    """Give reinforcement jobs with a broken file."""
    good = job()

    def row(path: str, new: Any, kind: str, where: str) -> Broken:
        return Broken(good, [*rows[:4], changed(rows[4], path, new), *rows[5:]], kind, where, 5)

    def line(text: Any, kind: str = "row_unreadable") -> Broken:
        return Broken(good, [*rows[:6], text, *rows[6:]], kind, "$", 7)

    message = "messages.0"
    alike = {**exact, "type": "text_similarity", "evaluation_metric": "bleu"}
    japanese = [*rows[:2], {**rows[2], "answer": "日本の首都は東京です"}, *rows[3:]]
    return {
        "seven rows": Broken(good, rows[:7], "too_few_rows", ""),
        "another ending": Broken(good, rows, "file_name", "", name="train.json.txt"),
        "a line that is no JSON": line('{"messages": ['),
        "a line that is an array": line("[1, 2]"),
        "NaN": line('{"messages": [], "answer": NaN}'),
        "a row twice": Broken(good, [*rows[:6], rows[2], *rows[6:]], "rows_duplicate", "$", 7),
        "one prompt with two answers": Broken(
            good, [*rows[:6], {**rows[2], "answer": "other"}, *rows[6:]], "rows_conflict", "$.messages", 7
        ),
        "no messages": row("messages", ..., "row_shape", "$.messages"),
        "an empty list of messages": row("messages", [], "row_shape", "$.messages"),
        "a message that is a text": row(message, "hello", "row_shape", "$.messages[0]"),
        "a message without a role": row(f"{message}.role", ..., "row_shape", "$.messages[0]"),
        "an unknown role": row(f"{message}.role", "human", "row_shape", "$.messages[0].role"),
        "the assistant at the end": row(
            f"{message}.role", "assistant", "row_last_role", "$.messages[0].role"
        ),
        "a number as content": row(f"{message}.content", 5, "row_shape", "$.messages[0].content"),
        "no content": row(f"{message}.content", ..., "row_shape", "$.messages[0]"),
        "an empty message": row(f"{message}.content", " ", "row_empty_message", "$.messages[0].content"),
        "a very long message": row(f"{message}.content", "x " * 150_000, "row_long", "$.messages"),
        "tools that are no list": row("tools", {}, "row_shape", "$.tools"),
        "a tool without a function": row("tools", [{"type": "function"}], "row_shape", "$.tools[0]"),
        "yes in the place of true": row("parallel_tool_calls", "yes", "row_shape", "$.parallel_tool_calls"),
        "no answer": row("answer", ..., "variable_missing", "$.answer"),
        "null as the answer": row("answer", None, "variable_null", "$.answer"),
        "an empty answer": row("answer", "", "reference_empty", f"{GRADER}.reference"),
        "a number among texts": Broken(good, [*rows, {**rows[0], "answer": 3}], "variable_types", ""),
        "short references under bleu": Broken(job(alike), rows, "reference_short", f"{GRADER}.reference", 1),
        "Japanese under rouge": Broken(
            job({**alike, "evaluation_metric": "rouge_1"}),
            japanese,
            "reference_unseen",
            f"{GRADER}.reference",
            3,
        ),
        "a validation row of the training file": Broken(
            good,
            rows,
            "rows_leak",
            "$",
            2,
            valid=[{**rows[0], "messages": [{"role": "user", "content": "?"}]}, rows[3]],
        ),
        "a broken validation row": Broken(
            good,
            rows,
            "variable_missing",
            "$.answer",
            1,
            valid=[{"messages": [{"role": "user", "content": "?"}]}],
        ),
    }


def other_files(other_job: Callable[..., Any], supervised: list[Any], dpo: list[Any]) -> dict[str, Broken]:
    """Give supervised and dpo jobs that are broken."""

    def row(method: str, path: str, new: Any, kind: str, where: str) -> Broken:
        rows = supervised if method == "supervised" else dpo
        return Broken(
            other_job(method), [*rows[:3], changed(rows[3], path, new), *rows[4:]], kind, where, 4, valid=None
        )

    def longer(rows: list[Any]) -> list[Any]:
        return [changed(row, "preferred_output.0.content", "a very long answer " * 9) for row in rows]

    return {
        "a supervised row without an answer": row(
            "supervised", "messages.2", {"role": "user", "content": "?"}, "row_no_target", "$.messages"
        ),
        "an answer of weight 0": row("supervised", "messages.2.weight", 0, "row_no_target", "$.messages"),
        "a weight of 2": row("supervised", "messages.2.weight", 2, "row_shape", "$.messages[2].weight"),
        "a weight of the user": row(
            "supervised", "messages.1.weight", 1, "row_shape", "$.messages[1].weight"
        ),
        "a field beside messages": row("supervised", "prompt", "x", "row_unknown_field", "$.prompt"),
        "no functions": row("supervised", "functions", [], "row_shape", "$.functions"),
        "a call without arguments": row(
            "supervised",
            "messages.2.tool_calls",
            [{"id": "1", "type": "function", "function": {"name": "f"}}],
            "row_shape",
            "$.messages[2].tool_calls[0]",
        ),
        "a tool's message without its call": row(
            "supervised", "messages.1", {"role": "tool", "content": "3"}, "row_shape", "$.messages[1]"
        ),
        "a dpo row without input": row("dpo", "input", ..., "row_shape", "$.input"),
        "old names": row("dpo", "preferred_output", ..., "row_shape", "$.preferred_output"),
        "two preferred messages": row(
            "dpo",
            "preferred_output",
            [{"role": "assistant", "content": "a"}, {"role": "assistant", "content": "b"}],
            "row_shape",
            "$.preferred_output",
        ),
        "the user's message preferred": row(
            "dpo", "preferred_output.0.role", "user", "row_shape", "$.preferred_output[0].role"
        ),
        "a pair of equals": row(
            "dpo", "preferred_output.0.content", "maybe so", "dpo_equal", "$.non_preferred_output"
        ),
        "a pair that differs in form alone": row(
            "dpo",
            "preferred_output.0.content",
            [{"type": "text", "text": "maybe so\n"}],
            "dpo_equal",
            "$.non_preferred_output",
        ),
        "the longer answer always preferred": Broken(
            other_job("dpo"), longer(dpo), "dpo_length", "", valid=None
        ),
        "a beta of 3": Broken(
            other_job("dpo", hyperparameters={"beta": 3}),
            dpo,
            "job_problem",
            "$.method.dpo.hyperparameters.beta",
            valid=None,
        ),
        "a reward's hyperparameter in a supervised job": Broken(
            other_job("supervised", hyperparameters={"eval_samples": 2}),
            supervised,
            "job_problem",
            "$.method.supervised.hyperparameters.eval_samples",
            valid=None,
        ),
    }
