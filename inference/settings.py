"""The only reader of the environment: read once, checked, then passed along as a value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMORY_PER_VCPU_MB = 1769
"""Lambda gives one vCPU per 1,769 MB (AWS Lambda developer guide, "Configure Lambda function memory")."""

DEFAULT_HUB = "https://huggingface.co"

MODEL_ID = r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?"
REVISION = r"[A-Za-z0-9][\w.-]*"
SECRET_ARN = r"arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+"
HASHES = r"[0-9a-f]{64}(,[0-9a-f]{64})?"

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
    cores: int | None = None
    """That the machine has: fewer than Lambda would give, where a function runs elsewhere."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str], cores: int | None = None) -> Settings:
        """Read and check the variables that the stack sets."""
        return cls(
            task=_required(environ, "TASK"),
            model=_matching(environ, "MODEL", MODEL_ID),
            revision=_matching(environ, "REVISION", REVISION),
            cache=Path(environ.get("MODEL_CACHE") or "/mnt/models"),
            hub_url=_matching(environ, "HF_ENDPOINT", r"https?://[^\s]+") or DEFAULT_HUB,
            memory_mb=_whole_number(environ, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_PER_VCPU_MB),
            log_level=_matching(environ, "LOG_LEVEL", "DEBUG|INFO|WARNING|ERROR") or "INFO",
            precision=_matching(environ, "PRECISION", "auto|int8|fp32") or "auto",
            metrics_namespace=_matching(environ, "METRICS_NAMESPACE", r"[A-Za-z][\w-]*") or "Hublet",
            is_provisioned=environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency",
            child_environment={name: environ[name] for name in PASSED_ON if name in environ},
            key_sha256=_hashes(environ, "KEY_SHA256"),
            token_secret_arn=_matching(environ, "HF_TOKEN_SECRET_ARN", SECRET_ARN),
            cores=cores,
        )

    @property
    def threads(self) -> int:
        """Threads worth starting: Lambda's CPU share, not the host's core count, unless that is smaller."""
        vcpus = max(1, round(self.memory_mb / MEMORY_PER_VCPU_MB))
        return min(vcpus, self.cores or vcpus)


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def _matching(environ: Mapping[str, str], name: str, pattern: str) -> str | None:
    value = environ.get(name) or None
    if value is not None and not re.fullmatch(pattern, value):
        raise SettingsError(f"{name} does not look right: it must match {pattern}")
    return value


def _hashes(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Set but empty or wrong stops the function: it must not answer everybody because of a slip."""
    value = environ.get(name)
    if value is None:
        return ()
    if not re.fullmatch(HASHES, value):
        raise SettingsError(f"{name} must be one or two SHA-256 in hexadecimal, with a comma between")
    return tuple(value.split(","))


def _whole_number(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name) or str(default)
    if not value.isdecimal() or int(value) < 1:
        raise SettingsError(f"{name} must be a whole number above zero, not {value!r}")
    return int(value)
