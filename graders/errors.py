"""What can go wrong: the exception tree, and the codes and reasons of rows that could not be graded.

    GradersError
    ├── ConfigError          the grader document cannot be used; lists every problem
    ├── DataError            the data file or the rows cannot be used
    ├── RunError             the run directory cannot be used
    │   └── RunStoppedError  the run stopped before its end and can go on
    ├── CacheError           the cache cannot be read or cleared; never raised while rows are scored
    ├── EmbeddingError       texts cannot be embedded now; never leaves a run, its rows fail
    └── MissingExtraError    an optional dependency is not installed

Design: a wrong *document* raises before any row is scored; a wrong *row* never raises, it becomes a
`RowError`. Inside the process a failed row is NaN with a code; in files it is `null` with `errors`; on
the wire it is reward 0.0 with the hosted flags. `hosted_flags` makes the last of these, and the
dictionary it returns has the keys, order and defaults that the hosted service was observed to send.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum


class GradersError(Exception):
    """Base of every exception that this package raises on purpose."""


@dataclass(frozen=True, order=True)
class Problem:
    """One finding about a grader document.

    `path` is where it stands (`$.graders.match.operation`), `message` what was expected and what came.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class ConfigError(GradersError, ValueError):
    """The grader document cannot be used; `problems` lists every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.problems,)


class DataError(GradersError, ValueError):
    """The data file, or the rows in it, cannot be used as asked."""


class RunError(GradersError):
    """The run directory cannot be used as asked."""


class RunStoppedError(RunError):
    """The run stopped before its end; what is done is safe, and it can go on."""


class CacheError(GradersError):
    """The cache cannot be read or cleared; `damaged` where its file is no database any more."""

    def __init__(self, message: str, *, damaged: bool = False) -> None:
        self.damaged = damaged
        super().__init__(message)


class EmbeddingError(GradersError):
    """An embedder cannot embed now, whatever the text: whoever meets this asks it no more for a while."""


class MissingExtraError(GradersError, ImportError):
    """An optional dependency is missing; the message holds the command that installs it."""

    def __init__(self, feature: str, extra: str) -> None:
        self.feature, self.extra = feature, extra
        super().__init__(f"{feature} needs an extra: pip install 'local-graders[{extra}]'")

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.feature, self.extra)


class ConfigWarning(UserWarning):
    """The grader document works but probably does not say what its author meant."""


class DataWarning(UserWarning):
    """Rows were scored, but their scores probably do not mean what they seem to."""


class Code(IntEnum):
    """Why a row has no score, as one byte. The names are the hosted flags, and below them our own.

    The hosted flags come in the order in which the hosted service sends them.
    """

    ok = 0
    formula_parse_error = 1
    sample_parse_error = 2
    truncated_observation_error = 3
    unresponsive_reward_error = 4
    invalid_variable_error = 5
    other_error = 6
    python_grader_server_error = 7
    python_grader_runtime_error = 8
    model_grader_server_error = 9
    model_grader_refusal_error = 10
    model_grader_parse_error = 11
    model_grader_exceeded_max_tokens_error = 12
    endpoint_grader_internal_error = 13
    endpoint_grader_server_error = 14
    endpoint_grader_safety_check_error = 15
    row_parse_error = 16
    embedding_error = 17
    unscored = 18
    """No failure: several graders of which one has no threshold have no reward between them."""


REASONS: dict[str, Code] = {
    "missing_variable": Code.invalid_variable_error,
    "not_renderable": Code.invalid_variable_error,
    "media_unavailable": Code.invalid_variable_error,
    "sample_not_json": Code.sample_parse_error,
    "formula_not_finite": Code.other_error,
    "metric_failed": Code.other_error,
    "embedding_failed": Code.embedding_error,
    "refusal": Code.model_grader_refusal_error,
    "content_filter": Code.model_grader_refusal_error,
    "not_json": Code.model_grader_parse_error,
    "wrong_reply_shape": Code.model_grader_parse_error,
    "not_a_number": Code.model_grader_parse_error,
    "not_a_label": Code.model_grader_parse_error,
    "token_limit": Code.model_grader_exceeded_max_tokens_error,
    "timeout": Code.model_grader_server_error,
    "rate_limited": Code.model_grader_server_error,
    "server_error": Code.model_grader_server_error,
    "no_answer": Code.model_grader_server_error,
    "request_refused": Code.model_grader_server_error,
    "unauthorized": Code.model_grader_server_error,
    "budget": Code.model_grader_server_error,
    "judge_failed": Code.model_grader_server_error,
    "python_exception": Code.python_grader_runtime_error,
    "python_result": Code.python_grader_runtime_error,
    "python_timeout": Code.python_grader_runtime_error,
    "python_memory": Code.python_grader_runtime_error,
    "python_disk": Code.python_grader_runtime_error,
    "python_crash": Code.python_grader_runtime_error,
    "sandbox_error": Code.python_grader_server_error,
    "malformed_json": Code.row_parse_error,
    "not_an_object": Code.row_parse_error,
    "invalid_utf8": Code.row_parse_error,
    "line_too_long": Code.row_parse_error,
    "malformed_csv": Code.row_parse_error,
    "missing_field": Code.row_parse_error,
    "wrong_shape": Code.row_parse_error,
}
"""Every reason a row can fail for, and the code it belongs to."""


NOT_ASKED = frozenset({"budget", "unauthorized"})
"""The reasons that hold for every row to come: a run stops before such a row, and can go on with it."""


@dataclass(frozen=True)
class Failure:
    """Why one row has no score: a `reason` from `REASONS` and a sentence for people."""

    reason: str
    detail: str

    @property
    def code(self) -> Code:
        """The code that this reason belongs to."""
        return REASONS[self.reason]


@dataclass(frozen=True)
class RowError:
    """A failure, and the grader that met it."""

    code: Code
    reason: str
    detail: str
    grader: str

    def to_dict(self) -> dict[str, str]:
        """The form that stands in `results.jsonl`."""
        return {"code": self.code.name, "reason": self.reason, "detail": self.detail, "grader": self.grader}


_HOSTED_FLAGS: tuple[tuple[str, Code | None, str | None], ...] = (
    # (key, code whose presence sets it, or key of the flag whose detail it repeats)
    ("formula_parse_error", Code.formula_parse_error, None),
    ("sample_parse_error", Code.sample_parse_error, None),
    ("sample_parse_error_details", None, "sample_parse_error"),
    ("truncated_observation_error", Code.truncated_observation_error, None),
    ("unresponsive_reward_error", Code.unresponsive_reward_error, None),
    ("invalid_variable_error", Code.invalid_variable_error, None),
    ("invalid_variable_error_details", None, "invalid_variable_error"),
    ("other_error", Code.other_error, None),
    ("python_grader_server_error", Code.python_grader_server_error, None),
    ("python_grader_server_error_type", None, "python_grader_server_error"),
    ("python_grader_runtime_error", Code.python_grader_runtime_error, None),
    ("python_grader_runtime_error_details", None, "python_grader_runtime_error"),
    ("model_grader_server_error", Code.model_grader_server_error, None),
    ("model_grader_refusal_error", Code.model_grader_refusal_error, None),
    ("model_grader_refusal_error_details", None, "model_grader_refusal_error"),
    ("model_grader_parse_error", Code.model_grader_parse_error, None),
    ("model_grader_parse_error_details", None, "model_grader_parse_error"),
    ("model_grader_exceeded_max_tokens_error", Code.model_grader_exceeded_max_tokens_error, None),
    ("model_grader_server_error_details", None, "model_grader_server_error"),
    ("endpoint_grader_internal_error", Code.endpoint_grader_internal_error, None),
    ("endpoint_grader_internal_error_details", None, "endpoint_grader_internal_error"),
    ("endpoint_grader_server_error", Code.endpoint_grader_server_error, None),
    ("endpoint_grader_server_error_details", None, "endpoint_grader_server_error"),
    ("endpoint_grader_safety_check_error", Code.endpoint_grader_safety_check_error, None),
)


def hosted_flags(errors: Iterable[RowError]) -> dict[str, bool | str | None]:
    """Translate row errors to the `metadata.errors` object of `/graders/run`.

    The 24 keys are always there, in the observed order; the first failure of a kind gives the details, and
    in the place of a sandbox's details, which has none, its reason.
    Codes of ours that the hosted service does not know count as `other_error`.
    """
    details: dict[str, str] = {}
    for error in errors:
        known = error.code not in (Code.row_parse_error, Code.embedding_error)
        said = error.reason if error.code == Code.python_grader_server_error else error.detail
        details.setdefault(error.code.name if known else Code.other_error.name, said)
    return _flags(details) if details else dict(_NO_FLAGS)


def _flags(details: Mapping[str, str]) -> dict[str, bool | str | None]:
    return {
        key: code.name in details if code is not None else details.get(detail_of or "")
        for key, code, detail_of in _HOSTED_FLAGS
    }


_NO_FLAGS = _flags({})
