"""Arrow arrays as lists of JSON values, column by column.

Design: an array is read from its leaves up, whole columns at a time, because what makes rows of it one by one
costs several times as much. Moments are formatted from their ticks: neither nanoseconds nor years beyond 9999
nor time zones need another library. Floats stay floats, integers integers, whatever their width.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from itertools import repeat
from typing import Any

from graders.tables.python_values import UnfitError, json_object, number, seconds_text

_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_EPOCH = datetime(1970, 1, 1)

Array = Any
"""A `pyarrow.Array`."""
Reading = Callable[[Array], list[Any]]


def arrow_values(array: Array) -> list[Any]:
    """Give the values of an Arrow array as JSON has them.

    Raises:
        UnfitError: JSON has no word for one of them.
        ValueError: a text is not UTF-8 (as UnicodeDecodeError), or cannot be read otherwise.
    """
    if array.null_count == len(array):
        return [None] * len(array)
    return _reading(array.type)(array)


@cache
def _readings() -> tuple[tuple[Callable[[Any], bool], Reading], ...]:
    """Give, for each kind of type, how it is read; the first that fits counts."""
    from pyarrow import types

    return (
        (lambda kind: types.is_string(kind) or types.is_large_string(kind), _as_it_is),
        (lambda kind: types.is_integer(kind) or types.is_boolean(kind), _as_it_is),
        (types.is_floating, _floats),
        (types.is_struct, _objects),
        (types.is_map, _maps),
        (_is_list, _lists),
        (types.is_dictionary, _words),
        (types.is_decimal, lambda array: _each(number, array.to_pylist())),
        (types.is_timestamp, _moments),
        (types.is_date, _days),
        (types.is_time, _times),
        (types.is_duration, _durations),
        (types.is_null, _as_it_is),
        (lambda kind: str(kind) in ("string_view", "utf8_view"), _as_it_is),
        (lambda kind: str(kind) == "extension<arrow.uuid>", lambda array: _each(str, array.to_pylist())),
        (lambda kind: hasattr(kind, "storage_type"), lambda array: arrow_values(array.storage)),
        (lambda kind: str(kind).startswith("run_end_encoded"), _runs),
    )


def _reading(kind: Any) -> Reading:
    for fits, reading in _readings():
        if fits(kind):
            return reading
    if "binary" in str(kind):
        raise UnfitError("JSON has no word for binary data")
    raise UnfitError(f"JSON has no word for {kind}")


def _is_list(kind: Any) -> bool:
    return str(kind).startswith(("list", "large_list", "fixed_size_list"))


def _as_it_is(array: Array) -> list[Any]:
    return list(array.to_pylist())


def _each(change: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    return [None if value is None else change(value) for value in values]


def _floats(array: Array) -> list[Any]:
    import pyarrow
    from pyarrow import compute

    wide = array.cast(pyarrow.float64())
    values = wide.to_pylist()
    if compute.all(compute.is_finite(wide)).as_py() is False:
        odd = next(value for value in values if value is not None and value - value != 0)
        raise UnfitError(f"{odd} is not JSON")
    return list(values)


def _objects(array: Array) -> list[Any]:
    names = [field.name for field in array.type]
    if len(set(names)) < len(names):
        raise UnfitError(f"a field stands twice: {', '.join(names)}")
    columns = [arrow_values(part) for part in array.flatten()]  # with the nulls of the whole
    rows: Any = zip(*columns, strict=True) if columns else repeat((), len(array))
    made = [dict(zip(names, row, strict=True)) for row in rows]
    return _with_nulls(array, made)


def _lists(array: Array) -> list[Any]:
    values, made, start = arrow_values(array.flatten()), [], 0
    for length in array.value_lengths().to_pylist():
        made.append(None if length is None else values[start : start + length])
        start += length or 0
    return made


def _maps(array: Array) -> list[Any]:
    ends = array.offsets.to_pylist()
    begin, end = ends[0], ends[-1]
    keys, values = (arrow_values(part[begin:end]) for part in (array.keys, array.items))
    pairs = list(zip(keys, values, strict=True))
    there = array.is_valid().to_pylist()
    bounds = zip(there, ends, ends[1:], strict=False)
    return [json_object(pairs[i - begin : j - begin]) if valid else None for valid, i, j in bounds]


def _with_nulls(array: Array, values: list[Any]) -> list[Any]:
    if not array.null_count:
        return values
    valid = array.is_valid().to_pylist()
    return [value if there else None for value, there in zip(values, valid, strict=True)]


def _words(array: Array) -> list[Any]:
    """Look the indices up; of a long list only the words that occur are read."""
    places, words = array.indices.to_pylist(), array.dictionary
    if len(words) <= len(array):
        known = dict(enumerate(arrow_values(words)))
    else:
        known = {at: arrow_values(words[at : at + 1])[0] for at in set(places) if at is not None}
    return [None if at is None else known[at] for at in places]


def _runs(array: Array) -> list[Any]:
    from pyarrow import compute

    return arrow_values(compute.run_end_decode(array))


def _ticks(array: Array) -> list[int | None]:
    import pyarrow

    narrow = array.type.bit_width == 32
    return list(array.cast(pyarrow.int32() if narrow else pyarrow.int64()).to_pylist())


def _moments(array: Array) -> list[Any]:
    digits, zone = _DIGITS[array.type.unit], "+00:00" if array.type.tz else ""

    def worded(ticks: int) -> str:
        seconds, part = divmod(ticks, 10**digits)
        try:
            whole = _EPOCH + timedelta(seconds=seconds)
        except OverflowError:
            raise UnfitError("a moment beyond the year 9999") from None
        return f"{whole.isoformat()}{_fraction(part, digits)}{zone}"

    return _each(worded, _ticks(array))


def _days(array: Array) -> list[Any]:
    a_day = 1 if array.type.bit_width == 32 else 86_400_000

    def worded(ticks: int) -> str:
        try:
            return date.fromordinal(_EPOCH.toordinal() + ticks // a_day).isoformat()
        except (ValueError, OverflowError):
            raise UnfitError("a day beyond the year 9999") from None

    return _each(worded, _ticks(array))


def _times(array: Array) -> list[Any]:
    digits = _DIGITS[array.type.unit]

    def worded(ticks: int) -> str:
        seconds, part = divmod(ticks, 10**digits)
        whole = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return whole + _fraction(part, digits)

    return _each(worded, _ticks(array))


def _fraction(part: int, digits: int) -> str:
    """Word parts of a second as `datetime.isoformat` does: none, six digits, or nine where it needs them."""
    if not part:
        return ""
    nanoseconds = f"{part:0{digits}d}".ljust(9, "0")
    return "." + (nanoseconds[:6] if nanoseconds.endswith("000") else nanoseconds)


def _durations(array: Array) -> list[Any]:
    digits = _DIGITS[array.type.unit]
    return _each(lambda ticks: seconds_text(ticks, digits), _ticks(array))
