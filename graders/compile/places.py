"""Where OpenAI's services would take a document, and why not.

The engine computes more than any one of them accepts: `/graders/run` and reinforcement jobs take neither
`cosine` nor a `label_model` of its own, Evals takes no `multi` and wants a threshold for text_similarity.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from graders.errors import Problem

Place = Literal["rft", "evals", "run"]
PLACES: tuple[Place, ...] = get_args(Place)
NAMES: Mapping[Place, str] = {"rft": "a reinforcement job", "evals": "Evals", "run": "/graders/run"}


def refusals(
    place: Place, path: str, document: Mapping[str, Any], *, part_of_multi: bool
) -> Iterator[Problem]:
    """Say why a place would refuse a grader; a sub-grader is judged as part of its multi."""
    name, kind = NAMES[place], document.get("type")
    similarity = kind == "text_similarity"
    if similarity and document.get("evaluation_metric") == "cosine" and (part_of_multi or place != "evals"):
        inside = " inside a multi grader" if part_of_multi else ""
        yield Problem(f"{path}.evaluation_metric", f"{name} refuses cosine{inside}")
    if part_of_multi:
        return
    if place != "evals" and kind == "label_model":
        yield Problem(f"{path}.type", f"{name} takes a label_model grader inside a multi grader only")
    if place == "evals" and kind == "multi":
        yield Problem(f"{path}.type", f"{name} takes no multi grader; its parts can be criteria of their own")
    if place == "evals" and similarity and document.get("pass_threshold") is None:
        yield Problem(path, f"{name} needs 'pass_threshold' in a text_similarity grader")
