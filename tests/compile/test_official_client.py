"""What the official client hands out and takes is taken here: its objects, its typed dicts."""

from openai.types import EvalCreateResponse
from openai.types.graders import MultiGrader, StringCheckGrader, StringCheckGraderParam

from graders import load_grader

FIELDS = {
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}


def test_an_object_of_the_client_is_a_grader() -> None:
    grader = load_grader(StringCheckGrader(type="string_check", **FIELDS))
    assert grader.grade({"answer": "x"}, "x").reward == 1.0
    assert grader.document == {"type": "string_check", **FIELDS}


def test_a_typed_dict_of_the_client_is_a_grader() -> None:
    document: StringCheckGraderParam = {"type": "string_check", **FIELDS}  # type: ignore[typeddict-item]
    assert load_grader(document).grade({"answer": "x"}, "y").reward == 0.0


def test_a_multi_grader_is_taken_although_the_client_types_its_map_as_one_grader() -> None:
    part = StringCheckGrader(type="string_check", **FIELDS)
    multi = MultiGrader.construct(type="multi", name="m", graders={"a": part}, calculate_output="2 * a")
    assert load_grader(multi).grade({"answer": "x"}, "x").reward == 2.0


def test_a_list_may_mix_objects_and_dicts() -> None:
    part = StringCheckGrader(type="string_check", **FIELDS)
    grader = load_grader([part, {"type": "string_check", **FIELDS, "name": "other"}])
    assert dict(grader.grade({"answer": "x"}, "x").sub_rewards) == {"exact": 1.0, "other": 1.0}


def test_an_eval_of_the_client_is_its_testing_criteria() -> None:
    texts = {key: FIELDS[key] for key in ("input", "reference")}
    similar = {**texts, "type": "text_similarity", "name": "similar", "evaluation_metric": "bleu"}
    evaluation = EvalCreateResponse.construct(
        id="eval_1",
        object="eval",
        name="capitals",
        created_at=1,
        metadata={},
        data_source_config={"type": "custom", "schema": {}},
        testing_criteria=[
            {"type": "string_check", "id": "exact-1", **FIELDS},
            {**similar, "pass_threshold": 0.5},
        ],
    )
    grader = load_grader(evaluation)
    assert grader.name == "capitals"
    assert dict(grader.grade({"answer": "x"}, "x").sub_rewards) == {"exact": 1.0, "similar": 1.0}
