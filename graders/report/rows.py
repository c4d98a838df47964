"""A row as it is shown: what was compared, what a judge said, and the row itself, all of bounded size."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from graders.compile import RenderedField, render_row
from graders.engine import whole_rows
from graders.errors import Failure, GradersError
from graders.registry import default_registry
from graders.report.differences import differences
from graders.report.numbers import number
from graders.report.text import Piece, pieces, plain, size
from graders.report.views import Comparison, Field, Judgement, RowView, Text
from graders.results import Results
from graders.strict_json import dumps

_ROOM, _LONGEST = 30_000, 6_000
"""The bytes of a page that the texts of one row take, and those of one text."""
_MOST, _FEW, _FEW_IMAGES = 40, 10, 4
"""The most fields of a row, its errors or answers or comparisons, and its images."""
_IMAGES, _IMAGE = 1_000_000, 300_000
"""The bytes of a page that all images take, and those of one."""

_FIGURES = ("row", "id", "sample_index", "reward", "passed", "sub_rewards")

_LINK = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:[/?#][\w.~:/?#@!$&()*+,;=%-]*)?", re.ASCII)
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")


def views(results: Results, places: Iterable[int]) -> tuple[dict[int, RowView], str | None]:
    """Read some rows of a run again and make them ready to be shown.

    Gives them by their place in the run and, where their item and sample are not to be had, why.
    """
    wanted = set(places)
    if not wanted:
        return {}, None
    document = results.about["grader"]["document"]
    try:
        return dict(_views(whole_rows(results), wanted, document)), None
    except GradersError as error:  # a slim run whose data are gone; rows that cannot be read fail again
        bare = (line | {"item": None, "sample": None} for line in results.rows())
        return dict(_views(bare, wanted, document)), str(error)


def row_view(line: Mapping[str, Any], document: object) -> RowView:
    """Make one row ready to be shown; its line holds item and sample."""
    return _view(line, document, _Images())


def _views(
    lines: Iterable[Mapping[str, Any]], wanted: set[int], document: object
) -> Iterator[tuple[int, RowView]]:
    left, images = set(wanted), _Images()
    for place, line in enumerate(lines):
        if place in left:
            yield place, _view(line, document, images)
            left.remove(place)
        if not left:
            return


class _Room:
    """The bytes that are left for a row."""

    def __init__(self) -> None:
        self.left = _ROOM

    def show(self, text: object, longest: int = _LONGEST, change: str = "") -> Text:
        """Give the pieces of a text, or of a value's JSON."""
        words = text if isinstance(text, str) else dumps(text).decode()
        shown = pieces(words, min(longest, self.left), change)
        self.left -= sum(map(size, shown))
        return shown

    def fields(self, value: object, name: str = "") -> list[Field]:
        """Give the fields of an object, or one field for any other value."""
        if not isinstance(value, dict):
            return [self._field(name, value)]
        shown = list(self._while_there_is_room(value))
        more = len(value) - len(shown)
        return [*shown, *([Field("", [Piece(f"… {more:,} more fields", "note")])] if more else [])]

    def _while_there_is_room(self, value: Mapping[str, Any]) -> Iterator[Field]:
        for name, each in islice(value.items(), _MOST):
            if self.left <= 0:
                return
            yield self._field(name, each)

    def _field(self, name: str, value: object) -> Field:
        whole = isinstance(value, str) and len(value) < _LONGEST and _LINK.fullmatch(value)
        shown = self.show(value)
        return Field(plain(name, 60), shown, str(value) if whole and len(shown) == 1 else None)


def _view(line: Mapping[str, Any], document: object, images: "_Images") -> RowView:
    room = _Room()
    return RowView(
        figures={key: line[key] for key in _FIGURES if key in line},
        number=f"{line['row']}" + (f", sample {line['sample_index']}" if "sample_index" in line else ""),
        id="" if line["id"] == line["row"] else plain(str(line["id"]), 80),
        reward=number(line["reward"]),
        passed=line["passed"],
        sub_rewards=[(plain(key, 60), number(each)) for key, each in line["sub_rewards"].items()][:_MOST],
        errors=[_error(room, error) for error in line["errors"][:_FEW]],
        judgements=[_judgement(room, trace) for trace in line.get("traces", ())[:_FEW]],
        images=images.of([line["item"], line["sample"]]),
        **({} if line["item"] is None else _texts(room, line["item"], line["sample"], document)),
    )


def _texts(room: _Room, item: Mapping[str, Any], sample: Any, document: object) -> dict[str, Any]:
    """Give what is shown of the row itself: sample first, lest a large item leave it no room."""
    rendered = list(render_row(document, default_registry(), item, sample))
    known = {text for text in (sample, *item.values()) if isinstance(text, str)}
    return {
        "sample": [] if sample is None else room.fields(sample),
        "item": room.fields(item),
        "comparisons": [_comparison(room, *each) for each in _compared(rendered)],
        "rendered": [
            Field(plain(f"{each.grader} {each.field}".strip(), 80), room.show(each.text))
            for each in rendered[:_FEW]
            if isinstance(each.text, str) and each.text not in known
        ],
    }


def _error(room: _Room, error: Mapping[str, Any]) -> Field:
    kind = f"{error['code']}: {error['reason']}"
    return Field(plain(f"{error['grader']}: {kind}"), room.show(error["detail"], 2000))


def _judgement(room: _Room, trace: Mapping[str, Any]) -> Judgement:
    steps = [
        (room.show(step["description"], 1000), room.show(step["conclusion"], 1000))
        for step in (trace.get("steps") or ())[:_MOST]
    ]
    usage = trace.get("usage") or {}
    tokens = [
        f"{usage[key]:,} {key.replace('_', ' ')}"
        for key in ("prompt_tokens", "completion_tokens")
        if key in usage
    ]
    result = room.show(trace.get("result"), 1000)
    return Judgement(
        plain(trace["grader"], 80),
        plain(trace["model"], 80),
        steps,
        result,
        ", ".join(tokens),
        room.show(trace.get("raw") or ""),
    )


def _compared(rendered: Sequence[RenderedField]) -> Iterator[tuple[str, str, str]]:
    """Find the pairs of input and reference; graders that compared the same two texts share one."""
    texts: defaultdict[str, dict[str, str | Failure]] = defaultdict(dict)
    for each in rendered:
        texts[each.grader][each.field] = each.text
    pairs: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for grader, known in texts.items():
        given, reference = known.get("input"), known.get("reference")
        if isinstance(given, str) and isinstance(reference, str):
            pairs[given, reference].append(grader)
    for (given, reference), names in list(pairs.items())[:_FEW]:
        yield ", ".join(filter(None, names)), given, reference


def _comparison(room: _Room, names: str, given: str, reference: str) -> Comparison:
    graders = plain(names, 80)
    if given == reference:
        return Comparison(graders, [], "Input and reference are the same text.")
    changes = differences(reference[:_LONGEST], given[:_LONGEST])
    if changes is None:
        within = "The input holds the reference." if reference in given else ""
        return Comparison(graders, [], within or "Input and reference have little in common.")
    shown = [piece for change in changes for piece in room.show(change.text, _LONGEST, change.kind)]
    return Comparison(graders, shown)


class _Images:
    """Finds the images that rows hold as data, of kinds that cannot run anything, while there is room."""

    def __init__(self) -> None:
        self._left = _IMAGES

    def of(self, value: object) -> list[str]:
        """Give the images of a row that are shown."""
        found: list[str] = []
        for text in _strings(value):
            if (
                len(text) <= min(_IMAGE, self._left)
                and len(found) < _FEW_IMAGES
                and _DATA_IMAGE.fullmatch(text)
            ):
                found.append(text)
                self._left -= len(text)
        return found


def _strings(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict | list):
            waiting += reversed(list(each.values() if isinstance(each, dict) else each))
