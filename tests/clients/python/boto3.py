"""boto3: direct invokes, streams of them, and the events of other front doors."""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from tests.clients.python import asked


def _client(url: str) -> Any:
    config = Config(
        signature_version=UNSIGNED, read_timeout=asked.TIMEOUT_S, retries={"total_max_attempts": 1}
    )
    return boto3.client("lambda", endpoint_url=url.rstrip("/"), region_name="us-east-1", config=config)


def _answer(url: str, function: str, event: Any) -> Any:
    reply = _client(url).invoke(FunctionName=f"hublet-{function}", Payload=json.dumps(event))
    answer = json.load(reply["Payload"])
    assert "FunctionError" not in reply, answer
    return answer


def _http_event(path: str, body: Any) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {},
        "requestContext": {"http": {"method": "POST", "path": path}},
        "body": json.dumps(body),
    }


def chat(url: str) -> None:
    body = {"messages": asked.MESSAGES, "max_tokens": 12, "temperature": 0}
    event = json.dumps(_http_event("/v1/chat/completions", body))
    reply = _client(url).invoke(FunctionName="hublet-chat", Payload=event)
    prelude, _, answer = reply["Payload"].read().partition(bytes(8))  # the function's URL streams
    assert json.loads(prelude)["statusCode"] == 200
    asked.check_capital(json.loads(answer)["choices"][0]["message"]["content"])


def stream(url: str) -> None:
    body = {"messages": asked.MESSAGES, "max_tokens": 12, "temperature": 0, "stream": True}
    event = json.dumps(_http_event("/v1/chat/completions", body))
    reply = _client(url).invoke_with_response_stream(FunctionName="hublet-chat", Payload=event)
    messages = list(reply["EventStream"])
    assert "ErrorCode" not in messages[-1]["InvokeComplete"]
    pieces = [each["PayloadChunk"]["Payload"] for each in messages if "PayloadChunk" in each]
    assert len(pieces) > 3
    assert b"".join(pieces).rstrip().endswith(b"data: [DONE]")


def generation(url: str) -> None:
    (answer,) = _answer(url, "chat", {"inputs": asked.PROMPT, "parameters": {"max_new_tokens": 8}})
    asked.check_capital(answer["generated_text"])


def embeddings(url: str) -> None:
    asked.check_vectors(_answer(url, "embeddings", {"inputs": [*asked.NEAR, asked.FAR]}))


def rerank(url: str) -> None:
    ranked = _answer(url, "rerank", {"inputs": {"query": asked.QUERY, "texts": asked.RANKED}})
    assert ranked[0]["index"] == asked.BEST


def transcription(url: str) -> None:
    import base64

    sound = base64.b64encode(asked.RECORDING.read_bytes()).decode()
    assert "library opens" in _answer(url, "speech", {"inputs": sound})["text"].lower()


def tasks(url: str) -> None:
    assert _answer(url, "sentiment", {"text": "What a lovely day!"})[0][0]["label"] == "POSITIVE"


def row_25(url: str) -> None:
    """Events of other front doors, each answered in its own form."""
    body = json.dumps({"inputs": "What a lovely day!"})
    rest = {
        "httpMethod": "POST",
        "path": "/",
        "headers": {},
        "body": body,
        "isBase64Encoded": False,
        "requestContext": {"stage": "prod", "path": "/prod/", "httpMethod": "POST"},
    }
    balancer = {**rest, "requestContext": {"elb": {"targetGroupArn": "arn"}}}
    context = {"http": {"method": "POST", "path": "/prod/"}, "stage": "prod"}
    context["domainName"] = "abc.execute-api.us-east-1.amazonaws.com"
    http_api = {"version": "2.0", "rawPath": "/prod/", "headers": {}, "body": body}
    for event in (rest, balancer, {**http_api, "requestContext": context}, {"body": body}):
        reply = _answer(url, "sentiment", event)
        assert reply["statusCode"] == 200, reply
        assert json.loads(reply["body"])[0][0]["label"] == "POSITIVE"
    messages = [
        {"messageId": name, "body": text, "eventSource": "aws:sqs"}
        for name, text in (("a", body), ("b", "{"))
    ]
    reply = _answer(url, "sentiment", {"Records": messages})
    assert reply == {"batchItemFailures": [{"itemIdentifier": "b"}]}
