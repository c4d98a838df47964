"""What an endpoint does not take: one step down for each refusal that names it, and then it is remembered."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from graders.endpoints.abilities import FORMS, Abilities
from graders.judges import JudgeRequest
from graders.judges.openai import OpenAIJudge, ResponsesJudge
from graders.judges.repair import repaired
from graders.scoring._verdict import response_schema

SCHEMA = response_schema("float_score_classification", "A number from 0 to 1.", {"type": "number"})
LABELS = response_schema("label", "One of the labels.", {"type": "string", "enum": ["good", "bäd"]})
MESSAGES = ({"role": "developer", "content": "Be fair."}, {"role": "user", "content": "Rate this"})


def asking(schema=SCHEMA, model="gpt-x", **more):
    return JudgeRequest(model, MESSAGES, schema, **more)


def form_of(body):
    form = body.get("response_format") or body.get("text", {}).get("format")
    return form["type"] + (" with schema" if "schema" in form else "") if form else "text"


@pytest.mark.parametrize("judge_type", [OpenAIJudge, ResponsesJudge])
@pytest.mark.parametrize(
    ("lacks", "forms"),
    [
        ((), ["json_schema"]),
        (("json_schema",), ["json_schema", "json_object with schema"]),
        (("json_schema", "schema"), ["json_schema", "json_object with schema", "json_object"]),
        (("json_schema", "json_object"), ["json_schema", "json_object with schema", "json_object", "text"]),
    ],
)
def test_the_form_of_the_answer_goes_one_step_down_at_a_time(endpoint, judge_type, lacks, forms):
    endpoint.lacks = lacks
    judge = judge_type(None, endpoint.url)
    assert judge.ask(asking()).failure is None
    sent = [form_of(body).replace("json_schema with schema", "json_schema") for body in endpoint.bodies]
    assert sent == forms
    assert judge.ask(asking()).failure is None
    assert len(endpoint.bodies) == len(forms) + 1
    assert endpoint.bodies[-1] == endpoint.bodies[-2]


def test_below_the_schema_the_prompt_describes_the_answer(endpoint):
    endpoint.lacks = ("json_schema", "json_object")
    OpenAIJudge(None, endpoint.url).ask(asking(LABELS))
    first, *others = [body["messages"] for body in endpoint.bodies]
    assert first[0] == {"role": "developer", "content": "Be fair."}
    for messages in others:
        assert messages[0]["content"].startswith("Be fair.\n\nAnswer with one JSON object and nothing else")
        assert '"enum":["good","bäd"]' in messages[0]["content"]
        assert messages[1:] == [{"role": "user", "content": "Rate this"}]


def test_the_description_may_go_to_other_blocks(endpoint):
    endpoint.lacks = ("json_schema",)
    content = [{"type": "input_text", "text": "Be fair."}]
    OpenAIJudge(None, endpoint.url).ask(JudgeRequest("m", ({"role": "system", "content": content},), SCHEMA))
    first, second = endpoint.bodies[-1]["messages"][0]["content"]
    assert first == {"type": "text", "text": "Be fair."}
    assert second["text"].startswith("Answer with one JSON object")


def test_without_a_system_message_the_description_is_one(endpoint):
    endpoint.lacks = ("json_schema",)
    OpenAIJudge(None, endpoint.url).ask(JudgeRequest("m", MESSAGES[1:], SCHEMA))
    assert [each["role"] for each in endpoint.bodies[-1]["messages"]] == ["system", "user"]


@pytest.mark.parametrize("fault", ["400", "404", "400-filter", "500", "429"])
def test_a_refusal_that_names_no_part_is_no_step_down(endpoint, fault):
    judge = OpenAIJudge(None, endpoint.url)
    endpoint.faults = [fault]
    assert judge.ask(asking()).failure is not None
    assert judge.ask(asking()).failure is None
    assert [form_of(body) for body in endpoint.bodies] == ["json_schema", "json_schema"]


@pytest.mark.parametrize(
    ("lacks", "name", "absent"),
    [
        (("max_tokens",), "max_completion_tokens", "max_tokens"),
        ((), "max_tokens", "max_completion_tokens"),
    ],
)
def test_the_token_limit_has_the_name_that_the_server_takes(endpoint, lacks, name, absent):
    endpoint.lacks = lacks
    judge = OpenAIJudge(None, endpoint.url)
    for _ in range(2):
        assert judge.ask(asking(max_tokens=77)).failure is None
        assert endpoint.bodies[-1][name] == 77
        assert absent not in endpoint.bodies[-1]
    assert endpoint.n == (3 if lacks else 2)


def test_a_server_that_takes_neither_name_refuses_the_request(endpoint):
    endpoint.lacks = ("max_tokens", "max_completion_tokens")
    failure = OpenAIJudge(None, endpoint.url).ask(asking()).failure
    assert failure.reason == "request_refused"
    assert endpoint.n == 2


def test_the_role_developer_becomes_system(endpoint):
    endpoint.lacks = ("developer",)
    judge = OpenAIJudge(None, endpoint.url)
    judge.ask(asking())
    judge.ask(asking())
    roles = [body["messages"][0]["role"] for body in endpoint.bodies]
    assert roles == ["developer", "system", "system"]


@pytest.mark.parametrize(("temperature", "failed"), [(1.0, False), (0.2, True)])
def test_a_parameter_is_left_out_only_where_nothing_is_lost(endpoint, temperature, failed):
    endpoint.lacks = ("temperature",)
    reply = OpenAIJudge(None, endpoint.url).ask(asking(temperature=temperature))
    assert (reply.failure is not None) == failed
    assert ("temperature" in endpoint.bodies[-1]) == failed


def test_everything_at_once_is_found_out_in_one_call(endpoint):
    endpoint.lacks = ("json_schema", "json_object", "developer", "max_tokens", "temperature", "top_p")
    judge = OpenAIJudge(None, endpoint.url)
    assert judge.ask(asking()).failure is None
    assert endpoint.n == 8
    assert judge.limited(3.0).ask(asking()).failure is None
    assert pickle.loads(pickle.dumps(judge)).ask(asking()).failure is None
    assert endpoint.n == 10


def test_each_model_has_a_memory_of_its_own(endpoint):
    judge = OpenAIJudge(None, endpoint.url)
    endpoint.lacks = ("json_schema",)
    judge.ask(asking(model="small"))
    endpoint.lacks = ()
    judge.ask(asking(model="large"))
    judge.ask(asking(model="small"))
    forms = [(body["model"], form_of(body)) for body in endpoint.bodies[1:]]
    expected = "json_object with schema"
    assert forms == [("small", expected), ("large", "json_schema"), ("small", expected)]


def test_what_failed_to_the_end_is_not_remembered(endpoint):
    judge = OpenAIJudge(None, endpoint.url)
    endpoint.lacks = ("json_schema",)
    endpoint.faults = [None, "400"]
    assert judge.ask(asking()).failure.reason == "request_refused"
    endpoint.lacks = ()
    judge.ask(asking())
    assert form_of(endpoint.bodies[-1]) == "json_schema"


def test_threads_that_find_out_together_all_succeed(endpoint):
    endpoint.lacks, endpoint.latency = ("json_schema", "developer"), 0.005
    judge = OpenAIJudge(None, endpoint.url)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(judge.ask, [asking(seed=number) for number in range(64)]))
    assert not [reply for reply in replies if reply.failure]
    assert endpoint.n <= 64 + 2 * 8 * 2


BODY = {"messages": [{"role": "developer"}], "max_tokens": 5, "temperature": 1, "top_p": 1}
STEPS = {
    "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.": "form",
    "This response_format type is unavailable now": "form",
    "'response_format.type' must be 'json_schema' or 'text'": "form",
    "This model does not support response format `json_schema`.": "form",
    "Unrecognized request argument supplied: response_format": "form",
    "response_format value as json_schema is enabled only for api versions 2024-08-01-preview": "form",
    "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.": "limit",
    "Extra inputs are not permitted body max_tokens": "limit",
    "'developer' is not one of ['system', 'assistant', 'user'] - unsupported role": "role",
    "Unexpected message role.": "role",
    "Unsupported value: 'temperature' does not support 1.0 with this model.": "temperature",
    "'max_tokens' or 'max_completion_tokens' is too large: 4096. invalid": None,
    "max_tokens must be at most 4096": None,
    "This model's maximum context length is 8192 tokens": None,
    "Failed to generate JSON. Please adjust your prompt.": None,
    "invalid base64 in image": None,
    "": None,
}


@pytest.mark.parametrize("refusal", STEPS)
def test_the_words_of_servers_are_understood(refusal):
    before = Abilities(limit="max_tokens", other_limits=("max_completion_tokens",))
    after = before.without(refusal, BODY)
    changed = {
        "form": after and after.form == FORMS[1],
        "limit": after and after.limit == "max_completion_tokens",
        "role": after and not after.has_developer,
        "temperature": after and after.left_out == {"temperature"},
    }
    assert [name for name, is_changed in changed.items() if is_changed] == [
        name for name in [STEPS[refusal]] if name
    ]


def test_a_text_that_the_endpoint_withholds_is_read_as_a_text(endpoint, misbehaving, monkeypatch):
    error = {"code": "json_validate_failed", "failed_generation": '{"steps": ['}
    answer = misbehaving.Answer(400, misbehaving.error_body("Failed to generate JSON", **error))
    monkeypatch.setitem(misbehaving.FAULTS, "400", lambda *_: answer)
    endpoint.faults = ["400"]
    reply = OpenAIJudge(None, endpoint.url).ask(asking())
    assert (reply.text, reply.failure) == ('{"steps": [', None)


def test_a_repair_tells_the_model_what_is_wrong(endpoint):
    request = repaired(asking(LABELS), "I say GOOD", "the judge's text is not JSON")
    OpenAIJudge(None, endpoint.url).ask(request)
    *first, answer, complaint = endpoint.bodies[0]["messages"]
    assert len(first) == 2
    assert answer == {"role": "assistant", "content": "I say GOOD"}
    assert complaint["role"] == "user"
    assert complaint["content"].startswith("Your last answer cannot be used: the judge's text is not JSON\n")
    assert complaint["content"].endswith('exactly one of these, in the same spelling: ["good","bäd"].')
    assert request.fingerprint() != asking(LABELS).fingerprint()
