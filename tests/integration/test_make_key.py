"""``make key``: a key that opens what its hash was given to."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from inference.errors import Unauthorized
from inference.http.api_keys import Keys
from inference.tasks import all_tasks
from stacks.options.stack import Options
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def make_key(folder: Path) -> tuple[str, str, str]:
    """The key, the hash, and all that was printed, by a process of its own as ``make key`` starts it."""
    command = [sys.executable, "-m", "local.commands.key"]
    environ = {"PYTHONPATH": str(ROOT), "HOME": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=True, timeout=60
    )
    found = re.match(r"key      (\S+)\nsha256   (\S+)\n", done.stdout)
    assert found
    return found[1], found[2], done.stdout


def test_the_key_opens_what_is_given_its_hash(tmp_path: Path) -> None:
    key, sha256, printed = make_key(tmp_path)
    other, _, _ = make_key(tmp_path)
    assert printed.count(key) == 1
    options = re.search(r"-c auth=key -c (key_sha256)=([0-9a-f]{64})", printed)
    assert options
    assert options[2] == sha256
    context = {"auth": "key", options[1]: options[2]}
    keys = Keys(Options.from_context(context, all_tasks()).key_sha256)
    keys.check({"authorization": f"Bearer {key}"})
    with pytest.raises(Unauthorized):
        keys.check({"authorization": f"Bearer {other}"})


def test_a_key_has_256_random_bits_and_shows_what_it_is(tmp_path: Path) -> None:
    key, _, _ = make_key(tmp_path)
    assert re.fullmatch(r"hublet_[A-Za-z0-9_-]{43}", key)


def test_nothing_is_stored(tmp_path: Path) -> None:
    make_key(tmp_path)
    assert list(tmp_path.iterdir()) == []
