"""Python's cyclic collector, kept away from rows.

Design: rows and their lines are thousands of small objects that hold no cycles and are gone with their block.
Left alone, the collector walks over them every few hundred of them, which costs a tenth of a run. It is
paused only where our own code makes them, never while a grader scores: what judges and embedders leave behind
is collected as ever.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector of the whole process, unless it is off already."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
