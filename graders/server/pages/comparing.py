"""`/evaluations/{eval_id}/compare`: runs of one eval beside each other, row by row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response

from graders.analysis import Comparison, compare
from graders.errors import GradersError
from graders.report.pairs import Compared
from graders.report.text import plain
from graders.server.evals import eval_of, store_of
from graders.server.failures import ApiError
from graders.server.pages.layout import page, shown, written
from graders.server.pages.lines import Lines
from graders.server.pages.making import Making
from graders.server.pages.run_page import PATIENCE
from graders.server.pages.stored_results import results_of
from graders.store import FINAL, StoredRun
from graders.store.listings import Listings

router = APIRouter(include_in_schema=False)

_MOST, _FLIPS, _LONGEST = 6, 25, 200


@router.get("/evaluations/{eval_id}/compare")
def comparison(eval_id: str, request: Request) -> Response:
    """Compare runs; the first one that was made is what others are measured by."""
    of_eval = eval_of(request, eval_id)
    given = request.query_params
    listings = Listings(store_of(request).database)
    ids = list(dict.fromkeys(given.getlist("run")))
    if not 2 <= len(ids) <= _MOST:
        raise ApiError(400, f"Choose from two to {_MOST} runs to compare.", param="run")
    runs = listings.chosen(eval_id, ids)
    if len(runs) < len(ids):
        raise ApiError(404, "One of the runs is not there.", param="run")
    names = Lines.of(of_eval.body["testing_criteria"]).names
    criterion, on = given.get("criterion") or None, given.get("on", "").strip()[:_LONGEST] or None
    if criterion is not None and criterion not in names:
        raise ApiError(404, "The eval has no such criterion.", param="criterion")
    about: dict[str, Any] = {
        "of_eval": of_eval,
        "runs": runs,
        "alone": True,
        "named": _named(runs),
        "names": names,
        "criterion": criterion,
        "on": on,
    }
    if any(run.status not in FINAL for run in runs):
        problem = "One of them is not over yet."
        return page(request, "compare.html.j2", 409, **about, comparison=None, problem=problem)
    making: Making = request.app.state.making

    def make() -> str:
        results = [results_of(listings, of_eval, run) for run in runs]
        sub_reward = None if criterion is None or len(names) == 1 else names[criterion]
        try:
            found = compare(*results, on=on, sub_reward=sub_reward)
        except (GradersError, ValueError) as error:
            problem = _in_words_of_the_page(str(error), about["named"])
            return written(request, "compare.html.j2", **about, comparison=None, problem=problem)
        laid_out = Compared.of(_renamed(found, about["named"]), _FLIPS)
        return written(request, "compare.html.j2", **about, comparison=laid_out, problem=None)

    key = ("compare", *(run.id for run in runs), criterion, on, of_eval.body["name"])
    text = making.get(key, make, PATIENCE)
    if text is None:
        return page(request, "compare.html.j2", **about, comparison=None, problem=None)
    return shown(text)


def _renamed(found: Comparison, names: Mapping[str, str]) -> Comparison:
    """Call runs by their names, and no more by their ids."""
    return replace(
        found,
        sides=[replace(side, name=names[side.name]) for side in found.sides],
        pairs=[replace(pair, first=names[pair.first], second=names[pair.second]) for pair in found.pairs],
        notes=[_with_names(note, names) for note in found.notes],
    )


def _named(runs: Sequence[StoredRun]) -> dict[str, str]:
    """Name runs; of several that have one name, by the end of their ids too."""
    counts = Counter(run.body["name"] for run in runs)
    return {
        run.id: run.body["name"] if counts[run.body["name"]] == 1 else f"{run.body['name']} ({run.id[-6:]})"
        for run in runs
    }


def _with_names(note: str, names: Mapping[str, str]) -> str:
    for run_id, name in names.items():
        note = note.replace(run_id, plain(name, 100))
    return note


def _in_words_of_the_page(message: str, names: Mapping[str, str]) -> str:
    return _with_names(message.replace("--on PATH", "“Join rows by”"), names)
