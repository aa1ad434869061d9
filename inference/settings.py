"""The only reader of the environment: read once, checked, then passed along as a value.

The stack checks the same things before a deployment, by the same patterns and limits.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMORY_PER_VCPU_MB = 1769
"""Lambda gives one vCPU per 1,769 MB (AWS Lambda developer guide, "Configure Lambda function memory")."""

LAMBDA_MEMORY_MB = (128, 10_240)
LAMBDA_TIMEOUT_S = (1, 900)
"""The least and the most of a function (AWS Lambda developer guide, "Lambda quotas")."""

DEFAULT_HUB = "https://huggingface.co"
DEFAULT_CACHE = "/mnt/models"
DEFAULT_NAMESPACE = "Hublet"
BUFFERED, RESPONSE_STREAM = "BUFFERED", "RESPONSE_STREAM"
"""How a function URL hands on an answer, in the words of its ``InvokeMode``; no event tells which it is."""
PRECISIONS = ("auto", "int8", "fp32")

# Patterns are matched as ASCII.
MODEL_ID = r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?"
REVISION = r"[A-Za-z0-9][\w.-]*"
SECRET_ARN = r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}"
"""The full ARN: a policy that names the secret without the six characters at its end matches nothing."""
BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
SHA256 = r"[0-9a-f]{64}"
LABEL_OF_MODEL = r"[^\s,]([^,]{0,98}[^\s,])?"
"""Of a classifier, as its repository has it."""
MOST_KEYS = 2
"""One in use and one that takes its place."""

# All that a child process is given: how to start and how to reach the network; no credentials of any kind.
PASSED_ON = (
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LD_LIBRARY_PATH",
    "NO_PROXY",
    "PATH",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
)


class SettingsError(ValueError):
    """A setting that cannot work; the message names the variable."""


@dataclass(frozen=True)
class Settings:
    """Everything that a function is told from outside."""

    task: str
    model: str | None
    """Replaces the task's default model; ``None`` keeps it."""
    revision: str | None
    pickle_weights: bool
    """Whether that model may have pickle weights only."""
    cache: Path
    hub_url: str
    memory_mb: int
    log_level: str
    precision: str
    """``auto``: the fastest form that passes its proof; ``int8`` or ``fp32`` force one."""
    metrics_namespace: str
    """The stack's name, so that two stacks in one account do not count together."""
    is_provisioned: bool
    """Whether Lambda keeps this environment ready, so that its start is nobody's wait."""
    child_environment: Mapping[str, str]
    """For the processes that download and convert."""
    key_sha256: tuple[str, ...] = ()
    """Of the keys that open the URL; none: the function asks for no key."""
    token_secret_arn: str | None = None
    """Of the secret that has the Hub token for gated models."""
    bucket: str | None = None
    """That models come through, made elsewhere; ``None``: this function gets them itself."""
    alternatives: bool = True
    """Whether a call may choose another of the task's models."""
    caches_prompts: bool = True
    """Whether what was read for one call may save the next one from reading it again."""
    flagged_labels: tuple[str, ...] = ()
    """Of a classifier's labels, those that ``/v1/moderations`` flags."""
    streams: bool = False
    """Whether every reply to the URL must be streamed, because its ``InvokeMode`` asks for it."""
    cores: int | None = None
    """That the machine has: fewer than Lambda would give, where a function runs elsewhere."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str], cores: int | None = None) -> Settings:
        """Read and check the variables that the stack sets."""
        return cls(
            task=read_required(environ, "TASK"),
            model=read_matching(environ, "MODEL", MODEL_ID),
            revision=read_matching(environ, "REVISION", REVISION),
            pickle_weights=read_matching(environ, "PICKLE_WEIGHTS", "true|false") == "true",
            cache=Path(environ.get("MODEL_CACHE") or DEFAULT_CACHE),
            hub_url=check_hub_url(environ.get("HF_ENDPOINT") or DEFAULT_HUB, "HF_ENDPOINT"),
            memory_mb=read_whole_number(environ, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_PER_VCPU_MB),
            log_level=read_matching(environ, "LOG_LEVEL", "DEBUG|INFO|WARNING|ERROR") or "INFO",
            precision=read_matching(environ, "PRECISION", "|".join(PRECISIONS)) or PRECISIONS[0],
            metrics_namespace=read_matching(environ, "METRICS_NAMESPACE", r"[A-Za-z][\w-]*")
            or DEFAULT_NAMESPACE,
            is_provisioned=environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency",
            child_environment=child_environment(environ),
            key_sha256=_hashes(environ, "KEY_SHA256"),
            token_secret_arn=read_matching(environ, "HF_TOKEN_SECRET_ARN", SECRET_ARN),
            bucket=read_matching(environ, "BUCKET", BUCKET),
            alternatives=read_matching(environ, "ALTERNATIVES", "true|false") != "false",
            caches_prompts=read_matching(environ, "PROMPT_CACHING", "true|false") != "false",
            flagged_labels=_labels(environ, "FLAGGED_LABELS"),
            streams=read_matching(environ, "INVOKE_MODE", f"{BUFFERED}|{RESPONSE_STREAM}") == RESPONSE_STREAM,
            cores=cores,
        )

    @property
    def threads(self) -> int:
        """Threads worth starting: Lambda's CPU share, not the host's core count, unless that is smaller."""
        vcpus = threads_of(self.memory_mb)
        return min(vcpus, self.cores or vcpus)


def usable_cores() -> int:
    """Those that this process may run on: fewer than the machine's in a container that is bound to some."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads_of(memory_mb: int) -> int:
    """Threads that the CPU share of so much memory is good for."""
    return max(1, round(memory_mb / MEMORY_PER_VCPU_MB))


def is_private(url: str) -> bool:
    """Whether nobody on the way can read what is sent there: by TLS, or on this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_loopback = re.fullmatch(r"127(\.\d{1,3}){3}", host, re.ASCII) is not None
    return parts.scheme == "https" or host in ("localhost", "::1") or is_loopback


def check_hub_url(value: str, setting: str) -> str:
    """The value, if it is a Hub's address; else :class:`SettingsError` says what may be meant."""
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:  # brackets that are not closed
        is_address = False
    if is_address and not re.search(r"\s", value):
        return value
    meant = f"https://{value}" if re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?(/\S*)?", value) else DEFAULT_HUB
    raise SettingsError(f"{setting}={value[:100]!r} is no Hub's address: write it like {meant}")


def read_required(environ: Mapping[str, str], name: str) -> str:
    """A variable that must be set; else :class:`SettingsError`."""
    value = environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What the processes that download and convert are given of ours."""
    return {name: environ[name] for name in PASSED_ON if name in environ}


def read_matching(environ: Mapping[str, str], name: str, pattern: str) -> str | None:
    """A variable that is as it should be, or not set; else :class:`SettingsError`."""
    value = environ.get(name) or None
    if value is not None and not re.fullmatch(pattern, value, re.ASCII):
        raise SettingsError(f"{name} does not look right: it must match {pattern}")
    return value


def _hashes(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Set but empty or wrong stops the function: it must not answer everybody because of a slip."""
    value = environ.get(name)
    if value is None:
        return ()
    hashes = tuple(value.split(","))
    if len(hashes) > MOST_KEYS or not all(re.fullmatch(SHA256, each) for each in hashes):
        raise SettingsError(f"{name} must be one or two SHA-256 in hexadecimal, with a comma between")
    return hashes


def _labels(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    value = read_matching(environ, name, f"{LABEL_OF_MODEL}(,{LABEL_OF_MODEL})*")
    return tuple(value.split(",")) if value else ()


def read_whole_number(environ: Mapping[str, str], name: str, default: int) -> int:
    """A number above zero; else :class:`SettingsError`."""
    value = environ.get(name) or str(default)
    if not value.isdecimal() or int(value) < 1:
        raise SettingsError(f"{name} must be a whole number above zero, not {value!r}")
    return int(value)
