"""Damaged pictures and recordings are answered or refused by name; no 5xx, no growth, nothing written.

``HUBLET_MEDIA`` says how many files; ``make media`` sends 10,000.
"""

from __future__ import annotations

import io
import os
import sys
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from inference.engines.engine import Outcome
from inference.media import audio, images
from inference.serve import Service
from inference.settings import Settings
from inference.tasks import get_task
from tests.support import sounds
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext
from tests.support.events import url_event
from tests.support.fake_engine import FakeEngine
from tests.support.mutations import mutated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inference.media.decoder import Decoder
    from inference.task import Call

FILES = int(os.environ.get("HUBLET_MEDIA", "400")) // 2
SEED = int(os.environ.get("HUBLET_MEDIA_SEED", "1"))
MOST_GROWTH_BYTES = 60_000_000
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Reader(FakeEngine):
    """Decodes pictures as every engine does; recordings come to it decoded."""

    def run(self, call: Call) -> Outcome:
        for index, item in enumerate(call.inputs):
            if isinstance(item, bytes):
                images.decode(item, call.at(index))
            else:
                assert np.isfinite(item).all()
        return Outcome([[{"label": "read", "score": 1.0}] for _ in call.inputs])


def pictures() -> list[bytes]:
    pillow_heif.register_heif_opener()
    picture = Image.fromarray(np.random.default_rng(3).integers(0, 256, (48, 40, 3), dtype=np.uint8))
    found = []
    for form in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"):
        for options in ({}, {"save_all": True, "append_images": [picture]}):
            stream = io.BytesIO()
            picture.save(stream, form, **({} if form in ("JPEG", "BMP") else options))
            found.append(stream.getvalue())
    for compression in ("tiff_lzw", "jpeg", "packbits", "tiff_adobe_deflate"):
        stream = io.BytesIO()
        picture.save(stream, "TIFF", compression=compression)
        found.append(stream.getvalue())
    return found


CASES: dict[str, tuple[str, Decoder, Any]] = {
    "speech": (
        "audio/mpeg",
        audio.DECODER,
        lambda: [*(sounds.made(kind, seconds=0.3) for kind in sounds.KINDS), sounds.silent_film()],
    ),
    "image_classification": ("image/png", images.DECODER, pictures),
}
"""Task -> content type, the process that decodes, and good files."""


def resident_bytes(process: int | str) -> int:
    with open(f"/proc/{process}/statm") as stream:
        return int(stream.read().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.fixture
def written() -> Iterator[list[str]]:
    """Files that this process opened to write; those that decode for it may open none."""
    found: list[str] = []
    is_watching = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if is_watching and event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
            found.append(str(arguments[0]))

    sys.addaudithook(watch)  # cannot be taken away again
    yield found
    is_watching = False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.timeout(300 + FILES)
@pytest.mark.parametrize("name", CASES)
def test_damaged_files_are_answered_or_refused(name: str, tmp_path: Path, written: list[str]) -> None:
    kind, decoder, make = CASES[name]
    task = get_task(name)
    put_artifact(tmp_path, task.model, task.pipeline_tag)
    engine = Reader()
    settings = Settings.from_env({"TASK": name, "MODEL_CACHE": str(tmp_path)})
    service = Service(task, settings, engine.load)

    def send(data: bytes) -> tuple[int, str]:
        event = url_event(data, headers={"content-type": kind, "accept": "*/*"}, is_base64=True)
        reply = service(event, FakeContext())
        return int(reply["statusCode"]), str(reply["body"])

    good = make()
    assert {status for status, _ in map(send, good[:-1])} == {200}
    del written[:]
    seen: dict[int, int] = {}
    before: list[int] = []
    for number, data in enumerate(mutated(good, FILES, Random(SEED))):
        status, said = send(data)
        assert status in (200, 422), (number, status, said)
        if status == 422:
            assert '"error":"inputs: ' in said, said
            assert "/work" not in said
            assert "Traceback" not in said
        seen[status] = seen.get(status, 0) + 1
        if number == FILES // 4:
            before = [resident_bytes("self"), resident_bytes(decoder._running().pid)]
    after = [resident_bytes("self"), resident_bytes(decoder._running().pid)]
    decoder._end()
    print(f"{name}: {seen}; MB before and after: {[round(each / 1e6) for each in (*before, *after)]}")
    assert min(seen.get(200, 0), seen.get(422, 0)) > FILES // 20
    assert all(now - then < MOST_GROWTH_BYTES for then, now in zip(before, after, strict=True))
    assert [path for path in written if not path.startswith((str(tmp_path), "/dev/null"))] == []
