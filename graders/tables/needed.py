"""The library that reads columns, which is an extra."""

from typing import Any

from graders.errors import MissingExtraError


def load_pyarrow(feature: str, extra: str = "parquet") -> Any:
    """Import pyarrow for a feature.

    Raises:
        MissingExtraError: it is not installed; the message names the feature and the extra.
    """
    try:
        import pyarrow
    except ImportError:
        raise MissingExtraError(feature, extra) from None
    return pyarrow
