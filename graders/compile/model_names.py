"""What models of known names do not take: a document that asks for it is warned about, never refused.

Design: an endpoint may give any model any name, so what no line of the table names is taken as it is.

Source: OpenAI's guide to reasoning models and the reference of `reasoning_effort`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = re.compile(r"gpt-(?:3\.5|4)")
"""Models that do not reason."""

_SILENT = re.compile(r"gpt-5\.1(?!\d|-codex|-chat)")
"""Models that do not reason unless they are told to."""

_REASONING: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (re.compile(r"gpt-5-pro"), frozenset({"none", "minimal", "low", "medium", "xhigh", "max"})),
    (re.compile(r"gpt-5\.1(?!\d|-codex-max|-chat)"), frozenset({"minimal", "xhigh", "max"})),
    (re.compile(r"gpt-5(?!\.|-chat)|o[134](?![a-z0-9])"), frozenset({"none", "xhigh"})),
)
"""Models that reason, and the efforts that they do not take; the first that fits counts."""


def sampling_warnings(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give (path below the document, message) of sampling parameters that the named model does not take."""
    model, sampling = document.get("model"), document.get("sampling_params")
    if not isinstance(model, str) or not isinstance(sampling, Mapping):
        return
    plain = model.removeprefix("ft:")
    effort, temperature = sampling.get("reasoning_effort"), sampling.get("temperature")
    refused = next((efforts for names, efforts in _REASONING if names.match(plain)), None)
    if effort is not None and _PLAIN.match(plain):
        yield ".sampling_params.reasoning_effort", f"{model!r} does not reason and takes no reasoning_effort"
    if refused is not None and isinstance(effort, str) and effort in refused:
        yield ".sampling_params.reasoning_effort", f"{model!r} does not take the effort {effort!r}"
    if refused is not None and temperature not in (None, 1) and not _is_silent(plain, effort):
        yield ".sampling_params.temperature", f"{model!r} reasons and takes no temperature but 1"


def _is_silent(model: str, effort: object) -> bool:
    return effort == "none" or (effort is None and _SILENT.match(model) is not None)
