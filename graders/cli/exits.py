"""Exit codes, and the one place where an exception becomes one."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from graders.cli.console import say
from graders.errors import ConfigError, GradersError, RunStoppedError

UNUSABLE, ROW_ERRORS, BELOW, STOPPED, INTERRUPTED = 1, 3, 4, 5, 130


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn what a command raises into a message on stderr and an exit code."""
    try:
        yield
    except ConfigError as error:
        for problem in error.problems:
            say("error", str(problem))
        raise typer.Exit(UNUSABLE) from None
    except RunStoppedError as error:
        say("stopped", str(error))
        raise typer.Exit(STOPPED) from None
    except GradersError as error:
        say("error", str(error))
        raise typer.Exit(UNUSABLE) from None
    except KeyboardInterrupt:
        say("interrupted", "what is done is safe; --resume goes on")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(UNUSABLE) from None
