"""The body of a new run, as the OpenAPI document tells it: where its rows come from, and who answers them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from graders.config import GraderMessage
from graders.server.asked import Closed, Metadata, Name, Open
from graders.server.sampling_plans import MOST_TOOLS, SEED, TEMPERATURE, TEMPERATURES, TOP_P, TOP_PS


class Row(Open):
    """A row: what is graded, and the model's output where the row has one."""

    item: dict[str, Any]
    sample: str | dict[str, Any] | None = None


class FileContent(Open):
    """Rows that stand in the body."""

    type: Literal["file_content"]
    content: list[Row]


class FileId(Open):
    """The lines of an uploaded file."""

    type: Literal["file_id"]
    id: str


Rows = Annotated[FileContent | FileId, Field(discriminator="type")]


class JsonlSource(Closed):
    """Rows that are graded as they are."""

    type: Literal["jsonl"]
    source: Rows


class TemplateMessages(Closed):
    """Messages whose texts are template strings of the item."""

    type: Literal["template"]
    template: Annotated[list[GraderMessage], Field(min_length=1)]


class ItemMessages(Closed):
    """Messages that stand in the item, at a path that begins with `item`."""

    type: Literal["item_reference"]
    item_reference: str


class Tool(Open):
    """A tool; functions may be nested or flat."""

    type: str


class AnswerForm(Open):
    """The form of the model's answer."""

    type: Literal["text", "json_object", "json_schema"]


class AnswerText(Closed):
    """The form of the model's answer, as the Responses API has it."""

    format: AnswerForm | None = None


class Params(Closed):
    """How a model samples; the first token limit that is named holds."""

    temperature: Annotated[float | None, Field(ge=TEMPERATURES.low, le=TEMPERATURES.high)] = TEMPERATURE
    top_p: Annotated[float | None, Field(ge=TOP_PS.low, le=TOP_PS.high)] = TOP_P
    seed: int | None = SEED
    max_completion_tokens: Annotated[int | None, Field(ge=1)] = None
    max_completions_tokens: Annotated[int | None, Field(ge=1)] = None
    max_tokens: Annotated[int | None, Field(ge=1)] = None
    reasoning_effort: str | None = None
    tools: Annotated[list[Tool] | None, Field(max_length=MOST_TOOLS)] = None


class CompletionsParams(Params):
    """How a model samples by chat completions."""

    response_format: AnswerForm | None = None


class ResponsesParams(Params):
    """How a model samples by the Responses API."""

    text: AnswerText | None = None


class SampledSource(Closed):
    """Rows that a model is asked about."""

    source: Rows
    model: Annotated[Name, Field(min_length=1)]
    input_messages: Annotated[TemplateMessages | ItemMessages, Field(discriminator="type")]


class CompletionsSource(SampledSource):
    """Rows that a model is asked about by chat completions."""

    type: Literal["completions"]
    sampling_params: CompletionsParams | None = None
    modalities: list[Any] | None = None


class ResponsesSource(SampledSource):
    """Rows that a model is asked about by the Responses API."""

    type: Literal["responses"]
    sampling_params: ResponsesParams | None = None


class Logs(Open):
    """Requests that the hosted service has logged: here there are none, so such a run fails."""

    type: Literal["stored_completions", "responses"]


class LoggedSource(Open):
    """Logged requests."""

    type: Literal["completions", "responses"]
    source: Logs
    model: Name | None = None


class RunBody(Closed):
    """A new run."""

    data_source: JsonlSource | CompletionsSource | ResponsesSource | LoggedSource
    name: Name | None = None
    metadata: Metadata | None = None
