"""The rows of a run: those that stand in its body, or the lines of a file, by the rules of the API."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from graders.errors import GradersError
from graders.server.failures import kind_of
from graders.server.samplings import Sampling
from graders.server.schemas import ItemError, ItemSchema
from graders.strict_json import loads

MAX_LINE = 64 * 2**20


class RowError(GradersError):
    """A row that no run can be made of; `row` counts from 0."""

    def __init__(self, row: int, message: str) -> None:
        self.row = row
        super().__init__(f"Row {row}: {message}")


class Row(NamedTuple):
    """One row: what is graded, and the model's output where the row has one; its line's size in bytes.

    `sampling` says how the output came about, where it was this server that asked.
    """

    item: dict[str, Any]
    sample: str | dict[str, Any] | None
    size: int = 0
    sampling: Sampling | None = None


def inline_rows(content: Sequence[Any], start: int = 0) -> Iterator[Row]:
    """Give rows that stand in a body, from row `start` on.

    Raises:
        RowError: one is no row.
    """
    for number in range(start, len(content)):
        yield _row(number, content[number])


def rows_of_file(path: Path, start: int = 0) -> Iterator[Row]:
    """Give the rows of a file from row `start` on; blank lines are none.

    Raises:
        RowError: a line is no row.
    """
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            if len(line) > MAX_LINE:
                raise RowError(number, f"longer than {MAX_LINE} bytes")
            if number == 0:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            if number >= start:
                yield _row(number, _parsed(number, line), len(line))
            number += 1


def check_rows(rows: Iterable[Row], schema: Mapping[str, Any]) -> int:
    """Check every row against the schema of its eval; give how many there are.

    Raises:
        RowError: one is no row, or its item is not what the schema says.
    """
    checks, number = ItemSchema(schema), -1
    for number, row in enumerate(rows):
        try:
            checks.check(row.item)
        except ItemError as error:
            raise RowError(number, str(error)) from None
    return number + 1


def _parsed(number: int, line: bytes) -> Any:
    try:
        return loads(line)
    except ValueError:
        first = line.strip()
        hint = "; one object per line is expected" if first in (b"{", b"[", b"}") else ""
        raise RowError(number, f"the line is not valid JSON{hint}") from None


def _row(number: int, each: Any, size: int = 0) -> Row:
    if not isinstance(each, dict):
        raise RowError(number, f"expected an object, but got {kind_of(each)} instead")
    if "item" not in each:
        raise RowError(number, "'item' is missing")
    item, sample = each["item"], each.get("sample")
    if not isinstance(item, dict):
        raise RowError(number, f"expected 'item' to be an object, but got {kind_of(item)} instead")
    if not isinstance(sample, str | dict | None):
        said = f"expected 'sample' to be an object or a string, but got {kind_of(sample)} instead"
        raise RowError(number, said)
    return Row(item, sample, size)
