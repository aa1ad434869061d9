"""Code in documents, run as a reader runs it, with the local cloud as AWS."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

from botocore import xform_name
from botocore.session import Session

from hublet.cli import make_parser
from inference.tasks import all_tasks
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from local.hub.server import HubServer
    from tests.support.served import Served


# What talks to AWS or the Hub, takes long or forever, or is this very run: make only has to know it.
DRY = re.compile(
    r"make (account-probe|batch-chaos|bench|chaos|check|deploy|destroy|fix|fuzz|load|lock|retest|scan"
    r"|schemas|serve|stream-probe|test|ui|unit|wheel(-test)?)\b"
)
BOOTSTRAP = "npx cdk bootstrap"
IN_AWS = re.compile(r"make (batch|cache) .*DEPLOYED=1")  # a function that the local cloud has not


def blocks(language: str, document: str = "README.md") -> list[str]:
    text = (ROOT / document).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shell(served: Served, hub: HubServer, folder: Path) -> dict[str, str]:
    """A user's variables after a deployment, with the local cloud as AWS."""
    return {
        **os.environ,
        "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
        "HF_ENDPOINT": hub.url,
        "MODEL_CACHE": str(folder / "cache"),
        "SENTIMENT_URL": f"{served.url}sentiment/",
        "OUTPUTS": outputs(folder),
        "AWS_ENDPOINT_URL_LAMBDA": served.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
    }


def outputs(folder: Path) -> str:
    """What ``make deploy`` writes, for functions of the local cloud; where it is."""
    written = {
        f"{task.name.title().replace('_', '')}Name": f"hublet-{task.function_name}" for task in all_tasks()
    }
    file = folder / "outputs.json"
    written["SentimentUrl"] = "https://abc.lambda-url.us-east-1.on.aws/"
    file.write_text(json.dumps({"Hublet": written}))
    return str(file)


def here(code: str, served: Served, cache: str = "") -> str:
    port = served.url.rstrip("/").rpartition(":")[2]
    code = code.replace("http://127.0.0.1:8080/", served.url)
    code = code.replace("$(hublet ", "$(python -m hublet ")
    code = code.replace("make cache", f"make cache PORT={port} CACHE={cache}")
    code = code.replace("-m inference sentiment", "-m inference sentiment --model hublet/demo-sentiment")
    code = code.replace("make batch ", "rm -rf build/labels.jsonl*; make batch ")
    return code.replace("make invoke ", f"make invoke PORT={port} ")


def run(command: str, served: Served, environ: dict[str, str], cache: str = "") -> str:
    """What a command prints, in a shell in the project's folder; AWS and endless ones are only looked at."""
    lines = [without_aws(line) for line in command.splitlines(keepends=True)]
    done = subprocess.run(
        ["bash", "-euc", here("".join(lines), served, cache)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def without_aws(line: str) -> str:
    """A line that proves as much as can be proven here: AWS, Docker and endless commands are not run."""
    if DRY.match(line) or IN_AWS.search(line):
        return line.replace("make ", "make --dry-run ", 1)
    if line.startswith(BOOTSTRAP):
        return line.replace(BOOTSTRAP, "npx --no-install cdk bootstrap --show-template", 1)
    program, *words = line.split() or [""]
    if program == "aws":  # needs an account, and is none of the project's programs
        assert is_known_to_aws(words), line
        return ""
    if "hublet" in (program, *words) and program in ("hublet", "uvx"):
        return as_module(line.split()[line.split().index("hublet") + 1 :])
    if program == "pipx":  # test_wheel_walk installs the wheel
        assert words[0] == "install", line
        return ""
    if program == "docker":  # needs an engine
        return f"! command -v docker >/dev/null || docker {words[0]} --help >/dev/null\n"
    return line


def as_module(words: list[str]) -> str:
    """The checkout's own command. Of one that is endless, needs AWS or takes long, the arguments alone."""
    chosen = make_parser().parse_args(words)
    if chosen.command in ("deploy", "destroy", "run", "serve", "ui", "add-task", "doctor"):
        return ""
    return f"{shlex.join([sys.executable, '-m', 'hublet', *words])}\n"


def is_known_to_aws(words: list[str]) -> bool:
    """Whether a service has this operation; ``aws configure`` asks no service."""
    if words == ["configure"]:
        return True
    service, operation = words[:2]
    names = Session().get_service_model(service).operation_names
    return operation in {xform_name(each, "-") for each in names}
