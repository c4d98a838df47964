"""Grader types, metrics, judges and embedders by name: our own tables, and those of installed packages.

Design: a table maps a name to `"module:attribute"`, the form that entry points have, and nothing is
imported before it is asked for. Other packages add names through the entry-point groups
`graders.types`, `graders.metrics`, `graders.judges` and `graders.embedders`; a published name cannot be
taken over. A package that is broken, or two that bring one name, are named when the name is used, and disturb
nothing else.
"""

import functools
import importlib
from collections.abc import Mapping
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from types import MappingProxyType
from typing import Literal

from graders.errors import GradersError

Kind = Literal["types", "metrics", "judges", "embedders"]

BUILT_IN: Mapping[Kind, Mapping[str, str]] = MappingProxyType(
    {
        "types": MappingProxyType(
            {
                "string_check": "graders.scoring.string_check:StringCheck",
                "text_similarity": "graders.scoring.text_similarity:TextSimilarity",
                "score_model": "graders.scoring.score_model:ScoreModel",
                "label_model": "graders.scoring.label_model:LabelModel",
                "python": "graders.scoring.python:Python",
                "multi": "graders.scoring.multi:Multi",
            }
        ),
        "metrics": MappingProxyType({}),
        "judges": MappingProxyType(
            {
                "scripted": "graders.judges.scripted:ScriptedJudge",
                "replay": "graders.judges.record:ReplayJudge",
                "openai": "graders.judges.openai:OpenAIJudge",
                "responses": "graders.judges.openai:ResponsesJudge",
                "azure": "graders.judges.azure:AzureJudge",
            }
        ),
        "embedders": MappingProxyType(
            {
                "openai": "graders.embedders.openai:OpenAIEmbedder",
                "wordllama": "graders.embedders.wordllama:WordLlamaEmbedder",
                "lexical": "graders.embedders.lexical:LexicalEmbedder",
            }
        ),
    }
)
"""What this package brings; the metrics stand in `graders.metrics.METRICS`."""


class Registry:
    """Looks names up; frozen once it is made."""

    def __init__(self, *, plugins: bool = True) -> None:
        # One look for all kinds: each reads what every installed package says of itself.
        found = entry_points() if plugins else EntryPoints(())
        self._plugins: dict[Kind, dict[str, list[EntryPoint]]] = {kind: {} for kind in BUILT_IN}
        for kind, plugins_of_kind in self._plugins.items():
            for point in found.select(group=f"graders.{kind}"):
                plugins_of_kind.setdefault(point.name, []).append(point)

    def names(self, kind: Kind) -> tuple[str, ...]:
        """Give every known name of a kind, built-in ones first."""
        return tuple(dict.fromkeys([*BUILT_IN[kind], *self._plugins[kind]]))

    def get(self, kind: Kind, name: str) -> object:
        """Import and give what a name stands for.

        Raises:
            KeyError: nobody brings this name.
            GradersError: the package that brings it cannot be imported, or two bring different things.
        """
        built_in = BUILT_IN[kind].get(name)
        if built_in is not None:
            module, _, attribute = built_in.partition(":")
            return getattr(importlib.import_module(module), attribute)
        point, *others = self._plugins[kind][name]
        if any(other.value != point.value for other in others):
            owners = " and ".join(repr(_owner(each)) for each in (point, *others))
            raise GradersError(f"{point.group} {name!r} is brought by several packages: {owners}")
        return _load(point)


def _load(point: EntryPoint) -> object:
    try:
        return point.load()
    except Exception as error:  # the package is somebody else's code
        message = f"{point.group} {point.name!r} of the package {_owner(point)!r} cannot be loaded: {error!r}"
        raise GradersError(message) from error


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value


@functools.cache
def default_registry() -> Registry:
    """Give the registry of this process, made when it is first asked for."""
    return Registry()
