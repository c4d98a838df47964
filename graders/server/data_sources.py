"""`data_source` of a run: whether it can be used, and which stored bytes it reads."""

from collections.abc import Mapping
from typing import Any

from graders.server.failures import ApiError, invalid, not_found
from graders.server.parameters import chosen, only, required
from graders.server.rows import RowError, check_rows, inline_rows
from graders.server.sampling_plans import FIELDS, SamplingPlan
from graders.server.settings import Settings
from graders.server.sources import item_schema_of
from graders.store import Store, StoredEval

SOURCES = ("jsonl", "completions", "responses")
_PATH, _SOURCE = "data_source.", "data_source.source."
_LOGS = {"completions": "stored_completions", "responses": "responses"}
"""What the two sources that sample call the requests that the service has logged."""


def reads_logs(source: Mapping[str, Any]) -> bool:
    """Say whether a data source reads requests that a service has logged."""
    return bool(source["source"].get("type") == _LOGS.get(source["type"]))


def blob_of(
    source: Mapping[str, Any], of_eval: StoredEval, settings: Settings, store: Store, now: int
) -> str | None:
    """Check a data source; give the name of the bytes that it reads, None where it reads none.

    Raises:
        ApiError: it cannot be used.
    """
    kind = chosen(source, "type", SOURCES, _PATH)
    only(source, FIELDS[kind], _PATH)
    place: dict[str, Any] = required(source, "source", dict, _PATH)
    if place.get("type") == _LOGS.get(kind):
        return None  # hosted, too, it is found out when the run begins that there are none
    if kind != "jsonl":
        _check_sampling(source, settings)
    if chosen(place, "type", ("file_content", "file_id"), _SOURCE) == "file_id":
        return _file(place, store, now)
    _check_content(required(place, "content", list, _SOURCE), of_eval)
    return None


def _check_sampling(source: Mapping[str, Any], settings: Settings) -> None:
    if settings.model_base_url is None:
        said = "This server knows no endpoint that has models: graders serve --model-base-url URL names one."
        raise invalid("data_source.type", said, "unsupported_source")
    SamplingPlan.of(source, settings.media_root)


def _file(place: Mapping[str, Any], store: Store, now: int) -> str:
    file_id = required(place, "id", str, _SOURCE)
    stored = store.files.get(file_id, now)
    if stored is None:
        raise ApiError(400, not_found("File", file_id).message, param=f"{_SOURCE}id")
    return stored.blob


def _check_content(content: list[Any], of_eval: StoredEval) -> None:
    try:
        check_rows(inline_rows(content), item_schema_of(of_eval.body["data_source_config"]))
    except RowError as error:
        param = f"{_SOURCE}content[{error.row}]"
        raise invalid(param, f"Invalid '{param}': {error}.", "invalid_data") from None
