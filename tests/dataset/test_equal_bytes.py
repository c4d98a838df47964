"""One dataset in every format: the results are the same to the byte."""

import csv
import gzip
import json

import pytest

from graders import evaluate, load_grader

pa = pytest.importorskip("pyarrow", reason="needs the extra `parquet`")
pd = pytest.importorskip("pandas", reason="needs the extra `frames`")
pl = pytest.importorskip("polars", reason="needs polars")

GRADER = {
    "type": "multi",
    "name": "gsm8k",
    "calculate_output": "number",
    "graders": {
        "number": {
            "type": "string_check",
            "operation": "like",
            "input": "{{sample.output_text}}",
            "reference": "A: {{item.answer}}",
        },
        "near": {
            "type": "text_similarity",
            "evaluation_metric": "fuzzy_match",
            "input": "{{sample.output_text}}",
            "reference": "{{item.model}} {{item.id}}",
        },
    },
}


@pytest.fixture(scope="module")
def rows(repository):
    packed = (repository / "templates" / "gsm8k" / "items.jsonl.gz").read_bytes()
    return [json.loads(line) for line in gzip.decompress(packed).splitlines()]


@pytest.fixture(scope="module")
def texts(rows):
    """The same rows, flat, each value a text."""
    return [
        {**{key: str(value) for key, value in row["item"].items()}, "output": row["sample"]} for row in rows
    ]


@pytest.fixture(scope="module")
def grader():
    return load_grader(GRADER)


def as_lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def write_csv(rows, path):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def results_of(grader, data, path, **options):
    return (evaluate(grader, data, out=path, **options).path / "results.jsonl").read_bytes()


def test_gsm8k_gives_the_same_bytes_in_every_format(rows, grader, tmp_path):
    from pyarrow import feather, parquet

    assert len(rows) == 5276
    (tmp_path / "rows.jsonl").write_bytes(as_lines(rows))
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(as_lines(rows)))
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    item = pa.struct([(key, pa.scalar(value).type) for key, value in rows[0]["item"].items()])
    table = pa.Table.from_pylist(rows, pa.schema({"item": item, "sample": pa.string()}))
    parquet.write_table(table, tmp_path / "rows.parquet", row_group_size=2000)
    feather.write_feather(table, str(tmp_path / "rows.feather"))
    files = [tmp_path / f"rows.{end}" for end in ("jsonl.gz", "json", "parquet", "feather")]
    expected = results_of(grader, tmp_path / "rows.jsonl", tmp_path / "first")
    for number, data in enumerate([*files, rows, pd.DataFrame(rows), pl.DataFrame(rows), table]):
        assert results_of(grader, data, tmp_path / f"run{number}") == expected


def test_gsm8k_as_texts_gives_the_same_bytes_in_csv_and_columns(texts, grader, tmp_path):
    (tmp_path / "texts.jsonl").write_bytes(as_lines(texts))
    write_csv(texts, tmp_path / "texts.csv")
    (tmp_path / "texts.csv.gz").write_bytes(gzip.compress((tmp_path / "texts.csv").read_bytes()))
    options = {"sample_field": "output", "id_field": "id"}
    expected = results_of(grader, tmp_path / "texts.jsonl", tmp_path / "first", **options)
    tables = [tmp_path / "texts.csv", tmp_path / "texts.csv.gz", pd.DataFrame(texts), pl.DataFrame(texts)]
    for number, data in enumerate(tables):
        assert results_of(grader, data, tmp_path / f"run{number}", **options) == expected
