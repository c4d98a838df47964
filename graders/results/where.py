"""Conditions on rows: `reward < 0.2`, `item.model == 6b`, `errors[0].code != null`."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from graders.batch import MISSING, Path
from graders.strict_json import loads

_CONDITION = re.compile(r"\s*(?P<path>.+?)\s*(?P<sign><=|>=|==|!=|=|<|>)\s*(?P<value>.*?)\s*", re.DOTALL)

ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Condition:
    """What a row of `results.jsonl` must fulfil.

    The value is JSON (`0.2`, `true`, `null`, `"text"`) or, where it is not, a text as it stands. A path that
    leads nowhere is null. Order is defined between two numbers and between two texts only.
    """

    path: Path
    sign: str
    value: Any

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a condition.

        Raises:
            ValueError: it is none.
        """
        found = _CONDITION.fullmatch(text)
        if found is None:
            raise ValueError(f"not a condition: {text!r} (a condition looks like reward<0.2)")
        try:
            value = loads(found["value"])
        except ValueError:
            value = found["value"]
        return cls(Path.parse(found["path"]), found["sign"].replace("==", "="), value)

    def holds(self, line: Mapping[str, Any]) -> bool:
        """Tell whether a row fulfils it."""
        value = self.path.resolve(line)
        value = None if value is MISSING else value
        if self.sign in ("=", "!="):
            return _equal(value, self.value) is (self.sign == "=")
        return _comparable(value, self.value) and ORDER[self.sign](value, self.value)


def _equal(left: Any, right: Any) -> bool:
    """Compare as JSON does: `true` is no number."""
    return bool(left == right and isinstance(left, bool) is isinstance(right, bool))


def _comparable(left: Any, right: Any) -> bool:
    numbers = all(isinstance(side, int | float) and not isinstance(side, bool) for side in (left, right))
    return numbers or (isinstance(left, str) and isinstance(right, str))
