"""From a grader document to a grader that is ready to score: check everything, bind everything.

Design: all findings about a document come at once, so the checks read the document as it was sent, even
where a part of it is wrong; only a document without problems is bound to its implementations.
"""

from graders.compile.check import Findings, check_document
from graders.compile.grader import Grader, Options, compile_document, load_grader
from graders.compile.legacy import modernise
from graders.compile.places import PLACES
from graders.compile.rendering import RenderedField, render_row
from graders.compile.source import read_source
from graders.endpoints.limits import Limits
from graders.judges.asking import Asking

__all__ = [
    "PLACES",
    "Asking",
    "Findings",
    "Grader",
    "Limits",
    "Options",
    "RenderedField",
    "check_document",
    "compile_document",
    "load_grader",
    "modernise",
    "read_source",
    "render_row",
]
