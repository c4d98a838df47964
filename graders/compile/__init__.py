"""From a grader document to a grader that is ready to score: check everything, bind everything.

Design: all findings about a document come at once, so the checks read the document as it was sent, even
where a part of it is wrong; only a document without problems is bound to its implementations.
"""

from graders.compile.check import Findings, check_document
from graders.compile.grader import Grader, Options
from graders.compile.legacy import modernise
from graders.compile.loading import compile_document, load_grader, threshold_of
from graders.compile.places import PLACES
from graders.compile.rendering import RenderedField, render_row
from graders.compile.source import read_source
from graders.compile.sources import check_sources
from graders.endpoints.limits import Limits
from graders.judges.asking import Asking
from graders.sandbox.confinement import Confinement

__all__ = [
    "PLACES",
    "Asking",
    "Confinement",
    "Findings",
    "Grader",
    "Limits",
    "Options",
    "RenderedField",
    "check_document",
    "check_sources",
    "compile_document",
    "load_grader",
    "modernise",
    "read_source",
    "render_row",
    "threshold_of",
]
