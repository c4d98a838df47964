"""Where a user's cache lies."""

import os
import sys
from pathlib import Path

from graders.errors import CacheError

FILE = "cache.sqlite"


def usual_folder() -> Path:
    """Give the folder of this user's cache: `$XDG_CACHE_HOME/graders`, or the platform's usual place.

    Raises:
        CacheError: the user has no home.
    """
    try:
        if sys.platform == "win32":
            local = os.environ.get("LOCALAPPDATA")
            return (Path(local) if local else Path.home() / "AppData" / "Local") / "graders" / "Cache"
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Caches" / "graders"
        named = Path(os.environ.get("XDG_CACHE_HOME", ""))
        return (named if named.is_absolute() else Path.home() / ".cache") / "graders"
    except RuntimeError:
        raise CacheError("there is no place for a cache: the user has no home") from None
