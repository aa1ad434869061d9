"""Where the functions are: the local cloud's index, or the outputs of a deployed stack."""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class NoEndpoints(Exception):
    """No function to show; the message says where none was found and what to do."""


@dataclass(frozen=True)
class Endpoint:
    """One function."""

    name: str
    """The short one, as in its local URL."""
    url: str
    """Ends with a slash."""
    function_name: str
    """As the Invoke API knows it."""
    invoke_url: str | None = None
    """Where the Invoke API is, if not in AWS."""
    task: str | None = None
    """The Hub's name for its kind of task, where that is known before the function is asked."""
    note: str = ""
    """What has to stand beside every answer of its default model; mostly nothing."""


def local(url: str) -> list[Endpoint]:
    """The functions of a local cloud, by name."""
    with urllib.request.urlopen(url) as reply:
        index = json.load(reply)
    return [
        Endpoint(each["name"], each["url"], each["name"], url.rstrip("/"), each["task"], each["note"])
        for each in index
    ]


def deployed(where: str) -> list[Endpoint]:
    """The functions in an outputs file, as ``make deploy`` writes it, or else of the stack of that name."""
    path = Path(where)
    if path.is_file():
        try:
            stacks: dict[str, dict[str, str]] = json.loads(path.read_text())
            found = [each for outputs in stacks.values() for each in _functions(outputs)]
        except (ValueError, AttributeError, TypeError):
            raise NoEndpoints(f"{where} is no outputs file; make deploy writes one") from None
    elif path.suffix or "/" in where:
        raise NoEndpoints(f"{where} is not there; make deploy writes an outputs file")
    else:
        found = list(_functions(_stack_outputs(where)))
    if not found:
        raise NoEndpoints(f"{where} names no function with a URL")
    return sorted(found, key=lambda endpoint: endpoint.name)


def _functions(outputs: Mapping[str, str]) -> list[Endpoint]:
    return [
        Endpoint(_name(key), url.rstrip("/") + "/", outputs[f"{key.removesuffix('Url')}Name"])
        for key, url in outputs.items()
        if key.endswith("Url") and f"{key.removesuffix('Url')}Name" in outputs
    ]


def _name(key: str) -> str:
    """``QuestionAnsweringUrl`` -> ``question-answering``."""
    return "-".join(word.lower() for word in re.findall(r"[A-Z][a-z0-9]*", key.removesuffix("Url")))


def _stack_outputs(name: str) -> dict[str, str]:
    """Asked of CloudFormation, with the user's own credentials and region."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = boto3.Session().client("cloudformation")  # not one that remembers an earlier profile
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise NoEndpoints(f"stack {name} cannot be read: {error}") from error
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
