"""Grade a dataset of Ray Data, on as many machines as the cluster has.

Design: the grader is compiled here, so a document that cannot be used is known before any task starts, and
goes to the workers as bytes, which a process opens once. Who waits for nobody is graded by tasks, as many as
there are cores. Who waits for a judge, a sandbox or an embedder is graded by actors, which keep what they
wait for (connections, warm sandboxes, models) from batch to batch.
"""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from graders.compile import Asking, Confinement, Grader, Limits, Options, load_grader
from graders.compile.source import Source
from graders.embedders import Embedder
from graders.engine.ahead import waits
from graders.errors import DataError, MissingExtraError, RunError
from graders.integrations.arrow import Table, require_sample_column, score_table
from graders.judges import Judge

if TYPE_CHECKING:
    import ray.data

_ID = "id"
"""The column of ids where nobody names one."""


def score(
    dataset: "ray.data.Dataset",
    grader: Grader | Source,
    *,
    judge: Judge | str | None = None,
    embedder: Embedder | str | None = None,
    confinement: Confinement | None = None,
    options: Options | None = None,
    limits: Limits | None = None,
    item_field: str | None = None,
    sample_field: str | None = None,
    id_field: str | None = None,
    batch_size: int = 1000,
    concurrency: int | None = None,
) -> "ray.data.Dataset":
    """Grade a dataset of Ray Data; give a dataset of the results, in no particular order.

    `grader` is what `load_grader` takes, or what it gave; `judge`, `embedder`, `confinement` and `options`
    are its parameters. The columns are those of `integrations.arrow.score_table`, and the numbers and errors
    those of `evaluate`. `id` joins them to the data: it is the value at `id_field`, a path into the row;
    without it that of the column `id`. Nothing is graded before Ray is asked for the results.

    `concurrency` is the number of tasks or actors at once. Without it, there are as many as the cluster has
    room for, but one that asks a judge. `limits` hold for all together: each actor that asks the judge gets
    an equal share of the concurrency and of the budget, rounded down; one that Ray starts anew begins with
    its whole share again. Rows that nobody may be asked about any more have an error with the reason
    `budget`. Each actor runs `confinement.workers` python rows at once, one where nobody says so. A `Grader`
    is used as it is, with limits of its own, and asks a judge from one actor only.

    Raises:
        ConfigError: the document cannot be used; lists every problem.
        DataError: no column holds ids, or, where the columns are known, the sample that the grader reads.
        MissingExtraError: Ray is not installed.
        RunError: the grader cannot go to another process.
        ValueError: a number is less than 1, there are more actors than `limits` can be shared among, or a
            `Grader` comes with what belongs to a document.
    """
    data = _ray_data()
    _check(batch_size=batch_size, concurrency=concurrency)
    given = {"judge": judge, "embedder": embedder, "confinement": confinement, "options": options}
    bound = _bound(grader, given, limits, concurrency)
    id_field = id_field or _usual_id(dataset)
    names = dataset.columns(fetch_if_missing=False)
    if names is not None:
        require_sample_column(names, bound, sample_field)
    fields = {"item_field": item_field, "sample_field": sample_field, "id_field": id_field}
    work = _Work(_packed(bound), fields)
    how = {"batch_size": batch_size, "batch_format": "pyarrow", **_places(data, bound, concurrency)}
    if waits(bound):
        return dataset.map_batches(_Actor, fn_constructor_args=(work,), **how)
    return dataset.map_batches(_task, fn_kwargs={"work": work}, **how)


@dataclass(frozen=True)
class _Work:
    """A grader as bytes, and where rows hold what it reads."""

    grader: bytes
    fields: Mapping[str, str | None]

    def results(self, table: Table, grader: Grader) -> Table:
        return score_table(table, grader, **self.fields)


def _task(table: Table, work: _Work) -> Table:
    return work.results(table, _opened(work.grader))


class _Actor:
    """Keeps a grader that waits for others, and what it waits for."""

    def __init__(self, work: _Work) -> None:
        self._work = work
        self._grader: Grader = pickle.loads(work.grader)

    def __call__(self, table: Table) -> Table:
        return self._work.results(table, self._grader)


@lru_cache(maxsize=4)
def _opened(packed: bytes) -> Grader:
    """Open a grader, once in a process for all tasks that bring the same one."""
    grader: Grader = pickle.loads(packed)
    return grader


def _ray_data() -> Any:
    try:
        import ray.data
    except ImportError:
        raise MissingExtraError("grading with Ray", "ray") from None
    return ray.data


def _check(**numbers: int | None) -> None:
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise ValueError(f"expected {name} of at least 1; got {number!r}")


def _bound(
    grader: Grader | Source, given: Mapping[str, Any], limits: Limits | None, concurrency: int | None
) -> Grader:
    """Make the grader of one actor."""
    actors = concurrency or 1
    if isinstance(grader, Grader):
        named = [name for name, value in {**given, "limits": limits}.items() if value is not None]
        if named:
            raise ValueError(f"expected a document with {', '.join(named)}; got a Grader, which has its own")
        if grader.pool is not None and actors > 1:
            raise ValueError("expected a document: the limits of a Grader cannot be shared among actors")
        return grader
    whole = limits or Limits()
    confinement = given["confinement"] or Confinement(workers=1)
    share = Asking(_share(whole, actors))
    made = load_grader(grader, **{**given, "confinement": confinement}, asking=share)
    if made.pool is not None:
        _check_shares(whole, actors)
    return made


def _share(limits: Limits, actors: int) -> Limits:
    calls, tokens = (most and most // actors for most in (limits.max_calls, limits.max_tokens))
    concurrency = max(1, limits.concurrency // actors)
    return replace(limits, concurrency=concurrency, max_calls=calls, max_tokens=tokens)


def _check_shares(limits: Limits, actors: int) -> None:
    for name in ("concurrency", "max_calls", "max_tokens"):
        whole = getattr(limits, name)
        if whole is not None and 0 < whole < actors:
            raise ValueError(f"expected limits.{name} of at least 1 for each of {actors} actors; got {whole}")


def _usual_id(dataset: "ray.data.Dataset") -> str:
    names = dataset.columns() or [_ID]
    if _ID not in names:
        raise DataError(
            "the results come in no particular order, so id_field has to name the field that tells rows "
            f"apart; the rows have {', '.join(names[:20])}"
        )
    return _ID


def _packed(grader: Grader) -> bytes:
    from ray import cloudpickle

    try:
        packed: bytes = cloudpickle.dumps(grader)
    except Exception as error:  # parts of it may be somebody else's
        raise RunError(f"the grader cannot go to another process: {error}") from None
    return packed


def _places(data: Any, grader: Grader, concurrency: int | None) -> dict[str, Any]:
    """Say to Ray in how many places a grader works at once, and what each of them takes."""
    if not waits(grader):
        return {} if concurrency is None else {"compute": data.TaskPoolStrategy(concurrency)}
    if grader.pool is not None:
        # whoever waits for replies needs no core, and must take none from the tasks that read the data
        return {"compute": data.ActorPoolStrategy(size=concurrency or 1), "num_cpus": 0}
    return {"compute": data.ActorPoolStrategy(min_size=1, max_size=concurrency)}
