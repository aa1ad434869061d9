"""Every function through the official clients: URLs, the Invoke API, the documented errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from huggingface_hub import InferenceClient

from inference.tasks import all_tasks

if TYPE_CHECKING:
    from inference.task import Task
    from tests.support.served import Served

TASKS = all_tasks()
WORDLESS = ("image-classification", "text-to-image", "zero-shot-image-classification")


@pytest.fixture(scope="session")
def lambda_client(served: Served) -> Any:
    return boto3.client(
        "lambda",
        endpoint_url=served.url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def test_the_index_lists_every_task(served: Served) -> None:
    index = served.get().json()
    assert [entry["name"] for entry in index] == [task.function_name for task in TASKS]
    for entry in index:
        assert entry.keys() == {"name", "url", "task", "model", "note"}
        assert entry["url"] == f"{served.url}{entry['name']}/"


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
class TestEveryTask:
    def test_its_examples_are_answered_the_same_over_http_and_directly(
        self, served: Served, lambda_client: Any, task: Task
    ) -> None:
        for example in task.examples:
            over_http = served.post(
                f"{task.function_name}/", dict(example.body), headers={"accept": "application/json"}
            )
            assert over_http.status_code == 200, over_http.text
            direct = lambda_client.invoke(
                FunctionName=task.function_name, Payload=json.dumps(dict(example.body))
            )
            assert "FunctionError" not in direct
            assert json.load(direct["Payload"]) == over_http.json()

    def test_its_description_names_what_answers(self, served: Served, task: Task) -> None:
        description = served.get(task.function_name).json()
        assert description["function"] == task.function_name
        assert description["task"] == task.pipeline_tag
        assert len(description["revision"]) == 40
        assert description["engine"]
        assert description["reason"]
        assert served.get(f"{task.function_name}/health").json() == {"status": "ok", "model": "ready"}

    def test_its_log_counts_tokens_where_there_are_any(self, served: Served, task: Task) -> None:
        example = dict(task.examples[0].body)
        for _ in range(2):  # the first may also tell of a load
            reply = served.post(f"{task.function_name}/", example, headers={"accept": "application/json"})
        request_id = reply.headers["x-request-id"]
        (line,) = [line for line in served.wait_for(request_id) if request_id in line and "answered" in line]
        entry = json.loads(line.partition("] ")[2])
        assert (entry.get("Tokens", 0) > 0) == (task.pipeline_tag not in WORDLESS)

    @pytest.mark.parametrize(
        ("content", "status", "kind", "words"),
        [
            (b"{", 400, "BadRequest", "not valid JSON"),
            (b"", 400, "BadRequest", "empty"),
            (b'{"inputs": NaN}', 400, "BadRequest", "NaN"),
            (b"[" * 100_000, 400, "BadRequest", "nested"),
            (b'{"inputs": {"a": 1}}', 422, "InvalidField", "inputs"),
            (b'{"parameters": {}}', 422, "InvalidField", "inputs: is required"),
            (b'{"inputs": "a", "model": "other/model"}', 422, "InvalidField", "model: must be one of"),
            (b'{"inputs": "\\ud800"}', 422, "InvalidField", "inputs"),
        ],
    )
    def test_bad_input_gets_the_documented_error(
        self, served: Served, task: Task, content: bytes, status: int, kind: str, words: str
    ) -> None:
        reply = served.post(
            f"{task.function_name}/", content=content, headers={"content-type": "application/json"}
        )
        document = reply.json()
        assert (reply.status_code, document["type"]) == (status, kind)
        assert words in document["error"]
        assert document["request_id"] == reply.headers["x-request-id"]
        assert "Traceback" not in reply.text

    def test_an_unknown_parameter_is_named(self, served: Served, task: Task) -> None:
        example = dict(task.examples[0].body)
        parameters = {**example.get("parameters", {}), "nope": 1}
        reply = served.post(f"{task.function_name}/", {**example, "parameters": parameters})
        assert reply.status_code == 422
        assert "parameters.nope" in reply.json()["error"]

    def test_seven_megabytes_are_refused_and_the_limit_named(
        self, served: Served, lambda_client: Any, task: Task
    ) -> None:
        reply = served.post(f"{task.function_name}/", content=b"x" * 7_000_000)
        assert reply.status_code == 413
        assert "6291456" in reply.text
        with pytest.raises(lambda_client.exceptions.RequestTooLargeException):
            lambda_client.invoke(FunctionName=task.function_name, Payload=b'"' + b"x" * 7_000_000 + b'"')

    def test_a_direct_error_is_typed_and_tells_no_more(
        self, served: Served, lambda_client: Any, task: Task
    ) -> None:
        failed = lambda_client.invoke(FunctionName=task.function_name, Payload=b'{"inputs": {"a": 1}}')
        error = json.load(failed["Payload"])
        assert failed["FunctionError"] == "Unhandled"
        assert error["errorType"] == "InvalidField"
        assert error["errorMessage"].startswith("inputs")
        assert len(error["stackTrace"]) <= 2

    def test_no_input_reaches_any_line_of_the_log(
        self, served: Served, lambda_client: Any, task: Task
    ) -> None:
        """Of the function, the runtime and what they started; the request's own line has come by then."""
        canary = "canary-7f3a"
        example = dict(task.examples[0].body)
        for body in ({"inputs": {"a": canary}}, {**example, "parameters": canary}, {"inputs": [[canary]]}):
            lambda_client.invoke(FunctionName=task.function_name, Payload=json.dumps(body))
        if isinstance(example.get("inputs"), str) and task.media_kind is None and task.name != "image":
            body = {**example, "inputs": f"{example['inputs']} {canary}"}
            assert served.post(f"{task.function_name}/", body).status_code == 200
        headers = {"content-type": "application/json"}
        last = served.post(f"{task.function_name}/", content="{" + canary, headers=headers)
        assert last.status_code == 400
        lines = served.wait_for(last.headers["x-request-id"])
        assert [line for line in lines if canary in line] == []


def test_the_event_that_prepares_a_model(served: Served, lambda_client: Any) -> None:
    reply = lambda_client.invoke(FunctionName="sentiment", Payload=b'{"action": "prepare"}')
    prepared = json.load(reply["Payload"])
    assert prepared["state"] == "ready"
    described = served.get("sentiment").json()
    assert prepared["model"] == described["model"]


def test_the_official_client_reads_one_text(served: Served) -> None:
    client = InferenceClient(model=f"{served.url}sentiment")
    for text, label in (
        ("I love it, it works great!", "POSITIVE"),
        ("This was a terrible waste.", "NEGATIVE"),
    ):
        best = client.text_classification(text)[0]
        assert best.label == label
        assert 0.5 < best.score <= 1
    assert len(client.text_classification("I love it", top_k=1)) == 1


def test_a_list_of_texts_gets_a_list_of_results(served: Served) -> None:
    texts = ["I love it, it works great!", "This was a terrible waste."]
    # The typed client hands on the first text's labels only; the reply itself has one list a text.
    untyped: Any = InferenceClient(model=f"{served.url}sentiment")
    assert untyped.text_classification(texts)[0].label == "POSITIVE"
    results = served.post("sentiment/", {"inputs": texts}).json()
    assert [labels[0]["label"] for labels in results] == ["POSITIVE", "NEGATIVE"]


def test_a_batch_answers_as_its_items_do_alone(served: Served) -> None:
    texts = ["Good.", "It was not what I had hoped for, and I would not go there again. " * 3, "ünïcödé 🎉"]
    together = served.post("sentiment/", {"inputs": texts}).json()
    for text, labels in zip(texts, together, strict=True):
        alone = served.post("sentiment/", {"inputs": text}).json()[0]
        assert [entry["label"] for entry in alone] == [entry["label"] for entry in labels]
        assert [entry["score"] for entry in alone] == pytest.approx(
            [entry["score"] for entry in labels], abs=1e-5
        )


def test_a_text_past_the_models_window_is_cut_not_refused(served: Served) -> None:
    assert served.post("sentiment/", {"inputs": "good " * 3000}).status_code == 200


def test_the_plain_form_of_the_aws_sample(lambda_client: Any) -> None:
    reply = lambda_client.invoke(FunctionName="hublet-sentiment", Payload=b'{"text": "What a lovely day!"}')
    assert json.load(reply["Payload"])[0][0]["label"] == "POSITIVE"


@pytest.mark.parametrize(
    "name",
    [
        "sentiment",
        "hublet-sentiment",
        "hublet-sentiment:live",
        "arn:aws:lambda:us-east-1:1:function:sentiment",
    ],
)
def test_a_function_answers_to_each_of_its_names(lambda_client: Any, name: str) -> None:
    body = b'{"inputs": "Good."}'
    assert lambda_client.invoke(FunctionName=name, Payload=body)["StatusCode"] == 200
    assert lambda_client.invoke(FunctionName=name, Payload=body, InvocationType="DryRun")["StatusCode"] == 204
    assert lambda_client.invoke(FunctionName=name, Payload=body, InvocationType="Event")["StatusCode"] == 202


def test_an_unknown_function(served: Served, lambda_client: Any) -> None:
    with pytest.raises(lambda_client.exceptions.ResourceNotFoundException):
        lambda_client.invoke(FunctionName="nope", Payload=b"{}")
    assert served.get("nope/").status_code == 404
