"""What scores amount to: intervals, distributions, paired tests, agreement, thresholds.

Design: everything here is numpy and the standard library, so that no command needs scipy; the tests compare
with scipy, statsmodels, scikit-learn and krippendorff. What is not defined is None and never NaN. Whatever is
drawn at random takes a seed, and is the same wherever the seed is.
"""

from graders.stats.agreement import cohen_kappa, figure_interval, krippendorff_alpha
from graders.stats.clusters import Clusters, numbered
from graders.stats.curves import Cuts, Ranking, precision_recall_area, roc_area
from graders.stats.descriptions import Description, Histogram, describe, histogram
from graders.stats.intervals import Estimate, mean_interval, rate_interval, wilson_interval
from graders.stats.paired import Outcomes, holm, mcnemar_test, outcomes, sign_flip_test
from graders.stats.ranks import average_ranks, kendall, spearman
from graders.stats.repeats import pass_at_k, pass_hat_k
from graders.stats.resampling import RESAMPLES, bootstrap_interval, ratios
from graders.stats.student import student_t_quantile
from graders.stats.thresholds import Threshold, best_threshold
from graders.stats.verdicts import FIGURES, Confusion

__all__ = [
    "FIGURES",
    "RESAMPLES",
    "Clusters",
    "Confusion",
    "Cuts",
    "Description",
    "Estimate",
    "Histogram",
    "Outcomes",
    "Ranking",
    "Threshold",
    "average_ranks",
    "best_threshold",
    "bootstrap_interval",
    "cohen_kappa",
    "describe",
    "figure_interval",
    "histogram",
    "holm",
    "kendall",
    "krippendorff_alpha",
    "mcnemar_test",
    "mean_interval",
    "numbered",
    "outcomes",
    "pass_at_k",
    "pass_hat_k",
    "precision_recall_area",
    "rate_interval",
    "ratios",
    "roc_area",
    "sign_flip_test",
    "spearman",
    "student_t_quantile",
    "wilson_interval",
]
