"""The environment is read once, and a bad value names its variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.settings import Settings, SettingsError, is_private


def test_defaults() -> None:
    settings = Settings.from_env({"TASK": "sentiment"})
    assert settings.cache == Path("/mnt/models")
    assert settings.hub_url == "https://huggingface.co"
    assert (settings.model, settings.revision, settings.threads) == (None, None, 1)


@pytest.mark.parametrize(("memory_mb", "threads"), [(128, 1), (1769, 1), (3538, 2), (10_240, 6)])
def test_threads_follow_memory(memory_mb: int, threads: int) -> None:
    environ = {"TASK": "sentiment", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb)}
    assert Settings.from_env(environ).threads == threads
    assert Settings.from_env(environ, cores=64).threads == threads
    assert Settings.from_env(environ, cores=1).threads == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TASK", ""),
        ("MODEL", "../../etc"),
        ("MODEL", "a/b/c"),
        ("REVISION", "../main"),
        ("HF_ENDPOINT", "ftp://hub"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "lots"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0"),
        ("LOG_LEVEL", "loud"),
        ("PRECISION", "int4"),
        ("ALTERNATIVES", "off"),
        ("INVOKE_MODE", "STREAM"),
        ("KEY_SHA256", ""),
        ("KEY_SHA256", "0" * 63),
        ("KEY_SHA256", ",".join(digit * 64 for digit in "abc")),
        ("HF_TOKEN_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:hub/token"),
    ],
)
def test_a_bad_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({"TASK": "sentiment", name: value})


def test_children_are_given_no_secrets() -> None:
    environ = {"TASK": "sentiment", "PATH": "/bin", "AWS_SECRET_ACCESS_KEY": "canary", "HF_TOKEN": "canary"}
    assert Settings.from_env(environ).child_environment == {"PATH": "/bin"}


@pytest.mark.parametrize(
    ("url", "is_so"),
    [
        ("https://huggingface.co", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost/hub", True),
        ("http://[::1]:9", True),
        ("http://hub.example", False),
        ("http://127.0.0.1.example", False),
        ("http://10.0.0.1", False),
    ],
)
def test_a_token_goes_by_tls_or_stays_on_this_machine(url: str, is_so: bool) -> None:
    assert is_private(url) is is_so
