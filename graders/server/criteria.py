"""Testing criteria: from what a body says to what a stored eval shows."""

import uuid
from collections.abc import Mapping
from typing import Any

from graders.sandbox import HOSTED_IMAGE
from graders.sandbox.confinement import Confinement
from graders.server.answers import alphanumeric
from graders.server.failures import ApiError, invalid, wrong_choice, wrong_type
from graders.server.parameters import checked, required
from graders.server.problems import check

TYPES = ("label_model", "string_check", "text_similarity", "python", "score_model")
MOST_CRITERIA = 100


def criteria_of(body: Mapping[str, Any], confinement: Confinement) -> list[dict[str, Any]]:
    """Give the testing criteria in a body as an eval shows them.

    Raises:
        ApiError: there are none, or Evals would not take one of them.
    """
    given: list[Any] = required(body, "testing_criteria", list)
    if not given:
        message = "Invalid 'testing_criteria': empty array. Expected an array with minimum length 1."
        raise invalid("testing_criteria", message, "empty_array")
    if len(given) > MOST_CRITERIA:
        message = f"Invalid 'testing_criteria': array too long. Expected at most {MOST_CRITERIA}."
        raise invalid("testing_criteria", message, "array_above_max_length")
    return [_normal(part, f"testing_criteria[{place}]", confinement) for place, part in enumerate(given)]


def _normal(part: Any, param: str, confinement: Confinement) -> dict[str, Any]:
    document: dict[str, Any] = checked(part, dict, param)
    kind = required(document, "type", str, f"{param}.")
    if kind not in TYPES:
        raise wrong_choice(f"{param}.type", kind, TYPES)
    check(document, "evals", param, confinement)
    name = document.get("name")
    if name is not None and not isinstance(name, str):
        raise wrong_type(f"{param}.name", "a string", name)
    if name is not None and len(name) > 1000:
        raise ApiError(400, f"Invalid '{param}.name': string too long.", param=f"{param}.name")
    name = name or f"grader-{alphanumeric(12)}"
    image = {"image_tag": document.get("image_tag") or HOSTED_IMAGE} if kind == "python" else {}
    ours = {"id": f"{name}-{uuid.uuid4()}", "grdr_id": None, "inactive_at": None}
    return {**document, "name": name, **image, **ours}
