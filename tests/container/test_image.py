"""The image as it would be deployed: what is in it, and how functions behave in a sandbox like Lambda's."""

from __future__ import annotations

import base64
import io
import json
import math
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from inference.images import MAX_PIXELS
from tests.conftest import ROOT
from tests.container import bases
from tests.container.engine import docker, layers
from tests.container.function import TASKS, USER, run

if TYPE_CHECKING:
    from pathlib import Path

    from local.hub import HubServer
    from local.template import LocalFunction

MOST_BYTES = 1_500_000_000
MOST_CODE_BYTES = 1_000_000
"""Of the last layer, compressed, as it is pushed."""
LITTLE_MB = 128
"""Enough for a small picture and not for a large one; the least that Lambda gives."""

pytestmark = pytest.mark.timeout(1800)  # the first test waits for the build


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty model cache that the functions' user may write."""
    folder = tmp_path_factory.mktemp("cache")
    uid, gid = map(int, USER.split(":"))
    os.chown(folder, uid, gid)
    return folder


def inside(image: str, command: str) -> str:
    return docker("run", "--rm", "--network=none", "--entrypoint=sh", image, "-c", command).stdout


def test_the_image_is_small_and_holds_nothing_that_only_the_build_needs(image: str) -> None:
    size_bytes = json.loads(docker("image", "inspect", image).stdout)[0]["Size"]
    print(f"image: {size_bytes / 1e6:.0f} MB")
    assert size_bytes <= MOST_BYTES
    assert inside(image, "command -v gcc cc g++ ld as strip pip pip3 git curl || true") == ""
    left = inside(
        image,
        "cd /opt/hublet; find . -type d '(' -name test -o -name tests -o -name .cache ')';"
        "find . -name '*.safetensors' -o -name '*.gguf' -o -name 'pytorch_model*' -o -name '*.whl';"
        "find . -name '*.onnx' -size +100k; ls -d pip /wheels /root/.cache /build 2>/dev/null || true",
    )
    assert left == ""


def test_a_code_edit_makes_one_small_new_layer(
    image: str, base_images: tuple[str, str], tag: str, made: list[str], tmp_path: Path
) -> None:
    copy = tmp_path / "project"
    for name in ("inference", "docker"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".dockerignore", "models.lock.json"):
        shutil.copyfile(ROOT / name, copy / name)
    with (copy / "inference" / "handler.py").open("a") as stream:
        stream.write("\n# an edit\n")
    edited = bases.build(copy, base_images, f"hublet-test/image:{tag}-edited", made)
    before, after = layers(image), layers(edited)
    assert before[:-1] == after[:-1]
    assert before[-1] != after[-1]
    pushed = inside(edited, "tar -C /opt/hublet -cz inference | wc -c")
    print(f"code layer: {int(pushed) / 1e6:.2f} MB")
    assert int(pushed) <= MOST_CODE_BYTES


@pytest.mark.parametrize("name", TASKS)
class TestFunction:
    def test_it_prepares_answers_and_refuses(
        self,
        image: str,
        emulator: Path,
        functions: dict[str, LocalFunction],
        hub: HubServer,
        volume: Path,
        events: dict[str, Any],
        name: str,
    ) -> None:
        function = functions[name]
        arguments = {"network": "host", "HF_ENDPOINT": hub.url}
        with run(image, function, emulator, volume, **arguments) as container:  # type: ignore[arg-type]
            answer = container.invoke(events[function.task.function_name])
            _is_right(name, answer)
            assert container.invoke(events[function.task.function_name]) == answer
            error = container.invoke({"inputs": {"a": 1}})
            assert error["errorType"] == "InvalidField"
            assert container.changed_paths() == []
            # The memory that the stack gives it carries a download, a conversion and answers.
            print(f"{name}: {container.peak_mb} of {function.memory_mb} MB at the most")
            assert 0 < container.peak_mb <= function.memory_mb
            assert container.killed == 0

    def test_once_cached_it_needs_no_network(
        self,
        image: str,
        emulator: Path,
        functions: dict[str, LocalFunction],
        volume: Path,
        events: dict[str, Any],
        name: str,
    ) -> None:
        function = functions[name]
        with run(image, function, emulator, volume, network="none") as container:
            _is_right(name, container.invoke(events[function.task.function_name]))
            assert container.changed_paths() == []
            assert "preparing" not in container.log


def _is_right(name: str, answer: Any) -> None:
    """Trained demo models give true answers; the untrained one just gives words."""
    if name == "sentiment":
        assert answer[0][0]["label"] == "POSITIVE", answer
    elif name == "image-classification":
        assert answer[0]["label"] == "3", answer
    else:
        assert answer[0]["summary_text"], answer


def _files(volume: Path) -> dict[str, int]:
    """What is on the cache, but for notes of when something was loaded."""
    found = (path for path in volume.rglob("*") if path.is_file() and not path.name.startswith("loaded-"))
    return {path.relative_to(volume).as_posix(): path.stat().st_size for path in found}


def _large_picture() -> dict[str, str]:
    """Few bytes that become many: as many pixels as a request may have."""
    side = math.isqrt(MAX_PIXELS)
    file = io.BytesIO()
    Image.new("L", (side, side)).save(file, "PNG")
    return {"inputs": base64.b64encode(file.getvalue()).decode()}


def test_a_call_that_takes_all_memory_ends_its_environment_and_the_next_one_answers(
    image: str,
    emulator: Path,
    functions: dict[str, LocalFunction],
    hub: HubServer,
    volume: Path,
    events: dict[str, Any],
) -> None:
    function, event = functions["image-classification"], events["image-classification"]
    with run(image, function, emulator, volume, network="host", HF_ENDPOINT=hub.url) as container:
        answer = container.invoke(event)
        assert "errorType" not in container.invoke(_large_picture())  # its own memory is enough
        assert container.killed == 0
    cached = _files(volume)
    with run(image, function, emulator, volume, memory_mb=LITTLE_MB) as container:
        assert container.invoke(event) == answer
        error = container.invoke(_large_picture())
        print(f"out of memory: {error}")
        assert error["errorType"] == "Runtime.ExitError"
        assert "killed" in error["errorMessage"]
        assert container.killed > 0
        assert container.invoke(event) == answer
        assert container.changed_paths() == []
    assert _files(volume) == cached


def test_too_little_memory_to_prepare_is_an_error_that_says_so(
    image: str, emulator: Path, functions: dict[str, LocalFunction], hub: HubServer, tmp_path: Path
) -> None:
    uid, gid = map(int, USER.split(":"))
    os.chown(tmp_path, uid, gid)
    with run(
        image, functions["sentiment"], emulator, tmp_path, network="host", memory_mb=256, HF_ENDPOINT=hub.url
    ) as container:
        for _ in range(2):
            error = container.invoke({"inputs": "I love it."})
            assert error["errorType"] == "InternalError", error
            assert "memory" in error["errorMessage"]
    assert not list(tmp_path.glob("artifacts/*/*/*/manifest.json"))
