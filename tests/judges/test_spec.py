"""The words that name a judge: a name, perhaps a model, perhaps an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.judges.spec import Spec


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("openai", ("openai", None, None)),
        ("openai:gpt-4o", ("openai", "gpt-4o", None)),
        ("openai@http://localhost:8000/v1", ("openai", None, "http://localhost:8000/v1")),
        ("openai:m@https://x.example/v1", ("openai", "m", "https://x.example/v1")),
        ("openai:org/m:8b@rev@http://h", ("openai", "org/m:8b@rev", "http://h")),
        ("openai:m@http", ("openai", "m@http", None)),
        ("openai:m@HTTP://h", ("openai", "m@HTTP://h", None)),
        ("openai:a@http://b@https://c", ("openai", "a@http://b", "https://c")),
        ("openai:m@https://user@host/v1", ("openai", "m", "https://user@host/v1")),
        ("scripted:C:\\replies.jsonl", ("scripted", "C:\\replies.jsonl", None)),
        ("scripted:folder/a b.jsonl", ("scripted", "folder/a b.jsonl", None)),
    ],
)
def test_a_spec_is_read(text, expected):
    spec = Spec.parse(text)
    assert (spec.name, spec.model, spec.base_url) == expected


@pytest.mark.parametrize("text", ["", ":m", "openai:", "@http://h", "openai@http://", "openai:@http://h"])
def test_a_spec_without_what_it_announces_is_refused(text):
    with pytest.raises(ValueError, match=r"^expected NAME\[:MODEL\]\[@BASE_URL\]; got "):
        Spec.parse(text)


@given(
    name=st.text("abc-_@", min_size=1),
    model=st.none() | st.text("abc:@/.-", min_size=1),
    base_url=st.none() | st.sampled_from(["http://localhost:1/v1", "https://user@host"]),
)
def test_what_was_put_together_is_taken_apart(name, model, base_url):
    text = name + (f":{model}" if model else "") + (f"@{base_url}" if base_url else "")
    assert Spec.parse(text) == Spec(name, model, base_url)
