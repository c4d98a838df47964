"""The only folder that a row may write: emptied between rows where that is safe, else given up."""

import os

_FEW = 64
_MODE = 0o700


def tidy(folder: str) -> bool:
    """Remove the few plain files that a row has left; say whether the folder is as new.

    A tree is never cleaned: a hostile one can be deeper than any stack and larger than any patience. The
    worker ends instead, and its file system in memory with it.
    """
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(list(zip(range(_FEW + 1), entries, strict=False))):
                if count == _FEW or entry[1].is_dir(follow_symlinks=False):
                    return False
                os.unlink(entry[1].path)
        state = os.stat(folder)
        if state.st_mode & 0o7777 != _MODE:
            os.chmod(folder, _MODE)
        if state.st_mtime_ns or state.st_atime_ns:
            os.utime(folder, (0, 0))
    except OSError:
        return False
    return True
