"""JSON as its standard defines it, read fast, with nothing changed and nothing let through.

Design: `orjson` is several times faster than the standard library, but it turns integers beyond 64 bits
into floats and refuses lone surrogates; the standard library takes `NaN`, `Infinity` and `1e400`. So a
text that `orjson` cannot keep exactly goes through the standard library, and what the standard forbids is
refused there. Every failure is a `ValueError`; what is no JSON at all is named with its line and column.
"""

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn

import orjson

_MARK_DIGITS = bytes(ord("0") if chr(byte).isdigit() else byte for byte in range(256))
_LONG_INTEGER = b"0" * 19


def loads(data: bytes | str) -> Any:
    """Parse one JSON text; integers beyond 64 bits stay integers.

    Raises:
        ValueError: not JSON; holds NaN, an infinity, a number beyond a float or an integer of more digits
            than Python converts (4300, unless set otherwise); nested too deeply;
            bytes that are not UTF-8 (as UnicodeDecodeError).
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if _LONG_INTEGER not in raw.translate(_MARK_DIGITS):
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            pass  # the slow parser decides, and words the message
    return _parse(data)


def loads_unique(data: bytes | str) -> Any:
    """Parse as `loads` does, and refuse an object that names a key twice."""
    return _parse(data, object_pairs_hook=_refuse_duplicates)


def dumps(value: object) -> bytes:
    """Write one JSON text without white space, in UTF-8.

    The value must not hold NaN or an infinity: they come out as null or are refused.

    Raises:
        ValueError: the value is nested too deeply.
        TypeError: the value holds something that JSON has no word for.
    """
    try:
        # orjson writes NaN as null, so a value that holds one must not reach it: rewards are checked by
        # their writer, and `loads` lets no NaN into rows.
        return orjson.dumps(value)
    except TypeError:  # beyond 64 bits, a lone surrogate, nested deeply, or truly not JSON
        pass
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _parse(data: bytes | str, **hooks: Any) -> Any:
    text = data if isinstance(data, str) else data.decode("utf-8")
    try:
        return json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_integer, **hooks
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"{_lower(error.msg)} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _refuse_constant(literal: str) -> NoReturn:
    raise ValueError(f"{literal} is not JSON")


def _finite(literal: str) -> float:
    value = float(literal)
    if math.isinf(value):
        raise _out_of_range(literal)
    return value


def _integer(literal: str) -> int:
    try:
        return int(literal)
    except ValueError:  # more digits than Python converts
        raise _out_of_range(literal) from None


def _out_of_range(literal: str) -> ValueError:
    shown = literal if len(literal) <= 30 else f"{literal[:30]}…"
    return ValueError(f"number out of range: {shown}")


def _refuse_duplicates(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"key {key!r} stands twice in one object")
        result[key] = value
    return result
