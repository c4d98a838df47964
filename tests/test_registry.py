"""Names: our own, those that other packages bring, and what happens where such a package is broken."""

import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint, EntryPoints
from types import ModuleType

import numpy as np
import pytest

from graders import registry
from graders.compile import compile_document
from graders.config import GraderConfig
from graders.errors import ConfigError, GradersError
from graders.registry import BUILT_IN, Registry, default_registry
from graders.scores import Scores
from graders.scoring.multi import Multi
from graders.scoring.string_check import StringCheck
from graders.scoring.text_similarity import TextSimilarity

PUBLISHED = ("string_check", "text_similarity", "score_model", "label_model", "python", "multi")


class LengthConfig(GraderConfig):
    template_fields = ("input",)

    input: str


@dataclass(frozen=True)
class Length:
    """A grader type of a third party: gives the number of items it has seen as every score."""

    name: str
    Config = LengthConfig
    paths = ()
    signatures = ()

    @classmethod
    def bind(cls, config, binding):
        return cls(binding.name)

    def score_batch(self, batch):
        return Scores.of(self.name, np.full(len(batch), float(len(batch))), {})


@pytest.fixture
def brings(monkeypatch):
    """Make a registry that finds the given entry points; `plugin_of_tests` is an importable module."""
    module = ModuleType("plugin_of_tests")
    module.Length = Length
    monkeypatch.setitem(sys.modules, "plugin_of_tests", module)

    def make(*points):
        found = EntryPoints(EntryPoint(name, value, group) for group, name, value in points)
        monkeypatch.setattr(registry, "entry_points", found.select)
        return Registry()

    return make


@pytest.mark.parametrize(
    ("name", "expected"),
    [("string_check", StringCheck), ("text_similarity", TextSimilarity), ("multi", Multi)],
)
def test_a_built_in_type_is_found_by_its_name(name, expected):
    assert Registry(plugins=False).get("types", name) is expected


@pytest.mark.parametrize("kind", BUILT_IN)
def test_every_built_in_name_can_be_imported(kind):
    ours = Registry(plugins=False)
    assert all(ours.get(kind, name) is not None for name in ours.names(kind))


@pytest.mark.parametrize("kind", BUILT_IN)
def test_an_unknown_name_is_a_key_error(kind):
    with pytest.raises(KeyError, match="nobody brings this"):
        default_registry().get(kind, "nobody brings this")


def test_the_default_registry_is_made_once():
    assert default_registry() is default_registry()


@pytest.mark.parametrize("kind", BUILT_IN)
def test_a_name_that_a_package_brings_is_found_after_ours(brings, kind):
    wider = brings((f"graders.{kind}", "length", "plugin_of_tests:Length"), ("other.group", "no", "x:y"))
    assert wider.get(kind, "length") is Length
    assert wider.names(kind) == (*BUILT_IN[kind], "length")


def test_without_plugins_no_package_is_asked(brings):
    brings(("graders.types", "length", "plugin_of_tests:Length"))
    assert "length" not in Registry(plugins=False).names("types")


@pytest.mark.parametrize("value", ["no_such_module_anywhere:x", "plugin_of_tests:no_such_attribute"])
def test_a_broken_package_is_named_when_its_name_is_used_and_disturbs_nothing_else(brings, value):
    wider = brings(("graders.types", "broken", value), ("graders.types", "length", "plugin_of_tests:Length"))
    assert wider.get("types", "length") is Length
    assert wider.get("types", "string_check") is StringCheck
    with pytest.raises(GradersError) as caught:
        wider.get("types", "broken")
    expected = f"graders.types 'broken' of the package '{value}' cannot be loaded: "
    assert str(caught.value).startswith(expected)
    assert isinstance(caught.value.__cause__, (ImportError, AttributeError))


def test_two_packages_that_bring_one_name_are_both_named_when_it_is_used(brings):
    first, second = (("graders.types", "length", f"plugin_of_tests:{name}") for name in ("Length", "Other"))
    wider = brings(first, second, ("graders.types", "long", "plugin_of_tests:Length"))
    with pytest.raises(GradersError) as caught:
        wider.get("types", "length")
    assert str(caught.value) == (
        "graders.types 'length' is brought by several packages: "
        "'plugin_of_tests:Length' and 'plugin_of_tests:Other'"
    )
    assert wider.get("types", "long") is Length
    assert brings(first, first).get("types", "length") is Length  # one package, found in two places


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_type_cannot_be_taken_over(brings, name):
    assert brings(("graders.types", name, "plugin_of_tests:Length")).get("types", name) is not Length


def test_a_published_metric_cannot_be_taken_over(brings):
    wider = brings(("graders.metrics", "fuzzy_match", "plugin_of_tests:Length"))
    document = {"type": "text_similarity", "input": "a", "reference": "a", "evaluation_metric": "fuzzy_match"}
    assert compile_document(document, registry=wider).grade().reward == 1.0


def test_a_type_that_a_package_brings_is_checked_and_scores(brings):
    wider = brings(("graders.types", "length", "plugin_of_tests:Length"))
    grader = compile_document({"type": "length", "input": "{{item.x}}"}, registry=wider)
    assert grader.score([{}, {}]).values.tolist() == [2.0, 2.0]
    with pytest.raises(ConfigError) as caught:
        compile_document({"type": "length", "input": "{{x}}"}, registry=wider)
    assert [problem.path for problem in caught.value.problems] == ["$.input"]


def test_a_type_that_a_package_brings_may_stand_in_a_multi(brings):
    wider = brings(("graders.types", "length", "plugin_of_tests:Length"))
    document = {
        "type": "multi",
        "graders": {"n": {"type": "length", "input": ""}},
        "calculate_output": "n + 1",
    }
    assert compile_document(document, registry=wider).grade().reward == 2.0
