"""Who judges and who embeds: made of `NAME[:MODEL][@BASE_URL]`, or given as objects.

Design: what the registry holds under a name is a class with `from_spec(model, base_url)`, or any function
of these two. It is called once for a document, also where the document asks nothing of it, so that a wrong
name is found at once; the run records it only where a grader needs it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self, cast

from graders import catalog
from graders.cache import Cache
from graders.compile.sources import Sources
from graders.config import GraderConfig
from graders.config.problems import expected_one_of
from graders.embedders import Embedder
from graders.embedders.cached import CachedEmbedder
from graders.embedders.choice import WAYS, usual_embedder
from graders.errors import ConfigError, GradersError, Problem
from graders.judges import Judge
from graders.judges.asking import Asking
from graders.judges.pool import JudgePool
from graders.judges.spec import FORM, Spec
from graders.registry import Kind, Registry
from graders.sandbox import Sandbox
from graders.sandbox.confinement import Confinement


class Used(NamedTuple):
    """What of all this a document needs; None of the rest. `run.json` repeats the first two."""

    judge: dict[str, Any] | None
    embedder: dict[str, Any] | None
    pool: JudgePool | None
    confinement: Confinement | None


@dataclass
class Backends:
    """The judge and the embedder of one document; `needed` collects which of them it asks for.

    What the embedder gives is kept in the cache, where there is one.
    """

    judge: JudgePool | None
    embedder: Embedder | None
    cache: Cache | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    sources: Sources = field(default_factory=lambda: Sources(Confinement()))
    needed: set[str] = field(default_factory=set)
    hints: list[Problem] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        judge: Judge | str | None,
        embedder: Embedder | str | None,
        registry: Registry,
        cache: Cache | None = None,
        asking: Asking | None = None,
        confinement: Confinement | None = None,
    ) -> Self:
        """Make both.

        Raises:
            ConfigError: a name is unknown, what it names cannot be made, or an object is no such thing.
        """
        found: list[object] = []
        problems: list[Problem] = []
        sources: tuple[tuple[Kind, object, str], ...] = (
            ("judges", judge, "ask"),
            ("embedders", embedder, "embed"),
        )
        for kind, source, method in sources:
            try:
                found.append(_made(kind, source, registry, method))
            except ConfigError as error:
                problems += error.problems
        if problems:
            raise ConfigError(problems)
        asking = asking or Asking()
        chosen = cast(Judge | None, found[0])
        if asking.models and getattr(chosen, "model", None) is not None:
            raise ConfigError([Problem("judge", "has a model of its own, so no other is mapped")])
        models = {**getattr(chosen, "models", {}), **asking.models}
        return cls(
            asking.pool(chosen, cache, models),
            cast(Embedder | None, found[1]),
            cache,
            models,
            Sources(confinement or Confinement()),
        )

    def judge_of(self, config: GraderConfig, path: str) -> JudgePool:
        """Give the judge to a grader that needs one.

        Raises:
            ConfigError: there is none.
        """
        if self.judge is None:
            message = f"a {config.type} grader asks a model: name a judge, --judge {FORM} (in Python: judge=)"
            raise ConfigError([Problem(f"{path}.model", message)])
        self.needed.add("judge")
        return self.judge

    def embedder_of(self, config: GraderConfig, path: str) -> Embedder:
        """Give the embedder to a grader that needs one: the one that was named, else the usual one.

        Raises:
            ConfigError: there is neither.
        """
        if self.embedder is None:
            self.embedder = usual_embedder()
        if self.embedder is None:
            metric = getattr(config, "evaluation_metric", config.type)
            named = f"name one, --embedder {FORM} (in Python: embedder=); {WAYS}"
            message = f"{metric!r} compares embeddings and needs an embedder: {named}"
            raise ConfigError([Problem(f"{path}.evaluation_metric", message)])
        if self.cache is not None and not isinstance(self.embedder, CachedEmbedder):
            self.embedder = CachedEmbedder(self.embedder, self.cache)
        self.needed.add("embedder")
        return self.embedder

    def sandbox_of(self, path: str, source: str) -> Sandbox:
        """Give the sandbox in which the source of the grader at `path` will run.

        Raises:
            ConfigError: the source cannot work, or the sandbox cannot be had.
        """
        problems, hints = self.sources.check(source, f"{path}.source")
        if problems:
            raise ConfigError(problems)
        self.hints += hints
        self.needed.add("sandbox")
        return self.sources.confinement.sandbox(source)

    def used(self) -> Used:
        """Give what the document needs."""
        judge = embedder = None
        if self.judge is not None and "judge" in self.needed:
            judge = {"identity": self.judge.identity, "model": self.judge.model, "models": dict(self.models)}
        if self.embedder is not None and "embedder" in self.needed:
            embedder = {"identity": self.embedder.identity}
        confinement = self.sources.confinement if "sandbox" in self.needed else None
        return Used(judge, embedder, self.judge if judge else None, confinement)


_WORDS: Mapping[Kind, str] = {"judges": "judge", "embedders": "embedder"}


def _made(kind: Kind, source: object, registry: Registry, method: str) -> object:
    if source is None:
        return None
    word = _WORDS[kind]
    with _other_peoples_code(word):
        found = _make(kind, source, registry) if isinstance(source, str) else source
        identity = getattr(found, "identity", None)
        works = callable(getattr(found, method, None)) and isinstance(identity, str)
        model, concurrency = getattr(found, "model", None), getattr(found, "concurrency", 1)
    if not works:
        raise ConfigError([Problem(word, f"expected {method} and identity; got {type(found).__name__}")])
    if not isinstance(model, str | None) or type(concurrency) is not int or concurrency < 1:
        raise ConfigError([Problem(word, "expected model, a text, and concurrency, a number of at least 1")])
    return found


def _make(kind: Kind, text: str, registry: Registry) -> object:
    try:
        spec = Spec.parse(text)
    except ValueError as error:
        raise ConfigError([Problem(_WORDS[kind], str(error))]) from None
    names = registry.names(kind)
    if spec.name not in names:
        message = expected_one_of(names, spec.name) if names else f"none is installed; got {spec.name!r}"
        form = f"{FORM}, where BASE_URL begins with http:// or https://"
        raise ConfigError([Problem(_WORDS[kind], f"{message} ({form})")])
    entry = cast(Any, registry.get(kind, spec.name))
    make = cast(Callable[[str | None, str | None], object], getattr(entry, "from_spec", entry))
    return make(_file_of(spec), spec.base_url)


def _file_of(spec: Spec) -> str | None:
    """Give the model of a spec; of `scripted:template:NAME` the file that a ready-made grader brings."""
    if spec.name != "scripted" or not (spec.model or "").startswith(catalog.PREFIX):
        return spec.model
    name = (spec.model or "").removeprefix(catalog.PREFIX)
    file = catalog.find(name).folder.joinpath("replies.jsonl")
    if not file.is_file():
        message = f"the ready-made grader {name} asks no judge and has no replies"
        raise ConfigError([Problem("judge", message)])
    return str(file)


@contextmanager
def _other_peoples_code(word: str) -> Iterator[None]:
    try:
        yield
    except GradersError:
        raise
    except Exception as error:
        message = f"cannot be made: {type(error).__name__}: {error}"
        raise ConfigError([Problem(word, message)]) from error
