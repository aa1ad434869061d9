"""Ask one client, in a process of its own environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.clients.catalog import EXCEPTED, HERE
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.catalog import Client

PYTHON = ROOT / ".venv-clients/bin/python"
NODE_PACKAGES = HERE / "node/node_modules"
TIMEOUT_S = 1_200
"""Five thousand documents, or a first call, on a busy machine."""
QUIET = {
    "ANONYMIZED_TELEMETRY": "False",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "NO_PROXY": "127.0.0.1",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "OPENAI_API_KEY": "none",
    "PYDANTIC_AI_GATEWAY_API_KEY": "none",
    "TIKTOKEN_CACHE_DIR": str(ROOT / "build/tiktoken"),
}
"""Clients that count their users, or look for prices, would wait for a network that is not needed."""


@dataclass(frozen=True)
class Outcome:
    """What came of one thing that a client was asked for."""

    client: Client
    name: str
    error: str | None
    took_s: float
    log: str = ""

    @property
    def reason(self) -> str | None:
        """Why it is known not to work."""
        return EXCEPTED.get((self.client.package, self.name))

    @property
    def is_right(self) -> bool:
        """Whether it did what was expected of it."""
        return (self.error is None) == (self.reason is None)


def is_installed(client: Client) -> bool:
    """Whether the client's environment is there."""
    return client.is_ours or (NODE_PACKAGES if client.language == "node" else PYTHON).exists()


def ask(client: Client, url: str, names: list[str] | None = None) -> list[Outcome]:
    """Everything that it can do, or what is named; never raises for what the client did."""
    wanted = names or client.names()
    try:
        done = subprocess.run(
            [*_command(client), url, client.module, *wanted],
            cwd=ROOT if client.language == "python" else HERE / "node",
            env={**os.environ, **QUIET},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        return [Outcome(client, name, str(expired), TIMEOUT_S) for name in wanted]
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"name"')]
    outcomes = [Outcome(client, line["name"], line["error"], line["took_s"], done.stderr) for line in lines]
    came = {outcome.name for outcome in outcomes}
    ended = f"the process ended with {done.returncode}"
    return outcomes + [Outcome(client, name, ended, 0, done.stderr) for name in wanted if name not in came]


def _command(client: Client) -> list[str | Path]:
    if client.language == "node":
        return ["node", "main.mjs"]
    return [sys.executable if client.is_ours else PYTHON, "-W", "ignore", "-m", "tests.clients.python"]
