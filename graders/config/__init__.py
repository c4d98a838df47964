"""Grader documents: the six published types as frozen models, with OpenAI's names.

Design: this room knows shape only. What a document means (its template strings, its formula, whether a
metric or a judge is there) is for `compile`. `Vocabulary` is what may stand in a document; the published
one is the default, and a wider one, with the types and metrics of third parties, comes from the caller.
"""

from graders.config.graders import (
    LabelModelGrader,
    MultiGrader,
    PythonGrader,
    ScoreModelGrader,
    StringCheckGrader,
    TextSimilarityGrader,
)
from graders.config.load import PUBLISHED, Checked, Vocabulary, check, dump, load
from graders.config.messages import GraderInputs, GraderMessage
from graders.config.models import GraderConfig, Number, SamplingParams
from graders.config.problems import join

__all__ = [
    "PUBLISHED",
    "Checked",
    "GraderConfig",
    "GraderInputs",
    "GraderMessage",
    "LabelModelGrader",
    "MultiGrader",
    "Number",
    "PythonGrader",
    "SamplingParams",
    "ScoreModelGrader",
    "StringCheckGrader",
    "TextSimilarityGrader",
    "Vocabulary",
    "check",
    "dump",
    "join",
    "load",
]
