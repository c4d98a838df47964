"""What is to be said about the source of a python grader, found out in the sandbox that will run it."""

from dataclasses import dataclass, field, replace

from graders.compile.check import Findings
from graders.errors import Problem
from graders.sandbox import SandboxUnavailableError, check_source, probe
from graders.sandbox.confinement import Confinement


@dataclass
class Sources:
    """Checks sources, each once; the sandbox itself is tried out before the first of them."""

    confinement: Confinement
    _unavailable: str | None = None
    _tried: bool = False
    _found: dict[str, tuple[tuple[Problem, ...], tuple[Problem, ...]]] = field(default_factory=dict)

    def check(self, source: str, path: str) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
        """Give why a source cannot work, and what else is to be said of it; it stands at `path`."""
        reason = self.unavailable()
        if reason is not None:
            return (Problem(path, reason),), ()
        if source not in self._found:
            self._found[source] = self._checked(source)
        problems, hints = self._found[source]
        return _at(path, problems), _at(path, hints)

    def unavailable(self) -> str | None:
        """Say why no source can run, and what to pass; None where it can."""
        if not self._tried:
            tried = probe(self.confinement.level, python=self.confinement.python)
            self._tried = True
            if not tried:
                self._unavailable = (
                    f"sandbox level {self.confinement.level!r} cannot be had here: {tried.reason}; "
                    "--sandbox reduced, or none for sources that you trust, goes on with less protection"
                )
        return self._unavailable

    def _checked(self, source: str) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
        try:
            findings = check_source(source, level=self.confinement.level, python=self.confinement.python)
        except SandboxUnavailableError as error:
            return (Problem("", str(error)),), ()
        said = [(Problem("", f"line {each.line}: {each.message}"), each.fatal) for each in findings]
        return tuple(each for each, fatal in said if fatal), tuple(each for each, fatal in said if not fatal)


def check_sources(findings: Findings, confinement: Confinement) -> tuple[Findings, list[Problem]]:
    """Check the sources in a document; give its findings with theirs, and what else is to be said of them.

    Where the sandbox cannot be had, that is a warning: nothing was found out about the sources.
    """
    sources, problems, hints = Sources(confinement), list[Problem](), list[Problem]()
    for path, part in findings.parts:
        source = part.get("source")
        if part.get("type") != "python" or not isinstance(source, str):
            continue
        unavailable = sources.unavailable()
        if unavailable is not None:
            warning = Problem(f"{path}.source", f"was not checked: {unavailable}")
            findings = replace(findings, warnings=(*findings.warnings, warning))
            continue
        wrong, other = sources.check(source, f"{path}.source")
        problems += wrong
        hints += other
    return replace(findings, problems=(*findings.problems, *problems)), hints


def _at(path: str, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(Problem(path, each.message) for each in problems)
