"""Runs the source of `python` graders outside our process, confined, a row at a time."""

from graders.sandbox.check import Finding, check_source
from graders.sandbox.image import HOSTED_IMAGE, PACKAGES
from graders.sandbox.launch import SandboxUnavailableError
from graders.sandbox.limits import (
    ISOLATIONS,
    LEVELS,
    MAX_SOURCE_BYTES,
    Cause,
    Failure,
    Isolation,
    Level,
    Limits,
    Outcome,
    Probe,
)
from graders.sandbox.probe import probe
from graders.sandbox.sandbox import Row, Sandbox

__all__ = [
    "HOSTED_IMAGE",
    "ISOLATIONS",
    "LEVELS",
    "MAX_SOURCE_BYTES",
    "PACKAGES",
    "Cause",
    "Failure",
    "Finding",
    "Isolation",
    "Level",
    "Limits",
    "Outcome",
    "Probe",
    "Row",
    "Sandbox",
    "SandboxUnavailableError",
    "check_source",
    "probe",
]
