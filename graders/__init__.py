"""Run OpenAI's grader documents on your own machine: same documents, same numbers, offline.

from graders import load_grader, evaluate

grader = load_grader("grader.json")
grade = grader.grade(item={"answer": "Paris"}, sample="Paris")
results = evaluate(grader, "data.jsonl", out="runs/first")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graders.compile import Asking, Confinement, Grader, Limits, Options, load_grader
    from graders.engine import evaluate
    from graders.errors import (
        ConfigError,
        ConfigWarning,
        DataError,
        DataWarning,
        GradersError,
        MissingExtraError,
        RunError,
        RunStoppedError,
    )
    from graders.results import Results
    from graders.scores import Grade, Scores

__all__ = [
    "Asking",
    "ConfigError",
    "ConfigWarning",
    "Confinement",
    "DataError",
    "DataWarning",
    "Grade",
    "Grader",
    "GradersError",
    "Limits",
    "MissingExtraError",
    "Options",
    "Results",
    "RunError",
    "RunStoppedError",
    "Scores",
    "evaluate",
    "load_grader",
]

_HOMES = {
    "compile": ("Asking", "Confinement", "Grader", "Limits", "Options", "load_grader"),
    "engine": ("evaluate",),
    "results": ("Results",),
    "scores": ("Grade", "Scores"),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: who only catches errors or loads a grader waits for no more than that."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((home for home, names in _HOMES.items() if name in names), "errors")
    value = globals()[name] = getattr(import_module(f"graders.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
