"""Spans of OpenTelemetry, where the user's program has it configured; elsewhere nothing.

Design: a program that traces has imported OpenTelemetry before a run begins (for the command line,
`opentelemetry-instrument` does so). Nothing is imported for the others, and nothing of a row goes into a
span: names, counts, reasons.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Attributes = dict[str, Any]


@contextmanager
def span(name: str, attributes: Mapping[str, Any]) -> Iterator[Attributes]:
    """Hold a span open; what is put into the dict that is given becomes attributes when it ends."""
    found: Attributes = {}
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        yield found
        return
    with trace.get_tracer("graders").start_as_current_span(name, attributes=_known(attributes)) as opened:
        yield found
        opened.set_attributes(_known(found))


def _known(attributes: Mapping[str, Any]) -> Attributes:
    return {name: value for name, value in attributes.items() if value is not None}
