"""Who judges and who embeds: made of `NAME[:MODEL][@BASE_URL]`, or given as objects.

Design: what the registry holds under a name is a class with `from_spec(model, base_url)`, or any function
of these two. It is called once for a document, also where the document asks nothing of it, so that a wrong
name is found at once; the run records it only where a grader needs it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self, cast

from graders.cache import Cache
from graders.config import GraderConfig
from graders.config.problems import expected_one_of
from graders.embedders import Embedder
from graders.embedders.cached import CachedEmbedder
from graders.embedders.choice import WAYS, usual_embedder
from graders.errors import ConfigError, GradersError, Problem
from graders.judges import Judge
from graders.judges.spec import FORM, Spec
from graders.registry import Kind, Registry


@dataclass
class Backends:
    """The judge and the embedder of one document; `needed` collects which of them it asks for.

    What the embedder gives is kept in the cache, where there is one.
    """

    judge: Judge | None
    embedder: Embedder | None
    cache: Cache | None = None
    needed: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        judge: Judge | str | None,
        embedder: Embedder | str | None,
        registry: Registry,
        cache: Cache | None = None,
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
        return cls(cast(Judge | None, found[0]), cast(Embedder | None, found[1]), cache)

    def judge_of(self, config: GraderConfig, path: str) -> Judge:
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

    def identities(self) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """Give what `run.json` says of the judge and of the embedder; None of one that is not needed."""
        judge = embedder = None
        if self.judge is not None and "judge" in self.needed:
            judge = {"identity": self.judge.identity, "model": getattr(self.judge, "model", None)}
        if self.embedder is not None and "embedder" in self.needed:
            embedder = {"identity": self.embedder.identity}
        return judge, embedder


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
        raise ConfigError([Problem(_WORDS[kind], message)])
    entry = cast(Any, registry.get(kind, spec.name))
    make = cast(Callable[[str | None, str | None], object], getattr(entry, "from_spec", entry))
    return make(spec.model, spec.base_url)


@contextmanager
def _other_peoples_code(word: str) -> Iterator[None]:
    try:
        yield
    except GradersError:
        raise
    except Exception as error:
        message = f"cannot be made: {type(error).__name__}: {error}"
        raise ConfigError([Problem(word, message)]) from error
