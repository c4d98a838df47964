"""Fine-tuning jobs: the configs of the three methods, their files, and the dry run of a whole job.

Design: nothing is trained here. A job's body, its files and some samples of a model are enough to say what
the service would refuse, what the reward signal looks like, and how the grader can be gamed.
"""

from graders.fine_tuning.answers import Joining
from graders.fine_tuning.dry_run import DryRun, dry_run
from graders.fine_tuning.findings import Finding, Place, Verdict
from graders.fine_tuning.hyperparameters import (
    DpoHyperparameters,
    ReinforcementHyperparameters,
    SupervisedHyperparameters,
)
from graders.fine_tuning.job import CheckedJob, check_job, dump_job, load_job
from graders.fine_tuning.methods import (
    DpoMethod,
    FineTuningJob,
    Method,
    ReinforcementMethod,
    ResponseFormat,
    SupervisedMethod,
)
from graders.fine_tuning.plans import Grading, Probes, Sampling

__all__ = [
    "CheckedJob",
    "DpoHyperparameters",
    "DpoMethod",
    "DryRun",
    "Finding",
    "FineTuningJob",
    "Grading",
    "Joining",
    "Method",
    "Place",
    "Probes",
    "ReinforcementHyperparameters",
    "ReinforcementMethod",
    "ResponseFormat",
    "Sampling",
    "SupervisedHyperparameters",
    "SupervisedMethod",
    "Verdict",
    "check_job",
    "dry_run",
    "dump_job",
    "load_job",
]
