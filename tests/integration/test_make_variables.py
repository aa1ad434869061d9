"""What somebody gives a variable of make is words for a command, and never a command of its own."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

MAKEFILE = (ROOT / "Makefile").read_text()
OURS = {"1", "CURDIR", "MAKEFILE_LIST", "PATH", "newline", *re.findall(r"(?m)^([A-Z]+) :?=", MAKEFILE)}
"""Variables that recipes take as they are; nobody gives them on a command line."""
GIVEN = set(re.findall(r"call quote,(\w+)", MAKEFILE)) | set(re.findall(r"\$\(value ([A-Z_]+)\)", MAKEFILE))
TARGETS = re.findall(r"^([a-z][a-z-]+):.* ## ", MAKEFILE, re.MULTILINE)
ASSIGNED = re.compile(r"^[A-Z_]+=")
"""A variable of the environment for one command."""
HOSTILE = [
    *("a'b", 'a"b', "`touch {}`", "a; touch {}", "a b", "a\\b", "a && b", "a|b", "*", "$HOME", "a\\"),
    *("$(shell touch {})", "$(TASK)", "a\n'; touch {}; '"),
]


@cache
def dry_run(value: str) -> list[str]:
    """The words of all that make would run, to install things too, if every variable had this value."""
    command = ["make", "--dry-run", "--always-make", *(f"{name}={value}" for name in sorted(GIVEN))]
    done = subprocess.run([*command, *TARGETS], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    reader = shlex.shlex(done.stdout, posix=True, punctuation_chars=";")
    reader.whitespace_split, reader.commenters = True, ""
    return list(reader)


def test_every_variable_is_quoted_and_stays_with_make() -> None:
    assert {"CONTEXT", "CDK_FLAGS", "PYTEST", "ROUNDS", "CHAOS_SEED", "TORCH_INDEX", "PYTHON"} <= GIVEN
    assert set(re.findall(r"\$[({](\w+)[)}]", MAKEFILE)) <= OURS
    kept = " ".join(re.findall(r"^unexport (.*)$", MAKEFILE, re.MULTILINE)).split()
    assert set(kept) == GIVEN
    assert set(re.findall(r"^([A-Z_]+) \?=", MAKEFILE, re.MULTILINE)) <= GIVEN


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_one_word_and_nothing_is_run(value: str, tmp_path: Path) -> None:
    never = tmp_path / "never"
    value = value.format(never)
    words = dry_run(value)
    one_line = value.replace("\n", " ")
    assert words.count(one_line) > len(GIVEN)
    others = [word for word in words if str(never) in word and ASSIGNED.sub("", word) != one_line]
    assert not others
    assert not never.exists()


@pytest.mark.parametrize("value", HOSTILE)
def test_what_runs_gets_the_value(value: str, tmp_path: Path) -> None:
    never = tmp_path / "never"
    value = value.format(never)
    done = subprocess.run(
        ["make", "invoke", f"TASK={value}"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode != 0
    read = value.replace("\n", " ").replace("-", "_")  # a function's name for its task's
    assert f"unknown task {read!r}" in done.stderr, done.stderr
    assert not never.exists()


@pytest.mark.parametrize(
    ("several", "words"),
    [
        ("-c tasks=chat -c name=Two", ["-c", "tasks=chat", "-c", "name=Two"]),
        ("-k 'one or two'", ["-k", "one or two"]),
        ("", []),
        ("a; touch never", ["a;", "touch", "never"]),
        ("`touch never` $(touch never) $HOME *", ["`touch", "never`", "$(touch", "never)", "$HOME", "*"]),
    ],
)
def test_several_words_come_at_the_end(several: str, words: list[str], tmp_path: Path) -> None:
    done = with_words(several, "--", sys.executable, "-c", "import sys; print(sys.argv[1:])", "first")
    assert done.stdout.strip() == str(["first", *words])
    assert not (ROOT / "never").exists()


def test_words_that_no_shell_could_split_are_named() -> None:
    done = with_words("-k 'one", "--", "true")
    assert done.returncode == 1
    assert done.stderr == "make: -k 'one: No closing quotation\n"


def test_a_command_that_is_missing_is_named() -> None:
    assert with_words("", "--", "no-such-command").stderr.startswith("make: no-such-command: No such file")


def with_words(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.commands.with_words", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
