"""Exit codes, and the one place where an exception becomes one."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from graders.cli.console import say, say_each
from graders.errors import ConfigError, GradersError, RunStoppedError

UNUSABLE, ROW_ERRORS, BELOW, STOPPED, INTERRUPTED = 1, 3, 4, 5, 130


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn what a command raises into a message on stderr and an exit code."""
    try:
        with _flushed():
            yield
    except ConfigError as error:
        say_each("error", error.problems)
        raise typer.Exit(UNUSABLE) from None
    except RunStoppedError as error:
        say("stopped", str(error))
        raise typer.Exit(STOPPED) from None
    except GradersError as error:
        say("error", str(error))
        raise typer.Exit(UNUSABLE) from None
    except KeyboardInterrupt as error:
        say("interrupted", str(error) or "by Ctrl-C")
        raise typer.Exit(INTERRUPTED) from None
    except OSError as error:
        if error.errno != errno.EPIPE:  # else whoever read our output has gone, and misses nothing
            where = f"{error.filename}: " if error.filename else ""
            say("error", where + (error.strerror or str(error)).lower())
        raise typer.Exit(UNUSABLE) from None


@contextmanager
def _flushed() -> Iterator[None]:
    """Let output that cannot be written fail here, not when the interpreter ends."""
    try:
        yield
    finally:
        try:
            if sys.stdout is not None:  # None where the shell closed it
                sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise
