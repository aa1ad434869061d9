"""What somebody gives a variable of make is one word for the shell, whatever stands in it."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from tests.support.paths import ROOT

HOSTILE = ["a'b", 'a"b', "`touch /tmp/never`", "a; touch /tmp/never", "a b", "a\\b", "a && b", "a|b", "*"]


def dry_run(*arguments: str) -> list[str]:
    """The words of the command that make would run."""
    done = subprocess.run(["make", "-n", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    (line,) = (
        each for each in done.stdout.replace("\\\n", " ").splitlines() if "-m local.commands.cache" in each
    )
    return shlex.split(line)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_one_word(value: str) -> None:
    words = dry_run(
        "cache", f"MODEL={value}", f"ARGS={value}", f"CACHE={value}", f"PORT={value}", "DEPLOYED="
    )
    for option in ("--model", "--args", "--cache", "--port"):
        assert words[words.index(option) + 1] == value
