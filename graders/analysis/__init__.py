"""What is computed for people who want to know how far to trust the numbers, and how fast they come."""

from graders.analysis.agreement import FIGURE_NAMES, THRESHOLD_FROM, Agreement, Bin, Disagreement
from graders.analysis.bench import LIBRARIES, library_versions, machine, measured_ratios
from graders.analysis.calibration import MAXIMISED, calibrate
from graders.analysis.differences import compare
from graders.analysis.measure import Ratio
from graders.analysis.pairs import Comparison, Flip, Pair, Repeats, Standing
from graders.analysis.verification import TOLERANCE, MetricCheck, Verification, verify

__all__ = [
    "FIGURE_NAMES",
    "LIBRARIES",
    "MAXIMISED",
    "THRESHOLD_FROM",
    "TOLERANCE",
    "Agreement",
    "Bin",
    "Comparison",
    "Disagreement",
    "Flip",
    "MetricCheck",
    "Pair",
    "Ratio",
    "Repeats",
    "Standing",
    "Verification",
    "calibrate",
    "compare",
    "library_versions",
    "machine",
    "measured_ratios",
    "verify",
]
