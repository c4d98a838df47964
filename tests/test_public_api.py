"""The front door: what it shows, and how light it is."""

import subprocess
import sys

import graders

HEAVY = (
    "typer", "rich", "fastapi", "jinja2", "openai", "nltk", "rouge_score", "sacrebleu",
    "sqlite3", "pandas", "scipy", "pyarrow", "polars",
)  # fmt: skip


def test_the_front_door_shows_exactly_these_names() -> None:
    expected = [
        "Asking", "ConfigError", "ConfigWarning", "Confinement", "DataError", "DataWarning", "Grade",
        "Grader", "GradersError", "Limits", "MissingExtraError", "Options", "Results", "RunError",
        "RunStoppedError", "Scores", "evaluate", "load_grader",
    ]  # fmt: skip
    assert graders.__all__ == expected


def test_every_shown_name_is_there_and_has_a_docstring() -> None:
    assert [name for name in graders.__all__ if not getattr(graders, name).__doc__] == []


def test_neither_import_graders_nor_any_shown_name_loads_anything_heavy() -> None:
    program = (
        "import sys, graders; [getattr(graders, name) for name in graders.__all__]\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_grading_without_nltk_metrics_loads_no_reference_library() -> None:
    program = (
        "import sys; from graders import load_grader\n"
        "grader = load_grader('template:fuzzy_match')\n"
        "assert grader.grade({'answer': 'Paris'}, 'Paris').reward == 1.0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
