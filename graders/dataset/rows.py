"""From a raw line to rows: where the item, the sample and the id stand in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from graders.batch import MISSING, Path, Sample
from graders.dataset.output_items import is_output_item, item_and_sample
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
        if self._takes_as_it_is(raw):
            yield Row(number, None, number, raw["item"], raw["sample"], None)
            return
        name: Any = number
        try:
            line = _checked_line(raw, number)
            plain = line
            if is_output_item(line):
                name = line.get("datasource_item_id", number)
                plain = {**line, **item_and_sample(line)}
            if self.id_field:
                name = self._look_up(self.id_field, line, number)
            item = self._item(line if self.item_field else plain, number)
            samples = self._samples(line if self.sample_field else plain, number)
        except UnreadableError as error:
            yield Row(number, None, name, None, None, error.failure)
            return
        for index, sample in samples:
            if sample is None or isinstance(sample, str | dict):
                yield Row(number, index, name, item, sample, None)
            else:
                yield Row(number, index, name, None, None, _wrong_sample(sample, number))

    def _takes_as_it_is(self, raw: Any) -> bool:
        """Say whether a line is an item and a sample and nothing else, as most are."""
        if self.item_field or self.sample_field or self.id_field or not isinstance(raw, dict):
            return False
        return len(raw) == 2 and type(raw.get("item")) is dict and type(raw.get("sample")) in (str, dict)

    def _samples(self, raw: dict[str, Any], number: int) -> list[tuple[int | None, Any]]:
        """Give each sample with its index, which is None where the line holds one only."""
        if self.sample_field:
            return [(None, self._look_up(self.sample_field, raw, number))]
        if "samples" not in raw or "sample" in raw:
            return [(None, raw.get("sample"))]
        samples = raw["samples"]
        if isinstance(samples, list) and samples:
            return list(enumerate(samples))
        raise UnreadableError("wrong_shape", f"row {number}: expected 'samples' to be an array with entries")

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
        value = raw[path.text] if path.text in raw else path.resolve(raw)  # a column may be called `a.b`
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


def _checked_line(raw: Any, number: int) -> dict[str, Any]:
    if isinstance(raw, dict):
        return raw
    if isinstance(raw, Failure):
        raise UnreadableError(raw.reason, raw.detail)
    hint = " (an array of rows belongs in a .json file)" if isinstance(raw, list) else ""
    raise UnreadableError("not_an_object", f"row {number}: expected an object; got {kind(raw)}{hint}")


def _wrong_sample(sample: Any, number: int) -> Failure:
    detail = f"row {number}: expected the sample to be a text or an object; got {kind(sample)}"
    return Failure("wrong_shape", detail)


def kind(value: object) -> str:
    """Name what a JSON value is."""
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    names = {dict: "an object", list: "an array", str: "a text", int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)
