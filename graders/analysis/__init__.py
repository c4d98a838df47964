"""What is computed of metrics and runs for people who want to know how far to trust them."""

from graders.analysis.verification import TOLERANCE, MetricCheck, Verification, verify

__all__ = ["TOLERANCE", "MetricCheck", "Verification", "verify"]
