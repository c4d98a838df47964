"""What a right answer to each item would be, as far as the grader or the item says it.

Design: a grader that compares with the item says so in its document: its reference rendered, or an object
that holds each reference where the grader reads it. Of a python or a judged grader nothing is known: fields
of the item with the usual names are tried, and those that the grader reads. Which of several candidates is
*the* right answer, the grader decides: the one that earns most.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from graders.batch import MISSING, Batch, Item, Path
from graders.compile import Findings
from graders.fine_tuning.nested import dig, put
from graders.fine_tuning.source_reading import Keys, reading_of
from graders.fine_tuning.variables import templates_of
from graders.render import TemplateString, parse_template
from graders.strict_json import dumps

_USUAL = (
    "reference_answer",
    "answer",
    "correct_answer",
    "ground_truth",
    "expected",
    "expected_output",
    "reference",
    "target",
    "label",
    "gold",
    "ideal",
    "solution",
    "output",
    "completion",
    "response",
)


_TEXT_PATHS = (("output_text",), ("choices", "0", "message", "content"))


@dataclass(frozen=True)
class Candidate:
    """Texts (n,) that may be right answers, None where an item has none.

    `sure` where the grader says so; what a formula makes of its parts nobody says. `guessed` where nothing
    but its being read speaks for it.

    `values` are what an object of the answer holds, where the answer is one, at `keys`.
    """

    name: str
    texts: Sequence[str | None]
    sure: bool = False
    guessed: bool = False
    values: Sequence[dict[str, Any] | None] | None = None
    keys: Sequence[Keys] = ()

    @property
    def words(self) -> Sequence[str | None]:
        """The texts (n,) that are compared; of objects with several of them none."""
        if self.values is None:
            return self.texts
        leaves = [dig(value, self.keys[0]) if len(self.keys) == 1 else None for value in self.values]
        return [leaf if isinstance(leaf, str) else None for leaf in leaves]


class _Comparison(NamedTuple):
    """Two template strings that a grader holds against each other, and the name of the right one."""

    answer: TemplateString
    right: TemplateString
    name: str


def candidates(findings: Findings, items: Sequence[Item], named: Path | None = None) -> list[Candidate]:
    """Give what may be right answers, likelier ones first; `named` goes before all others."""
    batch = Batch(items, [None] * len(items))
    if named is not None:
        return [Candidate(named.text, _texts(named, items), sure=True)]
    found = [*_composed(findings, batch), *_rendered(findings, batch), *_guessed(findings, items)]
    return [each for each in found if any(text for text in each.texts)]


def reads_text(findings: Findings) -> bool:
    """Tell whether all that is read of the sample can be written as a text."""
    read = [tuple(map(str, path.segments)) for path in _sample_paths(findings)]
    sources = " ".join(str(part.get("source", "")) for _, part in findings.parts)
    return all(_is_text(each) or each[:1] == ("output_json",) for each in read if each) and (
        "output_tools" not in sources
    )


def answer_keys(findings: Findings) -> list[Keys] | None:
    """Give where in an object of the answer is read; None where its text is read, too, or nobody can tell."""
    found: dict[Keys, None] = {}
    for path in _sample_paths(findings):
        if not path.segments or path.segments[0] != "output_json":
            return None
        found[_plain_keys(path)] = None
    for _, part in findings.parts:
        if part.get("type") != "python":
            continue
        reading = reading_of(str(part.get("source")), "sample")
        if reading.whole or any(keys[0] != "output_json" for keys in reading.keys):
            return None
        found |= {keys[1:]: None for keys in reading.keys}
    return [keys for keys in found if keys] or None


def item_paths(findings: Findings) -> list[Path]:
    """Give what the template strings of a grader read of the item."""
    paths = [path for _, part in findings.parts for each in templates_of(part) for path in each.paths]
    return list({path.text: path for path in paths if path.head == "item"}.values())


def _sample_paths(findings: Findings) -> list[Path]:
    paths = [path for _, part in findings.parts for each in templates_of(part) for path in each.paths]
    return [path for path in paths if path.head == "sample"]


def _is_text(segments: tuple[str, ...]) -> bool:
    return segments in _TEXT_PATHS


def _plain_keys(path: Path) -> Keys:
    """Give the keys of a path below `sample.output_json`, up to the first array."""
    keys: list[str] = []
    for segment in path.segments[1:]:
        if type(segment) is not str:
            break
        keys.append(segment)
    return tuple(keys)


def _comparisons(findings: Findings) -> Iterator[_Comparison]:
    """Give what is compared with what; either side may be the answer's."""
    for path, part in findings.parts:
        if part.get("type") not in ("string_check", "text_similarity") or part.get("operation") == "ne":
            continue
        given, reference = parse_template(part["input"]), parse_template(part["reference"])
        if _is_of_item(reference):
            yield _Comparison(given, reference, f"{path}.reference")
        elif _is_of_item(given) and given.paths:
            yield _Comparison(reference, given, f"{path}.input")


def _is_of_item(template: TemplateString) -> bool:
    return all(each.head == "item" for each in template.paths)


def _rendered(findings: Findings, batch: Batch) -> Iterator[Candidate]:
    for compared in _comparisons(findings):
        texts, failures = compared.right.render(batch)
        bare = _unwrapped(compared.answer, texts, batch)
        kept = [None if index in failures else text for index, text in enumerate(bare)]
        yield Candidate(compared.name, kept, sure=len(findings.parts) == 1)


def _unwrapped(answer: TemplateString, texts: Sequence[str], batch: Batch) -> list[str]:
    """Take away what the template string of the answer puts around it."""
    places = [index for index, piece in enumerate(answer.pieces) if _is_answer(piece)]
    if len(places) != 1:
        return list(texts)
    parts = answer.pieces[: places[0]], answer.pieces[places[0] + 1 :]
    around = [TemplateString("", part).render(batch).texts for part in parts]
    return [
        text[len(before) : len(text) - len(after)]
        if text.startswith(before) and text[len(before) :].endswith(after)
        else text
        for text, before, after in zip(texts, *around, strict=True)
    ]


def _is_answer(piece: str | Path) -> bool:
    return isinstance(piece, Path) and piece.head == "sample" and _is_text(tuple(map(str, piece.segments)))


def _composed(findings: Findings, batch: Batch) -> Iterator[Candidate]:
    """Make objects of the references of all that is compared within `sample.output_json`."""
    objects: list[dict[str, Any] | None] = [{} for _ in range(len(batch))]
    filled: list[Keys] = []
    for compared in _comparisons(findings):
        keys = _object_keys(compared.answer.pieces)
        if keys is None:
            continue
        filled.append(keys)
        pieces = compared.right.pieces
        plain = len(pieces) == 1 and isinstance(pieces[0], Path)
        values: Sequence[Any] = (
            batch.column(compared.right.paths[0]) if plain else compared.right.render(batch).texts
        )
        for index, value in enumerate(values):
            put(objects[index], keys, value)
    if filled:
        texts = [dumps(each).decode() for each in objects]
        name = f"an object of {', '.join(map('.'.join, filled))}"
        yield Candidate(name, texts, sure=True, values=objects, keys=filled)


def _object_keys(pieces: Sequence[object]) -> Keys | None:
    """Give the keys of a path into `sample.output_json` that fills a template string."""
    path = pieces[0] if len(pieces) == 1 else None
    if not isinstance(path, Path) or path.head != "sample" or path.segments[:1] != ("output_json",):
        return None
    keys = _plain_keys(path)
    return keys if keys and len(keys) == len(path.segments) - 1 else None


def _guessed(findings: Findings, items: Sequence[Item]) -> Iterator[Candidate]:
    """Give fields of the item: of the usual names those first that are read, then others that are read."""
    read = {str(path.segments[0]) for path in item_paths(findings) if len(path.segments) == 1}
    for _, part in findings.parts:
        if part.get("type") == "python":
            read |= {keys[0] for keys in reading_of(str(part.get("source")), "item").keys}
    there = {name for item in items for name in item}
    usual = [name for name in _USUAL if name in there]
    names = [*(name for name in usual if name in read), *sorted((read & there) - {*_USUAL, "messages"})]
    for name in dict.fromkeys([*names, *usual]):
        texts = [_text(item.get(name)) for item in items]
        yield Candidate(f"item.{name}", texts, guessed=name not in _USUAL)


def _texts(path: Path, items: Sequence[Item]) -> list[str | None]:
    return [_text(path.resolve({"item": item})) for item in items]


def _text(value: object) -> str | None:
    if value is MISSING or value is None:
        return None
    return value if isinstance(value, str) else dumps(value).decode()
