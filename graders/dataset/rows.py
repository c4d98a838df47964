"""From a raw line to rows: where the item, the sample and the id stand in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from graders.batch import MISSING, Path, Sample
from graders.errors import Failure


class Row(NamedTuple):
    """One row to grade: `number` counts the rows of the data from 0, `sample_index` the samples of one."""

    number: int
    sample_index: int | None
    id: Any
    item: dict[str, Any] | None
    sample: Sample
    failure: Failure | None


@dataclass(frozen=True)
class RowMapping:
    """Where a raw line holds the item, the sample and the id; paths into the line itself."""

    item_field: Path | None = None
    sample_field: Path | None = None
    id_field: Path | None = None

    def rows(self, number: int, raw: Any) -> Iterator[Row]:
        """Give the rows of one raw line: one, or one a sample where it holds several."""
        if isinstance(raw, Failure):
            yield Row(number, None, number, None, None, raw)
            return
        try:
            yield from self._split(number, raw)
        except UnreadableError as error:
            yield Row(number, None, number, None, None, error.failure)

    def _split(self, number: int, raw: Any) -> Iterator[Row]:
        if not isinstance(raw, dict):
            raise UnreadableError("not_an_object", f"row {number}: expected an object; got {kind(raw)}")
        name = self._look_up(self.id_field, raw, number) if self.id_field else number
        item = self._item(raw, number)
        if self.sample_field is None and "samples" in raw and "sample" not in raw:
            samples = raw["samples"]
            if not isinstance(samples, list) or not samples:
                raise UnreadableError(
                    "wrong_shape", f"row {number}: expected 'samples' to be an array with entries"
                )
            for index, sample in enumerate(samples):
                yield Row(number, index, name, item, _checked_sample(sample, number), None)
        else:
            sample = self._look_up(self.sample_field, raw, number) if self.sample_field else raw.get("sample")
            yield Row(number, None, name, item, _checked_sample(sample, number), None)

    def _item(self, raw: dict[str, Any], number: int) -> dict[str, Any]:
        if self.item_field:
            item = self._look_up(self.item_field, raw, number)
        elif "item" in raw:
            item = raw["item"]
        elif self.sample_field:
            return raw
        else:
            return {key: value for key, value in raw.items() if key not in ("sample", "samples")}
        if isinstance(item, dict):
            return item
        message = f"row {number}: expected the item to be an object; got {kind(item)}"
        raise UnreadableError("wrong_shape", f"{message} (--item-field names its field)")

    def _look_up(self, path: Path, raw: dict[str, Any], number: int) -> Any:
        value = path.resolve(raw)
        if value is MISSING:
            fields = ", ".join(list(raw)[:20])
            raise UnreadableError(
                "missing_field", f"row {number}: no field {path.text!r}; the row has {fields}"
            )
        return value


class UnreadableError(Exception):
    """One row cannot be read; never leaves this module."""

    def __init__(self, reason: str, detail: str) -> None:
        self.failure = Failure(reason, detail)


def _checked_sample(sample: Any, number: int) -> Sample:
    if sample is None or isinstance(sample, str | dict):
        return sample
    raise UnreadableError(
        "wrong_shape", f"row {number}: expected the sample to be a text or an object; got {kind(sample)}"
    )


def kind(value: object) -> str:
    """Name what a JSON value is."""
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    names = {dict: "an object", list: "an array", str: "a text", int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)
