"""Sampling parameters that models of known names do not take are warned about, and never refused."""

import pytest

from graders.compile import check_document
from graders.registry import Registry

SCORE = {"type": "score_model", "name": "s", "input": [{"role": "user", "content": "x"}]}


def warnings_of(model, **sampling):
    document = SCORE | {"model": model, "sampling_params": sampling}
    found = check_document(document, Registry(plugins=False))
    assert found.problems == ()
    return [str(warning) for warning in found.warnings]


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("gpt-5.1", ["none", "low", "medium", "high"]),
        ("gpt-5.1-2025-11-13", ["none", "low", "medium", "high"]),
        ("gpt-5", ["minimal", "low", "medium", "high", "max"]),
        ("gpt-5-mini", ["minimal", "low", "medium", "high", "max"]),
        ("o3-mini-2025-01-31", ["minimal", "low", "medium", "high", "max"]),
        ("o4-mini", ["minimal", "low", "medium", "high", "max"]),
        ("gpt-5-pro", ["high"]),
        ("gpt-4o-2024-08-06", []),
        ("gpt-4.1-mini", []),
        *(
            (name, ["none", "minimal", "low", "medium", "high", "xhigh", "max"])
            for name in ("gpt-5.1-codex-max", "gpt-5.2", "gpt-5.10", "gpt-5-chat-latest", "o3x", "qwen3-8b")
        ),
    ],
)
def test_the_efforts_that_a_model_takes_are_not_warned_about_and_all_others_are(model, efforts):
    every = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
    assert [effort for effort in every if not warnings_of(model, reasoning_effort=effort)] == efforts


def test_a_warning_names_the_place_the_model_and_the_effort():
    assert warnings_of("gpt-5", reasoning_effort="xhigh") == [
        "$.sampling_params.reasoning_effort: 'gpt-5' does not take the effort 'xhigh'"
    ]
    assert warnings_of("gpt-4o", reasoning_effort="low") == [
        "$.sampling_params.reasoning_effort: 'gpt-4o' does not reason and takes no reasoning_effort"
    ]


@pytest.mark.parametrize("model", ["o1-2024-12-17", "o3", "o4-mini", "gpt-5", "gpt-5.1-codex"])
def test_a_temperature_for_a_model_that_reasons_is_warned_about(model):
    assert warnings_of(model, temperature=0) == [
        f"$.sampling_params.temperature: {model!r} reasons and takes no temperature but 1"
    ]
    assert warnings_of(model, temperature=1.0) == warnings_of(model, temperature=None) == []


@pytest.mark.parametrize(
    ("model", "effort"),
    [
        ("gpt-4o", None),
        ("qwen3-8b", "high"),
        ("gpt-5.1", None),  # its default is not to reason
        ("gpt-5.1-2025-11-13", "none"),
    ],
)
def test_a_model_that_does_not_reason_takes_a_temperature(model, effort):
    assert warnings_of(model, temperature=0, reasoning_effort=effort) == []


def test_a_model_that_is_told_to_reason_takes_none():
    assert warnings_of("gpt-5.1", temperature=0, reasoning_effort="low") == [
        "$.sampling_params.temperature: 'gpt-5.1' reasons and takes no temperature but 1"
    ]


def test_a_fine_tuned_model_is_what_it_was_made_of():
    assert warnings_of("ft:gpt-4o-mini-2024-07-18:org::id", reasoning_effort="low") != []
    assert warnings_of("ft:o4-mini-2025-04-16:org::id", temperature=0.5) != []


def test_a_part_of_a_multi_is_warned_about_at_its_place():
    part = SCORE | {"model": "o3", "sampling_params": {"temperature": 0.5}}
    document = {"type": "multi", "name": "m", "graders": {"a": part}, "calculate_output": "a"}
    (warning,) = check_document(document, Registry(plugins=False)).warnings
    assert warning.path == "$.graders.a.sampling_params.temperature"
