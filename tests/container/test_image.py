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

from inference.media.pixels import MAX_PIXELS
from tests.support.container import bases
from tests.support.container.engine import compressed_bytes, docker, layers
from tests.support.container.function import EMULATOR, TASKS, USER, run
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from local.cloud.template import LocalFunction
    from local.hub.server import HubServer

MOST_BYTES = 1_300_000_000
MOST_SERVE_BYTES = 500_000_000
MOST_COMPRESSED = 0.45
"""Of the full image's bytes, as they are pushed, the serve image may have."""
MOST_CODE_BYTES = 1_250_000
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


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    """What the full image answered, by function."""
    return {}


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


def test_the_serve_image_is_smaller_and_has_nothing_that_prepares_models(serve_image: str) -> None:
    size_bytes = json.loads(docker("image", "inspect", serve_image).stdout)[0]["Size"]
    print(f"serve image: {size_bytes / 1e6:.0f} MB")
    assert size_bytes <= MOST_SERVE_BYTES
    for name in ("torch", "transformers", "diffusers", "onnx", "onnxscript", "huggingface_hub", "sympy"):
        said = inside(serve_image, f"python3 -c 'import {name}' 2>&1 || true")
        assert said.endswith(f"ModuleNotFoundError: No module named '{name}'\n"), said


def test_the_images_share_their_layers_and_one_is_much_smaller(image: str, serve_image: str) -> None:
    libraries = layers(serve_image)[:-1]
    assert layers(image)[: len(libraries)] == libraries
    pushed = compressed_bytes(image, serve_image)
    ratio = pushed[serve_image] / pushed[image]
    print(
        f"compressed: {pushed[serve_image] / 1e6:.0f} of {pushed[image] / 1e6:.0f} MB, which is {ratio:.2f}"
    )
    assert ratio <= MOST_COMPRESSED


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


@pytest.mark.sliced(2)
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
        answers: dict[str, Any],
        name: str,
    ) -> None:
        function = functions[name]
        arguments = {"network": "host", "HF_ENDPOINT": hub.url}
        with run(image, function, emulator, volume, **arguments) as container:  # type: ignore[arg-type]
            answer = container.invoke(events[name])
            _is_right(name, answer)
            assert container.invoke(events[name]) == answer
            answers[name] = answer
            error = container.invoke({"inputs": {"a": 1}})
            assert error["errorType"] == "InvalidField"
            assert container.changed_paths() == []
            # The memory that the stack gives it carries a download, a conversion and answers.
            print(f"{name}: {container.peak_mb} of {function.memory_mb} MB at the most")
            assert 0 < container.peak_mb <= function.memory_mb
            assert container.killed == 0

    def test_the_serve_image_answers_the_same_with_no_network_from_a_cache_that_it_cannot_write(
        self,
        serve_image: str,
        emulator: Path,
        functions: dict[str, LocalFunction],
        volume: Path,
        events: dict[str, Any],
        answers: dict[str, Any],
        name: str,
    ) -> None:
        function, before = functions[name], _files(volume)
        # With a bucket, as with a relay: a model that is missing would be asked for there.
        with run(serve_image, function, emulator, volume, may_write=False, BUCKET="models") as container:
            assert container.invoke(events[name]) == answers[name]
            assert container.changed_paths() == []
            assert container.killed == 0
            assert "preparing" not in container.log
            assert "Traceback" not in container.log
            # Whoever runs as its user can read the emulator's variables, and none of the function's.
            assert "AWS_LAMBDA_FUNCTION_TIMEOUT" in "".join(container.readable_variables(EMULATOR))
            assert set(container.readable_variables("python3 -m inference.runtime.loop")) == {""}
        assert _files(volume) == before


def _is_right(name: str, answer: Any) -> None:
    """Trained demo models give true answers; the untrained ones just give words and numbers."""
    if name == "sentiment":
        assert answer[0][0]["label"] == "POSITIVE", answer
    elif name == "image-classification":
        assert answer[0]["label"] == "3", answer
    elif name == "translation":
        assert answer == [{"translation_text": "24"}]
    else:
        assert "errorType" not in answer, answer


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
