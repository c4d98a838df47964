"""cosine with scripted embedders."""

import numpy as np
import pytest

from graders.metrics import cosine

VECTORS = {
    "east": [1, 0],
    "north": [0, 2],
    "north-east": [3, 3],
    "steep": [1, 3],
    "west": [-1, 0],
    "nowhere": [0, 0],
    "near": [1e-30, 0],
    "far": [3e38, 3e38],
}


def compass(texts):
    return np.array([VECTORS[text] for text in texts], dtype=np.float32)


@pytest.mark.parametrize(
    ("hypothesis", "reference", "expected"),
    [
        ("east", "east", 1.0),
        ("east", "north", 0.0),
        ("east", "north-east", np.sqrt(0.5)),
        ("east", "steep", np.sqrt(0.1)),
        ("north-east", "far", 1.0),
        ("near", "north-east", np.sqrt(0.5)),
        ("near", "near", 1.0),
        ("east", "west", 0.0),
        ("nowhere", "east", 0.0),
        ("nowhere", "nowhere", 0.0),
        ("", "", 1.0),
        ("", "east", 0.0),
        ("east", "", 0.0),
    ],
)
def test_a_pair_scores_the_clipped_cosine_of_its_embeddings(hypothesis, reference, expected):
    actual = cosine([hypothesis], [reference], embed=compass).item()
    assert actual == pytest.approx(expected, abs=1e-15, rel=0)


def test_identical_texts_score_exactly_one():
    chance = np.random.default_rng(0)
    vectors = chance.normal(size=(500, 37)).astype(np.float32)
    texts = [f"text {row}" for row in range(500)]
    assert (cosine(texts, texts, embed=lambda asked: vectors) == 1.0).all()


def test_every_distinct_text_is_embedded_once_and_empty_ones_never():
    asked = []

    def embed(texts):
        asked.append(list(texts))
        return compass(texts)

    cosine(["east", "", "north", "east"], ["north", "east", "north", "west"], embed=embed)
    assert asked == [["east", "north", "west"]]


def test_texts_that_are_all_empty_need_no_embedder():
    def embed(texts):
        raise AssertionError(texts)

    assert cosine(["", ""], ["", ""], embed=embed).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.zeros((1, 3)), r"expected shape \(2, d\); got \(1, 3\)"),
        (np.zeros(2), r"expected shape \(2, d\); got \(2,\)"),
        (np.array([[np.nan], [1.0]]), "^embed: expected finite numbers; got NaN or infinity$"),
        (np.array([[np.inf], [1.0]]), "^embed: expected finite numbers; got NaN or infinity$"),
    ],
)
def test_an_answer_of_the_embedder_that_cannot_be_used_is_a_value_error(answer, message):
    with pytest.raises(ValueError, match=message):
        cosine(["east"], ["north"], embed=lambda texts: answer)


def test_components_whose_squares_vanish_or_overflow_still_have_a_direction():
    vectors = np.array([[1e-200, 0.0], [1e200, 1e200]])
    assert cosine(["a"], ["b"], embed=lambda texts: vectors).item() == pytest.approx(np.sqrt(0.5), abs=1e-15)


def test_embeddings_without_components_have_no_direction():
    assert cosine(["a"], ["b"], embed=lambda texts: np.zeros((2, 0))).tolist() == [0.0]


def test_no_pair_scores_more_than_one():
    chance = np.random.default_rng(0)
    vectors = chance.normal(size=(2000, 37))
    longer = vectors * chance.uniform(0.1, 3, size=(2000, 1))
    texts, others = [f"text {row}" for row in range(2000)], [f"longer {row}" for row in range(2000)]
    scores = cosine(texts, others, embed=lambda asked: np.vstack([vectors, longer]).astype(np.float32))
    assert scores.max() == 1.0  # the cosine itself is larger by a rounding for some
