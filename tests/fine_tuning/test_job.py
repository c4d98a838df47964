"""The typed configs: the official names, the laws of load and dump, and where numbers end."""

from typing import Any

import openai.types.fine_tuning as official
import pytest
from openai.types.fine_tuning.job_create_params import JobCreateParams

from graders import fine_tuning
from graders.errors import ConfigError
from graders.fine_tuning import FineTuningJob, check_job, dump_job, load_job
from graders.fine_tuning.findings import Collected
from graders.fine_tuning.job import add_job_findings

EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}


def job(**hyperparameters: Any) -> dict[str, Any]:
    below = {"grader": dict(EXACT), "hyperparameters": hyperparameters}
    return {
        "model": "o4-mini-2025-04-16",
        "training_file": "file-train",
        "validation_file": "file-valid",
        "method": {"type": "reinforcement", "reinforcement": below},
    }


NAMES = (
    "SupervisedHyperparameters",
    "DpoHyperparameters",
    "ReinforcementHyperparameters",
    "SupervisedMethod",
    "DpoMethod",
    "ReinforcementMethod",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_config_has_the_fields_of_the_official_client(name: str) -> None:
    ours, theirs = (set(getattr(module, name).model_fields) for module in (fine_tuning, official))
    assert ours - {"response_format"} == theirs


def test_a_job_has_the_fields_of_the_official_client() -> None:
    assert set(FineTuningJob.model_fields) == set(JobCreateParams.__annotations__)


RANGES = {
    "batch_size": ((1, 256), (0, 257, 1.0, True, "1")),
    "n_epochs": ((1, 50), (0, 51)),
    "learning_rate_multiplier": ((1e-9, 2, 1000.5), (0, -1, "2", False)),
    "compute_multiplier": ((0.00002, 10), (0.00001, 10.1)),
    "eval_interval": ((1, 10_000), (0, 2.5)),
    "eval_samples": ((1, 10_000), (0, None.__class__)),
}


@pytest.mark.parametrize("name", RANGES)
def test_a_hyperparameter_is_auto_null_or_within_its_range(name: str) -> None:
    inside, outside = RANGES[name]
    for value in ("auto", None, *inside):
        assert dump_job(load_job(job(**{name: value}))) == job(**{name: value})
    for value in outside:
        with pytest.raises(
            ConfigError, match=rf"\$\.method\.reinforcement\.hyperparameters\.{name}: expected"
        ):
            load_job(job(**{name: value}))


def test_defaults_are_those_of_the_service() -> None:
    given = fine_tuning.ReinforcementHyperparameters()
    said = given.model_dump()
    assert said.pop("reasoning_effort") == "default"
    assert set(said.values()) == {"auto"}


def test_beta_goes_up_to_two() -> None:
    body = {"model": "gpt-4.1", "training_file": "f", "method": {"type": "dpo", "dpo": {}}}
    for beta, fits in ((2, True), (0, False), (2.1, False)):
        body["method"] = {"type": "dpo", "dpo": {"hyperparameters": {"beta": beta}}}
        assert (check_job(body).job is not None) is fits


def test_unknown_fields_survive_and_the_schema_keeps_its_name() -> None:
    form = {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": {"type": "object"}, "strict": True},
    }
    body = job()
    body["method"]["reinforcement"] |= {"response_format": form}
    body["trainingType"] = 1
    assert dump_job(load_job(body)) == body


def test_a_config_is_checked_like_its_document() -> None:
    config = load_job(job(n_epochs=2))
    assert check_job(config).job == config
    assert check_job(config).document == job(n_epochs=2)


def test_all_problems_come_at_once() -> None:
    body = job(n_epochs=0, batch_size=0) | {"suffix": "", "seed": -1}
    body["method"]["reinforcement"]["grader"]["operation"] = "equals"
    del body["model"]
    with pytest.raises(ConfigError) as caught:
        load_job(body)
    assert len(caught.value.problems) == 6


@pytest.mark.parametrize("body", [None, [], "job", 7, {}, {"method": 3}, {"method": {"type": []}}])
def test_whatever_comes_there_is_an_answer(body: Any) -> None:
    checked = check_job(body)
    assert checked.job is None
    assert checked.problems


@pytest.mark.parametrize(
    ("model", "azure", "taken"),
    [
        ("o4-mini-2025-04-16", False, True),
        ("ft:o4-mini-2025-04-16:org:name:id", False, True),
        ("o4-mini-high", False, False),
        ("o4-mini-deep-research", False, False),
        ("gpt-5-2025-08-07", True, True),
        ("gpt-5", False, False),
        ("gpt-5-mini", True, False),
    ],
)
def test_reinforcement_trains_some_models_only(model: str, azure: bool, taken: bool) -> None:
    found = Collected()
    add_job_findings(found, check_job({**job(), "model": model}), validated=True, azure=azure)
    assert ("model_not_trainable" in {each.kind for each in found.findings()}) is not taken


def test_the_old_hyperparameters_are_looked_at_too() -> None:
    body = {"model": "gpt-4.1", "training_file": "f", "hyperparameters": {"n_epoch": 3, "batch_size": 0}}
    assert sorted(problem.path for problem in check_job(body).problems) == [
        "$.hyperparameters.batch_size",
        "$.hyperparameters.n_epoch",
    ]


def test_empty_names_are_none() -> None:
    found = check_job({**job(), "model": "", "training_file": ""}).problems
    assert {problem.path for problem in found} == {"$.model", "$.training_file"}


def test_unknown_fields_are_found_below_integrations() -> None:
    found = Collected()
    wandb = {"type": "wandb", "wandb": {"project": "p", "tag": ["a"]}}
    add_job_findings(found, check_job({**job(), "integrations": [wandb]}), validated=True, azure=False)
    assert [str(each.places[0]) for each in found.findings()] == [
        "$.integrations[0].wandb.tag: unknown field (did you mean 'tags'?)"
    ]
