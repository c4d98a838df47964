"""What is shown of a row: texts in pieces, of bounded size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graders.report.text import Piece

_SHORT = 60
"""Letters of a text that has its place on one line."""

Text = list[Piece]


@dataclass(frozen=True)
class Field:
    """A named text of a row; `link` where the text is an address that may be followed."""

    name: str
    text: Text
    link: str | None = None

    @property
    def short(self) -> bool:
        """Whether the text has its place on one line."""
        letters = sum(len(piece.text) for piece in self.text)
        return 0 < letters <= _SHORT and not any("\n" in piece.text for piece in self.text)


@dataclass(frozen=True)
class Comparison:
    """What graders compared: the differences or, where these would show nothing, words instead."""

    graders: str
    changes: Text
    words: str = ""


@dataclass(frozen=True)
class Judgement:
    """What a judge answered."""

    grader: str
    model: str
    steps: Sequence[tuple[Text, Text]]
    result: Text
    usage: str
    raw: Text


@dataclass(frozen=True)
class RowView:
    """A row that is shown; `number` is its place in the data, `item` None where it could not be read.

    `remark` says in what it differs from its label, where a calibration is shown.
    """

    figures: Mapping[str, Any]
    number: str
    id: str
    reward: str
    passed: bool | None
    sub_rewards: Sequence[tuple[str, str]]
    errors: Sequence[Field]
    comparisons: Sequence[Comparison] = ()
    rendered: Sequence[Field] = ()
    judgements: Sequence[Judgement] = ()
    item: Sequence[Field] | None = None
    sample: Sequence[Field] = ()
    images: Sequence[str] = ()
    remark: str = ""

    @property
    def scored(self) -> bool:
        """Whether it has a reward."""
        return self.figures["reward"] is not None
