"""The same request as code to paste: curl, the Hub's client, boto3."""

from __future__ import annotations

import inspect
import json
import re
import shlex
from typing import TYPE_CHECKING, Any

from inference.settings import LAMBDA_TIMEOUT_S
from inference.task_kinds import kind_of
from playground.access import KEY_VARIABLE, region_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playground.description import Description
    from playground.form import Request

OTHER_NAMES = {"source_sentence": "sentence", "sentences": "other_sentences"}
"""Parts of inputs that the client calls otherwise."""
SLOW_CALLS = (
    "# As long as a function may take: by itself, boto3 gives up after a minute, and runs the event again."
)
FILES = {"image": "picture.png", "audio": "recording.wav"}
"""What a snippet calls the file that a form holds."""
SIGNING = (
    '  --aws-sigv4 "aws:amz:{region}:lambda" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\\n'
    '  -H "x-amz-security-token: $AWS_SESSION_TOKEN"'
)


def curl(description: Description, request: Request, *, has_key: bool) -> str:
    """A command for a shell."""
    url = shlex.quote(description.endpoint.url)
    kind = description.media_kind
    body = request.document()
    if kind and not request.parameters and not request.model:
        sent = f"--data-binary @{FILES[kind]} -H 'content-type: {kind}/{FILES[kind].rpartition('.')[2]}'"
    else:
        sent = f"-d {shlex.quote(_json(_named(body, kind)))}"
    lines = [f"curl -s {url} {sent}"]
    if kind_of(description.task).paints:
        lines[0] += " -o picture.png"
    if has_key:
        lines.append(f'  -H "authorization: Bearer ${KEY_VARIABLE}"')
    elif region := region_of(description.endpoint.url):
        lines.append(SIGNING.format(region=region))
    return " \\\n".join(lines)


def hub_client(description: Description, request: Request, *, has_key: bool) -> str:
    """Python with ``InferenceClient``; what that cannot send is said in a comment."""
    from huggingface_hub import InferenceClient

    name = description.task.replace("-", "_")
    method = getattr(InferenceClient, name, None)
    if method is None:
        return f"# InferenceClient has no method for {description.task}; use boto3 or curl."
    known = inspect.signature(method).parameters
    given = _arguments(description, request)
    left_out = [key for key in given if key not in known and not key.startswith("*")]
    arguments = [
        repr(value) if key.startswith("*") else f"{key}={value!r}"
        for key, value in given.items()
        if key not in left_out
    ]
    token = f', token=os.environ["{KEY_VARIABLE}"]' if has_key else ""
    lines = ["import os\n"] if has_key else []
    lines += ["from huggingface_hub import InferenceClient\n"]
    if region_of(description.endpoint.url) and not has_key:
        lines.append("# The URL takes signed requests; docs/calling.md shows how to sign them.")
    lines.append(f"client = InferenceClient(model={description.endpoint.url.rstrip('/')!r}{token})")
    lines += [f"# This client cannot send {key}; curl and boto3 can." for key in left_out]
    call = f"client.{name}({', '.join(arguments)})"
    lines.append(f'{call}.save("picture.png")' if kind_of(description.task).paints else f"print({call})")
    return "\n".join(lines)


def boto3(description: Description, request: Request) -> str:
    """Python that invokes the function directly."""
    kind, endpoint = description.media_kind, description.endpoint
    body = request.document()
    lines = ["import base64", "import json", "from pathlib import Path\n"] if kind else ["import json\n"]
    lines += ["import boto3", "from botocore.config import Config\n"]
    lines += [
        SLOW_CALLS,
        f"slow = Config(read_timeout={LAMBDA_TIMEOUT_S[1]}, retries={{'total_max_attempts': 1}})",
    ]
    where = ""
    if endpoint.invoke_url:
        where = (
            f',\n    endpoint_url={endpoint.invoke_url!r}, region_name="us-east-1",\n'
            '    aws_access_key_id="local", aws_secret_access_key="local",\n'
        )
    elif region := region_of(endpoint.url):
        where = f', region_name="{region}"'
    lines.append(f'client = boto3.client("lambda", config=slow{where})')
    if kind:
        lines.append(f"data = base64.b64encode(Path({FILES[kind]!r}).read_bytes()).decode()")
        text = repr({**body, "inputs": "DATA"}).replace("'DATA'", "data")
    else:
        text = repr(body)
    lines.append(f"event = {text}")
    lines.append(f"reply = client.invoke(FunctionName={endpoint.function_name!r}, Payload=json.dumps(event))")
    lines.append('print(json.load(reply["Payload"]))')
    return "\n".join(lines)


def block(title: str, language: str, text: str) -> str:
    """Markdown: a text in a fence that nothing in it can close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"**{title}**\n\n{fence}{language}\n{text}\n{fence}"


def shown(document: Mapping[str, Any], kind: str | None) -> str:
    """A request's body for the eye: a file in it by its size."""
    if kind and isinstance(document["inputs"], str):
        document = {**document, "inputs": f"… base64 of {len(document['inputs']) * 3 // 4:,} bytes …"}
    return json.dumps(document, indent=1, ensure_ascii=False)


def _arguments(description: Description, request: Request) -> dict[str, Any]:
    """Argument names and values; the first, which goes without a name, as ``*inputs``."""
    inputs = request.inputs
    if isinstance(inputs, dict):
        given = {str(OTHER_NAMES.get(name, name)): value for name, value in inputs.items()}
    else:
        kind = description.media_kind
        first = FILES[kind] if kind else inputs[0] if isinstance(inputs, list) and inputs else inputs
        given = {"*inputs": first}
    for name, value in request.parameters.items():
        given |= value if isinstance(value, dict) and not description.media_kind else {name: value}
    return given


def _named(body: dict[str, Any], kind: str | None) -> dict[str, Any]:
    """A file's base64 is too long to paste."""
    return {**body, "inputs": f"<base64 of {FILES[kind]}>"} if kind else body


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)
