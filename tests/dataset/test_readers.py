"""The file formats: odd bytes, odd numbers, damaged files, and lines too long to hold."""

import csv
import gzip
import json
import os
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.dataset import open_dataset
from graders.dataset.readers import MAX_LINE
from graders.errors import DataError

MEGABYTE = 2**20


@pytest.fixture
def write(tmp_path):
    def write_file(name, data):
        file = tmp_path / name
        file.write_bytes(data)
        return file

    return write_file


def read(file):
    return [row for block in open_dataset(file).blocks() for row in block.rows]


def items(file):
    return [row.item if row.failure is None else row.failure.reason for row in read(file)]


def details(file):
    return [row.failure and row.failure.detail for row in read(file)]


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}\n{"a": 2}\n',
        b'{"a": 1}\n{"a": 2}',
        b'\xef\xbb\xbf{"a": 1}\n{"a": 2}\n',
        b'{"a": 1}\r\n{"a": 2}\r\n',
        b'\n\n{"a": 1}\n   \n\t\r\n{"a": 2}\n\n',
        b'\xef\xbb\xbf\r\n{"a": 1}\r\n{"a": 2}',
    ],
)
def test_marks_line_ends_and_blank_lines_do_not_matter_in_json_lines(write, data):
    assert [(row.number, row.item) for row in read(write("rows.jsonl", data))] == [
        (0, {"a": 1}),
        (1, {"a": 2}),
    ]


@pytest.mark.parametrize(
    "data",
    [b"a,b\n1,2\n", b"\xef\xbb\xbfa,b\r\n1,2", b"a,b\n\n1,2\n\n", b'"a","b"\r\n"1","2"\r\n', b"a,b\r1,2\r"],
)
def test_marks_line_ends_and_blank_lines_do_not_matter_in_csv(write, data):
    assert items(write("rows.csv", data)) == [{"a": "1", "b": "2"}]


def test_a_cell_may_hold_line_ends_quotes_and_delimiters(write):
    data = b'a,b\n"one\ntwo\r\nthree","say ""x"", please"\n'
    assert items(write("rows.csv", data)) == [{"a": "one\ntwo\r\nthree", "b": 'say "x", please'}]


@pytest.mark.parametrize("data", [b"a;b\r\n3,14;2\r\n", b'\xef\xbb\xbf"a";"b"\n"3,14";2\n'])
def test_cells_are_parted_by_semicolons_where_the_header_has_these_and_no_comma(write, data):
    assert items(write("rows.csv", data)) == [{"a": "3,14", "b": "2"}]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("rows.csv", b"a,b;c\n1,2;3\n", {"a": "1", "b;c": "2;3"}),
        ("rows.tsv", b"a;b\n1;2\n", {"a;b": "1;2"}),
        ("rows.csv", b"a\n1;2\n", {"a": "1;2"}),
    ],
)
def test_semicolons_are_letters_elsewhere(write, name, data, expected):
    assert items(write(name, data)) == [expected]


def test_only_the_first_line_loses_a_byte_order_mark(write):
    assert items(write("rows.jsonl", b'{"a": 1}\n\xef\xbb\xbf{"a": 2}\n')) == [{"a": 1}, "malformed_json"]


def test_bytes_that_are_not_utf8_cost_their_row_only(write):
    file = write("rows.jsonl", b'{"a": 1}\n\n{"a": "caf\xe9"}\n{"a": 3}\n')
    assert items(file) == [{"a": 1}, "invalid_utf8", {"a": 3}]
    assert details(file)[1] == "line 3 is not UTF-8 at byte 11"


def test_bytes_that_are_not_utf8_cost_their_row_only_in_csv_too(write):
    file = write("rows.csv", b"a,b\n1,2\ncaf\xe9,4\n5,6\n")
    assert items(file) == [{"a": "1", "b": "2"}, "invalid_utf8", {"a": "5", "b": "6"}]
    assert details(file)[1] == "line 3 is not UTF-8; save the file as UTF-8"


@pytest.mark.parametrize("data", ["naïve,é\nx,y\n".encode("latin-1"), "a,sample\nx,y\n".encode("utf-16")])
def test_a_header_in_another_encoding_is_refused(write, data):
    with pytest.raises(DataError, match=r"rows\.csv: the header is not UTF-8"):
        read(write("rows.csv", data))


def test_malformed_json_names_its_line_and_column(write):
    file = write("rows.jsonl", b'{"a": 1}\n\n{"a": }\n{"a": 3}\n')
    assert items(file) == [{"a": 1}, "malformed_json", {"a": 3}]
    assert details(file)[1] == "line 3 is not JSON: expecting value at line 1 column 7"


@pytest.mark.parametrize("data", [json.dumps([{"a": 1}], indent=2), json.dumps({"a": 1, "b": 2}, indent=2)])
def test_a_pretty_printed_file_gets_a_hint(write, data):
    hints = [
        detail for detail in details(write("rows.jsonl", data.encode())) if "one object per line" in detail
    ]
    assert hints
    assert "belongs in a .json file" in hints[0]


@pytest.mark.parametrize(
    "literal", ["NaN", "Infinity", "-Infinity", "1e400", "-1e999", "1" * 5000, "01", "+1"]
)
def test_a_number_that_json_does_not_know_is_a_row_error(write, literal):
    file = write("rows.jsonl", f'{{"a": {literal}}}\n{{"a": 2}}\n'.encode())
    assert items(file) == ["malformed_json", {"a": 2}]


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**64), 10**40, 12345678901234567890])
def test_integers_beyond_64_bits_stay_what_they_are(write, number):
    assert items(write("rows.jsonl", b'{"a": %d}\n' % number)) == [{"a": number}]
    assert items(write("rows.json", b'[{"a": %d}]' % number)) == [{"a": number}]


def test_ten_thousand_levels_are_a_row_error(write):
    deep = b"[" * 10_000 + b"]" * 10_000
    file = write("rows.jsonl", b'{"a": ' + deep + b'}\n{"a": 2}\n')
    assert items(file) == ["malformed_json", {"a": 2}]
    assert details(file)[0] == "line 1 is not JSON: nested too deeply"


def test_a_lone_surrogate_is_text_like_any_other(write):
    assert items(write("rows.jsonl", rb'{"a": "\ud800"}')) == [{"a": "\ud800"}]


def test_a_column_that_stands_twice_is_refused(write):
    with pytest.raises(DataError, match="column 'b' stands twice in the header"):
        read(write("rows.csv", b"a,b,c,b\n1,2,3,4\n"))


def test_a_very_wide_header_is_checked_at_once(write):
    header = ",".join(f"c{index}" for index in range(200_000)).encode()
    assert read(write("rows.csv", header + b"\n")) == []


def test_a_ragged_row_is_a_row_error(write):
    file = write("rows.csv", b"a,b\n1\n1,2\n1,2,3\n")
    assert items(file) == ["malformed_csv", {"a": "1", "b": "2"}, "malformed_csv"]
    assert details(file)[::2] == [
        "line 2 has 1 cells; the header has 2",
        "line 4 has 3 cells; the header has 2",
    ]


def test_nul_bytes_are_kept_in_a_cell(write):
    assert items(write("rows.csv", b"a,b\n\x00x,\x00\n")) == [{"a": "\0x", "b": "\0"}]


def test_a_quote_that_is_never_closed_names_its_line(write):
    with pytest.raises(DataError, match="line 3: malformed CSV: unexpected end of data"):
        read(write("rows.csv", b'a,b\n1,2\n3,"4\n'))


def test_a_cell_may_be_longer_than_the_csv_module_allows(write):
    (item,) = items(write("rows.csv", b"a\n" + b"x" * 300_000 + b"\n"))
    assert len(item["a"]) == 300_000


def test_a_reader_that_ends_takes_no_long_cells_from_another(write):
    path = write("rows.csv", b"a\n1\n" + b"x" * 300_000 + b"\n")
    first = open_dataset(path).blocks(rows=1)
    next(first)
    items(write("other.csv", b"a\n1\n"))
    assert len(next(first).rows[0].item["a"]) == 300_000


def test_a_line_up_to_the_limit_is_read_and_a_longer_one_is_passed_over(write, monkeypatch):
    monkeypatch.setattr("graders.dataset.readers.MAX_LINE", 30)
    fits = b'{"a": "%s"}' % (b"x" * 21)
    assert len(fits) == 30
    data = b"\n".join([fits, fits[:-2] + b'x"}', b" " * 100 + b'{"a": 1}', b'{"a": 2}'])
    assert [type(item) for item in items(write("rows.jsonl", data))] == [dict, str, str, dict]
    assert items(write("rows.jsonl", data))[1:3] == ["line_too_long", "line_too_long"]


def test_a_last_line_beyond_the_limit_needs_no_newline(write, monkeypatch):
    monkeypatch.setattr("graders.dataset.readers.MAX_LINE", 10)
    assert items(write("rows.jsonl", b'{"a": 2}\n' + b"x" * 50)) == [{"a": 2}, "line_too_long"]


def test_a_long_line_of_a_table_is_refused(write, monkeypatch):
    monkeypatch.setattr("graders.dataset.readers.MAX_LINE", 10)
    with pytest.raises(DataError, match="a line is longer than 10 characters"):
        read(write("rows.csv", b"a,b\n1," + b"x" * 50 + b"\n"))


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("rows.json", b'{"a": 1}', "expected an array of rows; got an object"),
        ("rows.json", b"7", "expected an array of rows; got a number"),
        ("rows.json", b"", "not JSON: expecting value at line 1 column 1"),
        ("rows.json", b'[{"a": 1},\n]', "not JSON: .* at line 2 column 1"),
        ("rows.json", b'[{"a": "\xe9"}]', "not JSON: 'utf-8' codec"),
        ("rows.json", b'[{"a": NaN}]', "not JSON: NaN is not JSON"),
    ],
)
def test_a_json_file_that_is_no_array_is_refused(write, name, data, expected):
    with pytest.raises(DataError, match=expected):
        read(write(name, data))


def test_the_entries_of_a_json_array_fail_one_by_one(write):
    assert items(write("rows.json", b'[{"a": 1}, 5, [], {"a": 2}]')) == [
        {"a": 1},
        "not_an_object",
        "not_an_object",
        {"a": 2},
    ]


def test_a_json_file_beyond_the_limit_is_refused(write, monkeypatch):
    monkeypatch.setattr("graders.dataset.readers.MAX_JSON", 10)
    with pytest.raises(DataError, match=r"larger than 10 bytes; a \.jsonl file is read in blocks"):
        read(write("rows.json", b'[{"a": 1}]  '))


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv", "rows.jsonl.gz", "rows.tsv"])
@pytest.mark.parametrize("data", [b"", b"\n \n\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_rows(write, name, data):
    assert [row for row in read(write(name, data)) if not row.failure] == []


@pytest.mark.parametrize("cut", [1, 5, 9])
def test_a_torn_gzip_file_is_refused(write, cut):
    packed = gzip.compress(b'{"a": 1}\n' * 1000)
    with pytest.raises(DataError, match=r"rows\.jsonl\.gz: the gzip file is torn or damaged"):
        read(write("rows.jsonl.gz", packed[:-cut]))


def test_a_damaged_gzip_file_is_refused(write):
    packed = bytearray(gzip.compress(os.urandom(1000).hex().encode()))
    packed[400:404] = b"\xff\xff\xff\xff"
    with pytest.raises(DataError, match="torn or damaged"):
        read(write("rows.jsonl.gz", bytes(packed)))


def test_gzip_members_follow_each_other(write):
    packed = gzip.compress(b'{"a": 1}\n') + gzip.compress(b'{"a": 2}\n')
    assert items(write("rows.jsonl.gz", packed)) == [{"a": 1}, {"a": 2}]


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"none\.jsonl: no such file or directory"):
        open_dataset(tmp_path / "none.jsonl")


@pytest.mark.parametrize("name", ["folder", "folder.jsonl"])
def test_a_folder_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(DataError, match="is a directory"):
        open_dataset(tmp_path / name)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "rows.jsonl")
    with pytest.raises(DataError, match="is not a regular file"):
        open_dataset(tmp_path / "rows.jsonl")


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("rows.txt", ".txt"), ("rows", ""), ("rows.gz", ""), ("rows.parquet.gz", ".parquet.gz")],
)
def test_a_name_that_does_not_say_its_format_is_refused(write, name, suffix):
    expected = (
        "expected a file name that ends in .jsonl, .ndjson, .json, .csv, .tsv (and perhaps .gz), "
        f".parquet, .arrow, .feather; got {suffix!r}"
    )
    with pytest.raises(DataError, match=re.escape(expected)):
        open_dataset(write(name, b"{}"))


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2), max_size=5)
)
def test_whatever_the_csv_module_writes_is_read_back(tmp_path_factory, table):
    file = tmp_path_factory.mktemp("csv") / "rows.csv"
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *table])
    assert items(file) == [{"a": first, "b": second} for first, second in table]


PEAK = """
import resource, sys
from graders.dataset import open_dataset
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    for block in open_dataset(sys.argv[1]).blocks():
        for row in block.rows:
            print(row.failure.reason if row.failure else row.item["a"])
except ValueError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def read_measured(file):
    """Read a file in a process of its own; give what it read, and the megabytes that took."""
    done = subprocess.run([sys.executable, "-c", PEAK, str(file)], capture_output=True, text=True, check=True)
    *lines, peak = done.stdout.splitlines()
    return lines, float(peak)


def pack(file, head, piece, times, tail=b""):
    with gzip.open(file, "wb", compresslevel=1) as packed:
        packed.write(head)
        for _ in range(times):
            packed.write(piece)
        packed.write(tail)
    return file


def test_a_line_beyond_64_megabytes_is_passed_over_without_being_held(write):
    long = b'{"a": "' + b"x" * (6 * MEGABYTE + MAX_LINE) + b'"}\n'
    lines, peak = read_measured(write("rows.jsonl", b'{"a": 1}\n' + long + b'{"a": 2}\n'))
    assert lines == ["1", "line_too_long", "2"]
    assert peak < 200


def test_one_packed_line_of_several_hundred_megabytes_is_passed_over(tmp_path):
    file = pack(tmp_path / "rows.jsonl.gz", b'{"a": 1}\n', bytes(MEGABYTE), 300, b'\n{"a": 2}\n')
    lines, peak = read_measured(file)
    assert lines == ["1", "line_too_long", "2"]
    assert peak < 200


def test_a_packed_json_file_of_several_hundred_megabytes_is_refused(tmp_path):
    lines, peak = read_measured(pack(tmp_path / "rows.json.gz", b"", bytes(MEGABYTE), 400))
    assert lines == [f"{tmp_path}/rows.json.gz: larger than 268435456 bytes; a .jsonl file is read in blocks"]
    assert peak < 700


def test_a_packed_table_with_an_endless_line_is_refused(tmp_path):
    lines, peak = read_measured(pack(tmp_path / "rows.csv.gz", b"a\n", b"0" * MEGABYTE, 300))
    assert lines == [f"{tmp_path}/rows.csv.gz: a line is longer than 67108864 characters"]
    assert peak < 400
