"""Every kind of finding: how bad it is, what it costs, how to mend it."""

from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "note"]


class Kind(NamedTuple):
    """What is the same for all findings of a kind."""

    severity: Severity
    cost: str
    mend: str


_REFUSED = "the job is refused when it is created"
_FAILS = "the job fails while its files are validated"
_NO_SIGNAL = "training is paid for, and nothing is learnt"
_HACKED = "training raises the reward without better answers"

KINDS: dict[str, Kind] = {
    # the job
    "job_problem": Kind("error", _REFUSED, "send what is expected there"),
    "job_unknown_field": Kind("warning", "the field is refused or has no effect", "remove or rename it"),
    "job_old_hyperparameters": Kind(
        "warning", "it is not clear which of the two counts", "move them into the method's hyperparameters"
    ),
    "model_not_trainable": Kind("error", _REFUSED, "name a model that this method trains"),
    "validation_file_missing": Kind("error", _REFUSED, "split some rows off into a validation file"),
    "validation_file_unread": Kind(
        "note", "its rows were not looked at", "name the file that the id stands for: --valid FILE"
    ),
    "response_format_loose": Kind(
        "warning", "a strict schema of this form is refused", "require every property, allow no others"
    ),
    # the grader
    "grader_problem": Kind("error", _REFUSED, "correct the grader document"),
    "grader_refused": Kind("error", _REFUSED, "use a grader that reinforcement jobs take"),
    "grader_warning": Kind(
        "warning", "the grader probably does not say what was meant", "correct the grader document"
    ),
    "source_hosted_import": Kind(
        "error", "every answer scores 0, with an error", "do without the package, or guard the import"
    ),
    "source_hint": Kind("note", "the source may behave differently there", "see what the message names"),
    "not_graded": Kind(
        "warning", "rewards, probes and time were not measured", "give what the message asks for"
    ),
    "judge_model_unsupported": Kind(
        "warning", "the judge may not be available to the job", "name a model of the graders guide"
    ),
    "formula_constant": Kind("error", _NO_SIGNAL, "let the formula depend on its graders"),
    "formula_unused": Kind(
        "warning", "the grader is run and paid for, and changes nothing", "use it in the formula or remove it"
    ),
    "formula_range": Kind("note", "thresholds and plots should fit this range", "nothing, if it is meant"),
    "formula_may_fail": Kind(
        "warning",
        "where it fails the reward is 0 with other_error",
        "keep divisors away from 0 and roots and logarithms above it, by max(…, 0.01)",
    ),
    "output_json_unformatted": Kind(
        "warning",
        "answers that are no JSON score 0, with sample_parse_error",
        "set response_format, or ask for JSON in the prompt",
    ),
    "schema_path": Kind(
        "error", "every answer scores 0, with invalid_variable_error", "name a path that the schema has"
    ),
    "schema_path_optional": Kind(
        "warning", "answers without the property score 0, with an error", "require the property in the schema"
    ),
    "source_schema_path": Kind(
        "warning",
        "the source finds nothing there; where it raises, every answer scores 0",
        "name a key that the schema has",
    ),
    "sample_unread": Kind("error", _NO_SIGNAL, "let the grader read sample.output_text"),
    # files
    "file_name": Kind("error", "the upload is refused", "name the file .jsonl, one object a line"),
    "file_unreadable": Kind("error", _FAILS, "write the file anew"),
    "file_too_large": Kind("error", "the upload is refused", "keep files below 512 MB"),
    "row_unreadable": Kind("error", _FAILS, "write one JSON object a line"),
    "too_few_rows": Kind("error", _FAILS, "give at least 10 examples"),
    "too_many_rows": Kind("error", _FAILS, "take a sample of the rows"),
    "row_shape": Kind("error", _FAILS, "send what is expected there"),
    "row_last_role": Kind("error", _FAILS, "end the messages with the user's"),
    "row_no_target": Kind("error", _FAILS, "keep an assistant message with a weight that is not 0"),
    "row_empty_message": Kind("warning", "the example teaches nothing, or silence", "remove or fill it"),
    "row_unknown_field": Kind("warning", "the field is refused or has no effect", "remove it"),
    "row_long": Kind("warning", "the example may be cut or skipped", "shorten it or leave it out"),
    "rows_duplicate": Kind("warning", "the examples count several times", "keep one of each"),
    "rows_conflict": Kind(
        "warning", "one prompt has several right answers, and each counts as wrong once", "keep one of them"
    ),
    "rows_leak": Kind(
        "warning",
        "validation looks better than the model is",
        "keep validation rows out of the training file",
    ),
    "dpo_equal": Kind("error", "the pair says nothing", "leave the pair out"),
    "dpo_length": Kind(
        "warning", "the model learns length instead of quality", "balance the lengths of the two answers"
    ),
    "variable_missing": Kind(
        "error", "the row scores 0, with invalid_variable_error", "give every row the field"
    ),
    "source_variable_missing": Kind(
        "warning",
        "the source may raise there, and then the row scores 0, with python_grader_runtime_error",
        "give every row the field, or read it by item.get(…)",
    ),
    "variable_null": Kind("warning", "the grader compares with the text null", "give the field a value"),
    "variable_types": Kind(
        "warning", "texts are compared that are written differently", "write one type in every row"
    ),
    "reference_empty": Kind(
        "warning",
        "like passes every answer there, eq and the metrics none that says something",
        "give the rows a reference",
    ),
    "reference_short": Kind(
        "warning",
        "even the right answer scores low, or jumps between few values",
        "use string_check or fuzzy_match for short references",
    ),
    "reference_unseen": Kind(
        "warning", "the metric sees no text, so every answer scores 0", "use fuzzy_match or a python grader"
    ),
    # signal
    "samples_absent": Kind(
        "note", "what the model earns was not measured", "give --samples FILE or --sample-with MODEL@URL"
    ),
    "samples_unmatched": Kind(
        "warning", "the samples were not used", "name rows by item, item_id or --id-field"
    ),
    "samples_ambiguous": Kind(
        "warning", "the samples were not used", "name rows by item_id, or by the whole item"
    ),
    "samples_truncated": Kind(
        "warning", "what was cut off earns nothing", "sample with more tokens: --sample-tokens N"
    ),
    "samples_filtered": Kind(
        "warning", "what was cut off earns nothing", "see which prompts the filter does not let pass"
    ),
    "labels_absent": Kind(
        "warning", "the reward was not held against a label", "name a number, or true and false: --label PATH"
    ),
    "rows_unsampled": Kind("note", "the signal was measured without these rows", "sample them too"),
    "sampling_failed": Kind("warning", "the signal was measured without them", "see the message"),
    "samples_few": Kind("note", "the spread within an item is not known", "give at least 4 samples an item"),
    "reward_constant": Kind("error", _NO_SIGNAL, "change the grader, the prompts or the model"),
    "no_gradient": Kind(
        "warning",
        "items whose samples all get one reward are paid for and teach nothing",
        "leave out items that are too easy or too hard, or grade in finer steps",
    ),
    "failure_share": Kind(
        "warning", "little is learnt where nearly all or nearly none fail", "choose easier or harder items"
    ),
    "rewards_length": Kind(
        "warning", "the model learns to write longer or shorter", "grade less of the form"
    ),
    "part_still": Kind(
        "warning", "the sub-grader is paid for and never moves the total", "weigh it more or remove it"
    ),
    "grading_errors": Kind("warning", "failed grades count as 0", "correct what the message names"),
    "label_disagreement": Kind(
        "warning", "the reward does not follow what you call good", "grade what the label says"
    ),
    # probes
    "reference_low": Kind(
        "error",
        "right answers earn little: the grader is broken, or pays for their form",
        "try it on the reference",
    ),
    "reference_unknown": Kind(
        "note", "half of the probes do not apply", "say where it stands: --reference item.FIELD"
    ),
    "silence_pays": Kind("error", "the model learns to say nothing", "give 0 for an empty answer"),
    "probe_pays": Kind("warning", _HACKED, "close this way to the reward"),
    "probe_errors": Kind(
        "note", "the reward is 0 there, with an error", "let the grader give a reward, whatever the answer is"
    ),
    # repeatability
    "unrepeatable": Kind(
        "warning", "noise in the reward slows training", "set a seed, temperature 0, or a steadier judge"
    ),
    # money
    "slow_grader": Kind("warning", "grading takes longer than training", "make the grader faster"),
}
"""Kind to what is the same for all findings of it."""
