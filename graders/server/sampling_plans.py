"""How a run asks its model: what stands in `model`, `input_messages` and `sampling_params`, checked.

Design: what is not said has the default of the published API, and is sent, so that an output item tells the
truth about how it was sampled; only what an endpoint refuses to be told is left to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as Folder
from typing import Any, Literal, NamedTuple, Self

from pydantic import ValidationError

from graders.batch import Batch, Path
from graders.config.messages import GraderMessage
from graders.config.models import Part
from graders.config.problems import problems_of
from graders.errors import ConfigError, Failure
from graders.sampling import Chat, Responses, SampleRequest
from graders.sampling.replies import Style
from graders.scoring.prompt import Prompt
from graders.server.failures import ApiError, invalid, wrong_type
from graders.server.parameters import checked, chosen, only, optional, required
from graders.server.problems import of_config_error

FIELDS: Mapping[str, Sequence[str]] = {
    "jsonl": ("type", "source"),
    "completions": ("type", "source", "model", "input_messages", "sampling_params", "modalities"),
    "responses": ("type", "source", "model", "input_messages", "sampling_params"),
}
"""What a data source of each type may hold."""

TEMPERATURE, TOP_P, SEED, MAX_TOKENS = 1.0, 1.0, 42, 4096
_MESSAGES, _PARAMS = "data_source.input_messages", "data_source.sampling_params."
_LIMITS = ("max_completion_tokens", "max_completions_tokens", "max_tokens")
"""Names of the token limit: the published one, that of observed answers, and Azure's."""
_SAID_OF_ALL = ("temperature", "top_p", "seed", "reasoning_effort", "tools", *_LIMITS)
_STYLES: Mapping[str, Style] = {"completions": Chat(), "responses": Responses()}
_EVERYWHERE = ("function", "custom")
"""Tools that a model calls and somebody else runs."""
MOST_TOOLS = 128
Messages = Sequence[Mapping[str, Any]]


class _Template(Part):
    type: Literal["template"]
    template: list[GraderMessage]


class _Range(NamedTuple):
    low: float
    high: float


TEMPERATURES, TOP_PS = _Range(0, 2), _Range(0, 1)


@dataclass(frozen=True)
class SamplingPlan:
    """A model, the messages it is asked, and how it samples; `request` is one without messages."""

    model: str
    style: Style
    messages: Prompt | Path
    request: SampleRequest = field(repr=False)

    @classmethod
    def of(cls, source: Mapping[str, Any], media_root: Folder | None = None) -> Self:
        """Read the data source of a run that samples; pictures and sounds at a path are below `media_root`.

        Raises:
            ApiError: it cannot be used.
        """
        kind = source["type"]
        model: str = required(source, "model", str, "data_source.")
        if not model:
            raise invalid("data_source.model", "Invalid 'data_source.model': empty string.")
        messages = _messages(required(source, "input_messages", dict, "data_source."), media_root)
        given = optional(source, "sampling_params", dict, "data_source.") or {}
        modalities = optional(source, "modalities", list, "data_source.")
        return cls(model, _STYLES[kind], messages, _request(given, kind, modalities))

    @property
    def other_tools(self) -> list[str]:
        """The types of tools that an endpoint would have to run itself."""
        types = [str(tool.get("type")) for tool in self.request.tools or ()]
        return [each for each in types if each not in _EVERYWHERE]

    def render(self, batch: Batch) -> dict[int, Messages | Failure]:
        """Give the messages of each row, or why there are none."""
        if isinstance(self.messages, Path):
            return dict(enumerate(_referred(self.messages, batch)))
        messages, failures = self.messages.render(batch)
        return {**messages, **failures}


def _referred(path: Path, batch: Batch) -> list[Messages | Failure]:
    wrong = Failure("wrong_shape", f"Variable {path.text!r} is no list of messages.")
    values = batch.column(path)
    return [each if isinstance(each, Failure) or _are_messages(each) else wrong for each in values]


def _are_messages(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _messages(given: Mapping[str, Any], media_root: Folder | None) -> Prompt | Path:
    if chosen(given, "type", ("template", "item_reference"), f"{_MESSAGES}.") == "item_reference":
        only(given, ("type", "item_reference"), f"{_MESSAGES}.")
        return _reference(required(given, "item_reference", str, f"{_MESSAGES}."))
    only(given, ("type", "template"), f"{_MESSAGES}.")
    listed = required(given, "template", list, f"{_MESSAGES}.")
    if not listed:
        message = f"Invalid '{_MESSAGES}.template': empty array. Expected at least one message."
        raise invalid(f"{_MESSAGES}.template", message, "empty_array")
    try:
        messages = _Template.model_validate(dict(given)).template
    except ValidationError as error:
        problems = list(problems_of(error, given, set(_Template.model_fields), "$"))
        raise of_config_error({}, ConfigError(problems), _MESSAGES) from None
    prompt = Prompt.of(messages, media_root)
    for path in prompt.paths:
        if path.head != "item":
            param = f"{_MESSAGES}.template"
            said = f"expected a path that begins with item, since nothing is sampled yet; got {path.text!r}"
            raise invalid(param, f"Invalid '{param}': {said}.")
    return prompt


def _reference(text: str) -> Path:
    param = f"{_MESSAGES}.item_reference"
    try:
        path = Path.parse(text)
    except ValueError as error:
        raise invalid(param, f"Invalid '{param}': {error}.") from None
    if path.head != "item" or not path.segments:
        raise invalid(param, f"Invalid '{param}': expected a path such as 'item.messages'; got {text!r}.")
    return path


def _request(given: Mapping[str, Any], kind: str, modalities: Any) -> SampleRequest:
    formed = "response_format" if kind == "completions" else "text"
    only(given, (*_SAID_OF_ALL, formed), _PARAMS)
    form = optional(given, formed, dict, _PARAMS)
    if kind == "responses" and form is not None:
        only(form, ("format",), f"{_PARAMS}text.")
        form = optional(form, "format", dict, f"{_PARAMS}text.")
    if form is not None:
        chosen(form, "type", ("text", "json_object", "json_schema"), f"{_PARAMS}{formed}.")
    seed = optional(given, "seed", int, _PARAMS)
    return SampleRequest(
        (),
        tools=_tools(given),
        response_format=None if form is None or form["type"] == "text" else form,
        temperature=_number(given, "temperature", TEMPERATURES, TEMPERATURE),
        top_p=_number(given, "top_p", TOP_PS, TOP_P),
        max_tokens=_limit(given),
        seed=SEED if seed is None else seed,
        reasoning_effort=optional(given, "reasoning_effort", str, _PARAMS),
        modalities=modalities,
    )


def _tools(given: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    tools = optional(given, "tools", list, _PARAMS) or []
    if len(tools) > MOST_TOOLS:
        message = f"Invalid '{_PARAMS}tools': array too long. Expected at most {MOST_TOOLS}."
        raise invalid(f"{_PARAMS}tools", message, "array_above_max_length")
    for place, tool in enumerate(tools):
        required(checked(tool, dict, f"{_PARAMS}tools[{place}]"), "type", str, f"{_PARAMS}tools[{place}].")
    return tools or None


def _number(given: Mapping[str, Any], name: str, bounds: _Range, usual: float) -> float:
    value = given.get(name)
    if value is None:
        return usual
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(_PARAMS + name, "a decimal number", value)
    if not bounds.low <= value <= bounds.high:
        raise _out_of(name, f"a value from {bounds.low} to {bounds.high}", value)
    return float(value)


def _limit(given: Mapping[str, Any]) -> int:
    for name in _LIMITS:
        value = optional(given, name, int, _PARAMS)
        if value is not None and value < 1:
            raise _out_of(name, "a value >= 1", value)
        if value is not None:
            return int(value)
    return MAX_TOKENS


def _out_of(name: str, expected: str, value: float) -> ApiError:
    message = f"Invalid '{_PARAMS}{name}': expected {expected}, but got {value!r} instead."
    return invalid(_PARAMS + name, message)
