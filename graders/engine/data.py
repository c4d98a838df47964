"""Where the data are, how their fields are named, and whether they hold what the grader needs."""

from collections.abc import Iterator
from contextlib import ExitStack
from difflib import get_close_matches
from importlib.resources import as_file

from graders import catalog
from graders.batch import Path
from graders.compile import Grader
from graders.dataset import Block, DataSource
from graders.errors import DataError


def located(data: DataSource, stack: ExitStack) -> DataSource:
    """Give the file of a ready-made grader's rows for `template:NAME`, and everything else as it is."""
    if isinstance(data, str) and data.startswith(catalog.PREFIX):
        return stack.enter_context(as_file(catalog.find(data.removeprefix(catalog.PREFIX)).items))
    return data


def field_path(text: str | None) -> Path | None:
    """Read the name of a raw row's field: a path, or any other text as the name itself."""
    if text is None:
        return None
    try:
        return Path.parse(text)
    except ValueError:
        return Path(text, text)  # a name that no template could hold, such as `model output`


def group_path(text: str) -> Path:
    """Read a path that rows are grouped by.

    Raises:
        DataError: it is no path into item or sample.
    """
    try:
        path = Path.parse(text)
    except ValueError as error:
        raise DataError(str(error)) from None
    if path.head not in ("item", "sample"):
        raise DataError(f"expected a path that begins with item or sample; got {text!r}")
    return path


def require_samples(block: Block, grader: Grader) -> None:
    """Stop before scoring where the grader reads the sample and no row of the first block has one."""
    readable = [row.item for row in block.rows if row.failure is None and row.item is not None]
    if not readable or any(row.sample is not None for row in block.rows):
        return
    fields = list(dict.fromkeys(key for item in readable for key in item))
    read = {path.segments[0] for path in grader.scorer.paths if path.head == "item" and path.segments}
    likely = [
        name for meant in _SAMPLE_WORDS for name in fields if meant in name.lower() and name not in read
    ]
    meant = f" (did you mean --sample-field {likely[0]}?)" if likely else ""
    raise DataError(
        "the grader reads the sample, and no row has one; "
        f"--sample-field names its field; the rows have {', '.join(fields[:20])}{meant}"
    )


def absent_fields(block: Block, grader: Grader) -> Iterator[str]:
    """Name the fields of the item that the grader reads and no row of the first block has."""
    items = [row.item for row in block.rows if row.failure is None and row.item is not None]
    fields = list(dict.fromkeys(key for item in items for key in item))
    read = [path.segments[0] for path in grader.scorer.paths if path.head == "item" and path.segments]
    for name in dict.fromkeys(map(str, read)):
        if items and name not in fields:
            meant = get_close_matches(name, fields, n=1)
            hint = f" (did you mean item.{meant[0]}?)" if meant else ""
            known = ", ".join(fields[:20]) or "no fields"
            yield f"the grader reads item.{name}; the items have {known}{hint}"


_SAMPLE_WORDS = (
    "output",
    "response",
    "completion",
    "prediction",
    "sample",
    "generat",
    "hypothesis",
    "answer",
    "text",
)
"""What names of fields that hold a model's output have in them, likelier ones first."""
