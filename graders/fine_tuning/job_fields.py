"""The fields of a job's body that its models let through: unknown ones, and those of other methods."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from graders.config import join
from graders.config.models import Part
from graders.config.problems import did_you_mean
from graders.errors import Problem
from graders.fine_tuning import methods
from graders.fine_tuning.hyperparameters import (
    DpoHyperparameters,
    ReinforcementHyperparameters,
    SupervisedHyperparameters,
)
from graders.fine_tuning.methods import FineTuningJob, MethodType
from graders.fine_tuning.nested import dig

_HYPERPARAMETERS: Mapping[str, type[SupervisedHyperparameters]] = {
    "supervised": SupervisedHyperparameters,
    "dpo": DpoHyperparameters,
    "reinforcement": ReinforcementHyperparameters,
}
_OF_AZURE = ("tools", "max_episode_steps")


def method_named(name: object) -> MethodType | None:
    """Give the method of a name; None where there is none."""
    return next((method for method in get_args(MethodType) if method == name), None)


def shape_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Say what the models let through: unknown hyperparameters, objects of other methods."""
    no_such = "no hyperparameter of this method"
    yield from _unknown(
        document.get("hyperparameters"), SupervisedHyperparameters, "$.hyperparameters", no_such
    )
    method = document.get("method")
    if not isinstance(method, Mapping):
        return
    kind = method_named(method.get("type"))
    for name, model in _HYPERPARAMETERS.items():
        if kind not in (None, name) and method.get(name) is not None:
            yield Problem(
                join("$.method", name), f"expected the object of {kind!r} only; got one of {name!r}"
            )
        given = dig(method, (name, "hyperparameters"))
        yield from _unknown(given, model, f"$.method.{name}.hyperparameters", no_such)
    if kind == "reinforcement" and method.get("reinforcement") is None:
        yield Problem("$.method", "missing field 'reinforcement'")


def unknown_fields(document: Mapping[str, Any], *, azure: bool) -> Iterator[Problem]:
    """Name the fields that no model knows; hyperparameters are problems already."""
    method = document.get("method")
    below: list[tuple[str, Any, type[Part]]] = [
        ("$", document, FineTuningJob),
        ("$.method", method, methods.Method),
        ("$.method.supervised", dig(method, ("supervised",)), methods.SupervisedMethod),
        ("$.method.dpo", dig(method, ("dpo",)), methods.DpoMethod),
        ("$.method.reinforcement", dig(method, ("reinforcement",)), methods.ReinforcementMethod),
    ]
    integrations = document.get("integrations")
    for index, each in enumerate(integrations if isinstance(integrations, list) else ()):
        below += [
            (f"$.integrations[{index}]", each, methods.Integration),
            (f"$.integrations[{index}].wandb", dig(each, ("wandb",)), methods.Wandb),
        ]
    for path, value, model in below:
        for problem in _unknown(value, model, path, "unknown field"):
            if not (azure and problem.path.rpartition(".")[2] in _OF_AZURE):
                yield problem


def _unknown(value: Any, model: type[Part], path: str, message: str) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        names = list(model.model_fields)
        for key in value:
            if key not in names:
                yield Problem(join(path, str(key)), message + did_you_mean(str(key), names))
