"""What the images are built from: every wheel by its hash, and more where it can be asked."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from local.commands import image_pins
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REQUIREMENTS = ("docker/requirements.txt", "docker/requirements-serve.txt")
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
SECURITY = (ROOT / "docs" / "security.md").read_text()
MANIFEST = json.dumps({"schemaVersion": 2, "manifests": []}).encode()
SHA256 = "ab" * 32
PAGE = f"""<a href="/whl/cpu/torch-2.13.0%2Bcpu-cp313-cp313-manylinux_2_28_x86_64.whl#sha256={SHA256}">x</a>
<a href="/whl/cpu/torch-2.13.0%2Bcpu-cp313-cp313-win_amd64.whl#sha256={"cd" * 32}">windows</a>
<a href="/whl/cpu/torch-2.12.0%2Bcpu-cp313-cp313-manylinux_2_28_x86_64.whl#sha256={"ef" * 32}">older</a>"""


class Registry(BaseHTTPRequestHandler):
    """Answers as registries do that want a token of anybody, and as PyTorch's index."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        host = self.headers["host"]
        self.asked.append(self.path)
        if self.path.startswith("/token/?service=it&scope=repository"):
            self.send(200, b'{"token": "for anybody"}')
        elif self.path == "/v2/lambda/python/manifests/3.13":
            if self.headers["authorization"] == "Bearer for anybody":
                self.send(200, MANIFEST)
            else:
                scope = "repository:lambda/python:pull"
                self.send(401, b"", f'Bearer realm="http://{host}/token/",service="it",scope="{scope}"')
        elif self.path == "/whl/cpu/torch/":
            self.send(200, PAGE.encode())
        else:
            self.send(404, b"")

    def send(self, status: int, body: bytes, challenge: str = "") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.send_header("www-authenticate", challenge)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not on the screen."""


@pytest.fixture
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def dockerfile(folder: Path, host: str, image: str = "lambda/python:3.13") -> Path:
    path = folder / "Dockerfile"
    text = re.sub(r"(?m)^ARG BASE_IMAGE=.*$", f"ARG BASE_IMAGE={host}/{image}", DOCKERFILE)
    path.write_text(re.sub(r"(?m)^ARG TORCH_INDEX=.*$", f"ARG TORCH_INDEX=http://{host}/whl/cpu", text))
    return path


def test_what_can_be_asked_is_pinned(tmp_path: Path, host: str) -> None:
    path = dockerfile(tmp_path, host)
    before = path.read_text()
    assert image_pins.update(path, "2.13.0", "http") == []
    digest = hashlib.sha256(MANIFEST).hexdigest()
    lines = path.read_text().splitlines()
    assert f"ARG BASE_IMAGE={host}/lambda/python:3.13@sha256:{digest}" in lines
    assert f'ARG TORCH_HASHES="{SHA256}"' in lines
    assert len(set(before.splitlines()) - set(lines)) == 2  # and nothing else is touched
    again = path.read_bytes()
    assert image_pins.update(path, "2.13.0", "http") == []
    assert path.read_bytes() == again


def test_what_cannot_be_asked_stays_and_is_told(tmp_path: Path, host: str) -> None:
    path = dockerfile(tmp_path, host, "lambda/other:1")
    before = path.read_text()
    problems = image_pins.update(path, "9.9.9", "http")
    assert problems == [
        f"the base image stays as it was: {host} answered 404",
        f"torch stays as it was: {host} lists no hash for 9.9.9+cpu",
    ]
    assert path.read_text() == before


def test_nobody_there_is_told(tmp_path: Path) -> None:
    path = dockerfile(tmp_path, "127.0.0.1:9")
    first, second = image_pins.update(path, "2.13.0", "http")
    assert first.startswith("the base image stays as it was: 127.0.0.1:9 cannot be reached")
    assert second.startswith("torch stays as it was: 127.0.0.1:9 cannot be reached")


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_package_has_its_hashes(name: str) -> None:
    pins = re.split(r"\n(?=[a-z])", (ROOT / name).read_text().strip())
    assert len(pins) > 20
    for pin in pins:
        assert re.fullmatch(r"[\w.-]+==\S+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+", pin), pin


def test_the_build_takes_no_wheel_without_its_hash() -> None:
    installs = re.findall(r"pip install ((?:\\\n|[^&\n])+)", DOCKERFILE)
    assert len(installs) == 3
    assert ["--require-hashes" in each for each in installs] == [True, True, True]
    assert ["TORCH_HASHES" in each for each in installs] == [False, True, False]


@pytest.mark.parametrize("hashes", ["", f"{SHA256} {'cd' * 32}"])
def test_what_the_build_gives_to_pip(tmp_path: Path, hashes: str) -> None:
    """The Dockerfile's own lines, as a shell runs them."""
    for name in REQUIREMENTS:
        shutil.copy(ROOT / name, tmp_path)
    (script,) = re.findall(r'RUN (python3 -c "\\\nimport os, re;.*?others\.txt.*?")\n', DOCKERFILE, re.DOTALL)
    environ = {"PATH": os.path.dirname(sys.executable), "TORCH_HASHES": hashes}
    command = script.replace("/build/", f"{tmp_path}/").replace("\\\n", "")
    subprocess.run(["/bin/sh", "-c", command], env=environ, check=True)
    torch = (tmp_path / "torch.txt").read_text().split()
    assert re.fullmatch(r"torch==[\d.]+\+cpu", torch[0])
    assert torch[1:] == [f"--hash=sha256:{each}" for each in hashes.split()]
    full, serve, others = (
        re.findall(r"(?m)^[\w.-]+==\S+", path.read_text())
        for path in (*(ROOT / name for name in REQUIREMENTS), tmp_path / "others.txt")
    )
    assert sorted(full) == sorted([*serve, *others, torch[0].removesuffix("+cpu")])
    hashed = (tmp_path / "others.txt").read_text().count("--hash=")
    assert hashed >= len(others)


def test_a_wheel_that_was_exchanged_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "pinned-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("pinned.py", "")
        file.writestr("pinned-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: pinned\nVersion: 1.0\n")
        file.writestr("pinned-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr("pinned-1.0.dist-info/RECORD", "")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"pinned==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--require-hashes", "--no-compile"]
    command += ["--find-links", str(tmp_path), "--target", str(tmp_path / "to"), "-r", str(requirements)]
    assert subprocess.run(command, capture_output=True, timeout=100).returncode == 0
    with zipfile.ZipFile(wheel, "a") as file:
        file.writestr("more.py", "")
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr


def test_the_document_says_what_is_not_pinned() -> None:
    base, torch = image_pins.BASE.search(DOCKERFILE), image_pins.HASHES.search(DOCKERFILE)
    assert base
    assert torch
    assert ("its base image is named by tag" in SECURITY) == (base["digest"] is None)
    assert ("torch's wheel has no hash" in SECURITY) == (not torch["hashes"])
