"""Where NLTK finds the data that `tools/oracles.sh` fetches."""

from pathlib import Path

_ENVIRONMENTS = Path(__file__).parents[1] / ".envs"
FOLDERS = (_ENVIRONMENTS / "nltk391" / "nltk_data", _ENVIRONMENTS / "wordnet")


def use_nltk_data() -> None:
    """Let NLTK read the data, those that are there."""
    import nltk

    nltk.data.path[:0] = [str(folder) for folder in FOLDERS if str(folder) not in nltk.data.path]
