"""Copy evals, runs, output items and files from a hosted Evals API; grade the items again here.

Design: what comes from a server is not trusted (sizes, ids, lists without an end) and not changed: every
object is written as it was received.
"""

from graders.hosted.archive import Archive
from graders.hosted.connection import Account, Connection
from graders.hosted.patience import Patience, Turnstile
from graders.hosted.pull import Pulled, Selection, pull
from graders.hosted.regrade import CriterionReport, EvalReport, Regraded, regrade
from graders.hosted.source import Source
from graders.hosted.survey import SurveyedEval, survey

__all__ = [
    "Account",
    "Archive",
    "Connection",
    "CriterionReport",
    "EvalReport",
    "Patience",
    "Pulled",
    "Regraded",
    "Selection",
    "Source",
    "SurveyedEval",
    "Turnstile",
    "pull",
    "regrade",
    "survey",
]
