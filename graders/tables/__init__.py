"""Tables as rows: what lies in columns (Arrow, Parquet, frames) as the values that JSON has.

Design: the Arrow protocol is the one way in, for Polars, DuckDB, PyArrow and whatever else speaks it. Two
speak it not well enough and get a few lines of their own: pandas, whose columns of Python objects Arrow would
bend into one shape, and the datasets of Hugging Face. A value that JSON has no word for fails its row and no
other. Nothing is loaded before the first table is met.
"""

from graders.tables.arrow_values import arrow_values
from graders.tables.needed import load_pyarrow
from graders.tables.pieces import MAX_ROW, PIECE_BYTES, Piece, check_names, pieces_of, rows_of
from graders.tables.sources import ArrowStream, ArrowTables, Tabular, is_tabular, listed, table_of

__all__ = [
    "MAX_ROW",
    "PIECE_BYTES",
    "ArrowStream",
    "ArrowTables",
    "Piece",
    "Tabular",
    "arrow_values",
    "check_names",
    "is_tabular",
    "listed",
    "load_pyarrow",
    "pieces_of",
    "rows_of",
    "table_of",
]
