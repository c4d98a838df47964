"""Grade an Arrow table and give an Arrow table: what Ray, Spark and Daft call for each batch of rows.

Design: which columns there are depends on the grader and on the columns of the data, never on what stands in
the rows, so that all batches of some data give the same ones wherever they are graded. Item and sample are
not repeated: the id joins the results to the data. It is also what a row is called in its errors, since its
place in a batch means nothing to anybody.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graders.batch import Batch
from graders.compile import Grader
from graders.dataset import BLOCK_ROWS, Block, Row, RowMapping
from graders.dataset.collector import collector_paused
from graders.engine import field_path
from graders.engine.ahead import begun
from graders.engine.data import require_samples
from graders.integrations.arrow_ids import Ids
from graders.results.columns import writable
from graders.scores import Grade
from graders.strict_json import dumps
from graders.tables import load_pyarrow, table_of

Table = Any
"""A `pyarrow.Table`."""
Schema = Any
"""A `pyarrow.Schema`."""

_FEATURE = "grading Arrow tables"


def score_table(
    table: object,
    grader: Grader,
    *,
    item_field: str | None = None,
    sample_field: str | None = None,
    id_field: str | None = None,
) -> Table:
    """Grade the rows of a table; give their results, in the order of the rows, with `result_schema`.

    `table` is an Arrow table, a record batch, or what speaks the Arrow protocol. `item_field`, `sample_field`
    and `id_field` are paths into the row, as for `evaluate`; without the last a row's id is its place in the
    table. The number of a row, which a script of judge replies may ask for, is its id where that is one.

    The columns are `id`, `sample_index` where rows hold several samples, `reward`, `passed`,
    `sub_rewards.*`, and `errors` and `traces` as the JSON text that stands in `results.jsonl`, null where
    there are none. A row that cannot be graded is a row with errors.

    Raises:
        MissingExtraError: pyarrow is not installed.
        DataError: two columns have one name.
    """
    pyarrow = load_pyarrow(_FEATURE)
    rows = table if isinstance(table, pyarrow.Table) else pyarrow.table(table)
    ids = Ids.of(rows, id_field)
    schema = _schema(grader, ids, _holds_several(rows.schema.names, sample_field))
    if rows.num_rows == 0:
        return schema.empty_table()
    mapping = RowMapping(*(field_path(text) for text in (item_field, sample_field, id_field)))
    graded = begun(grader, _blocks(_rows(rows, mapping, ids)))
    return pyarrow.Table.from_batches([_results(grader, *each, schema) for each in graded], schema)


def result_schema(
    schema: Schema, grader: Grader, *, sample_field: str | None = None, id_field: str | None = None
) -> Schema:
    """Give the columns that `score_table` makes of tables with the columns of `schema`.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    load_pyarrow(_FEATURE)
    return _schema(grader, Ids.of(schema.empty_table(), id_field), _holds_several(schema.names, sample_field))


def require_sample_column(names: Sequence[str], grader: Grader, sample_field: str | None = None) -> None:
    """Stop before anything is graded where the grader reads the sample and no column can hold one.

    Raises:
        DataError: names the columns, and the one that is probably meant.
    """
    if grader.uses_sample and sample_field is None:
        line: dict[str, Any] = {name: dict.fromkeys(names) for name in names}
        require_samples(Block(list(RowMapping().rows(0, line))), grader)


def _holds_several(names: Sequence[str], sample_field: str | None) -> bool:
    return "samples" in names and "sample" not in names and sample_field is None


def _schema(grader: Grader, ids: Ids, several: bool) -> Schema:
    import pyarrow

    parts = grader.score_batch(Batch([], [])).parts
    fields = {"id": ids.type} | ({"sample_index": pyarrow.int64()} if several else {})
    fields |= {"reward": pyarrow.float64(), "passed": pyarrow.bool_()}
    fields |= {_column_of(key): pyarrow.float64() for key in parts}
    return pyarrow.schema(list((fields | {"errors": pyarrow.string(), "traces": pyarrow.string()}).items()))


def _column_of(key: str) -> str:
    return writable(f"sub_rewards.{key}")


def _rows(table: Table, mapping: RowMapping, ids: Ids) -> Iterator[Row]:
    for place, (raw, _) in enumerate(table_of(table).rows()):
        for row in mapping.rows(place, raw):
            yield ids.called(row, place)


def _blocks(rows: Iterator[Row]) -> Iterator[Block]:
    while True:
        with collector_paused():
            part = list(itertools.islice(rows, BLOCK_ROWS))
        if not part:
            return
        yield Block(part)


def _results(grader: Grader, block: Block, batch: Batch, schema: Schema) -> Any:
    """Grade a block, of which this is the batch; give the record batch of its results."""
    import pyarrow

    scores = grader.score_batch(batch)
    with collector_paused():
        grades = list(grader.grades(scores))
        cells = _cells(block.rows, grades, schema)
        arrays = [pyarrow.array(cells[field.name], field.type) for field in schema]
    return pyarrow.record_batch(arrays, schema=schema)


def _cells(rows: Sequence[Row], grades: Sequence[Grade], schema: Schema) -> Mapping[str, list[Any]]:
    keys = list(grades[0].sub_rewards)
    cells: dict[str, list[Any]] = {
        "id": [row.id for row in rows],
        "sample_index": [row.sample_index for row in rows],
        "reward": [grade.reward for grade in grades],
        "passed": [grade.passed for grade in grades],
        "errors": [_text([error.to_dict() for error in grade.errors]) for grade in grades],
        "traces": [_text(list(grade.traces)) for grade in grades],
    }
    return cells | {_column_of(key): [grade.sub_rewards[key] for grade in grades] for key in keys}


def _text(value: list[Any]) -> str | None:
    return dumps(value).decode() if value else None
