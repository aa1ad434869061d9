"""Pictures that claim far more pixels than their bytes: refused in a process with little memory."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.paths import ROOT
from tests.support.png import png

BOMB = """
import resource, sys, time
from PIL import JpegImagePlugin, PngImagePlugin, WebPImagePlugin
resource.setrlimit(resource.RLIMIT_AS, (400_000_000, 400_000_000))
from inference.errors import InvalidField
from inference.media.images import decode
data = sys.stdin.buffer.read()
started_s = time.monotonic()
try:
    decode(data)
except InvalidField as error:
    print(error.message)
print(time.monotonic() - started_s)
"""


@pytest.mark.parametrize("side", [30_000, 11_000], ids=["past Pillow's limit", "past ours"])
def test_a_bomb_is_refused_with_little_memory_and_at_once(side: int) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BOMB],
        cwd=ROOT,
        input=png(side, side),
        capture_output=True,
        check=True,
        timeout=60,
    )
    message, seconds = done.stdout.decode().splitlines()
    assert "pixels; the limit is 32,000,000" in message
    assert float(seconds) < 1
