"""From a grader document to a grader that is ready to score: check everything, bind everything.

Design: all findings about a document come at once, so the checks read the document as it was sent, even
where a part of it is wrong; only a document without problems is bound to its implementations.
"""

from graders.compile.check import Findings, check_document
from graders.compile.grader import Grader, Options, compile_document, load_grader
from graders.compile.source import read_source

__all__ = [
    "Findings",
    "Grader",
    "Options",
    "check_document",
    "compile_document",
    "load_grader",
    "read_source",
]
