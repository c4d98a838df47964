"""Graders of `azure-ai-evaluation`, run by its `evaluate` at the address that it is given.

A script, since that library has an environment of its own:
`python azure_runs.py http://127.0.0.1:8000 KEY GRADERS.json ROWS.jsonl`. Says as JSON what `evaluate` gave,
and every name and address that was asked for on the way.
"""

import json
import sys
from importlib.metadata import version

asked = []


def hear(event, arguments):
    """Note where the process turns to."""
    if event == "socket.getaddrinfo":
        asked.append(arguments[0])
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        asked.append(arguments[1][0])


sys.addaudithook(hear)  # before the import, which is heard too

from azure.ai.evaluation import (  # noqa: E402
    AzureOpenAIGrader,
    AzureOpenAILabelGrader,
    AzureOpenAIPythonGrader,
    AzureOpenAIStringCheckGrader,
    AzureOpenAITextSimilarityGrader,
    evaluate,
)

KINDS = {
    "string_check": AzureOpenAIStringCheckGrader,
    "text_similarity": AzureOpenAITextSimilarityGrader,
    "python": AzureOpenAIPythonGrader,
    "label_model": AzureOpenAILabelGrader,
}


def evaluator(name, document, azure, plain):
    """Give the class of a grader's kind, which asks at Azure's address; `general` is of the general class."""
    if name == "general":
        return AzureOpenAIGrader(model_config=plain, grader_config=document)
    parts = {key: part for key, part in document.items() if key != "type"}
    return KINDS[document["type"]](model_config=azure, **parts)


def main():
    endpoint, key, graders, rows = sys.argv[1:]
    azure = {"azure_endpoint": endpoint, "api_key": key, "azure_deployment": "judge"}
    plain = {"base_url": f"{endpoint}/v1", "api_key": key, "model": "judge"}
    with open(graders) as file:
        documents = json.load(file)
    made = {name: evaluator(name, document, azure, plain) for name, document in documents.items()}
    given = evaluate(data=rows, evaluators=made, evaluation_name="by another's library")
    said = {
        "version": version("azure-ai-evaluation"),
        "asked": sorted({str(each) for each in asked}),
        "metrics": given["metrics"],
        "rows": given["rows"],
    }
    print("\n" + json.dumps(said))


if __name__ == "__main__":
    main()
