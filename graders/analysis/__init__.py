"""What is computed for people who want to know how far to trust the metrics, and how fast they are."""

from graders.analysis.bench import LIBRARIES, library_versions, machine, measured_ratios
from graders.analysis.measure import Ratio
from graders.analysis.verification import TOLERANCE, MetricCheck, Verification, verify

__all__ = [
    "LIBRARIES",
    "TOLERANCE",
    "MetricCheck",
    "Ratio",
    "Verification",
    "library_versions",
    "machine",
    "measured_ratios",
    "verify",
]
