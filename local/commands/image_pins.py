"""What the images take from outside of PyPI, pinned in ``docker/Dockerfile``: the base image and torch.

The base image gets the digest that its registry has for its tag; torch the hashes that PyTorch's own index
lists. Where one of them cannot be asked, its line stays as it is, and a sentence says so.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING

from inference.cache.files import replace_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TIMEOUT_S = 20.0
BASE = re.compile(r"(?m)^ARG BASE_IMAGE=(?P<image>[^@\s]+)(@(?P<digest>sha256:[0-9a-f]{64}))?$")
HASHES = re.compile(r'(?m)^ARG TORCH_HASHES="(?P<hashes>[0-9a-f ]*)"$')
INDEX = re.compile(r"(?m)^ARG TORCH_INDEX=(?P<index>\S+)$")
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
)
"""One manifest for all processors; its digest holds for each of them."""
ASKED = re.compile(r'(\w+)="([^"]*)"')


class NotTold(Exception):
    """A registry or an index did not say; the message says why."""


def update(dockerfile: Path, torch_version: str, scheme: str = "https") -> list[str]:
    """Pin what can be pinned; returns what could not be, a sentence each."""
    text, problems = dockerfile.read_text(encoding="utf-8"), []
    base, index = BASE.search(text), INDEX.search(text)
    assert base, "no ARG BASE_IMAGE"
    assert index, "no ARG TORCH_INDEX"

    def pin(name: str, pattern: re.Pattern[str], make: Callable[[], str]) -> None:
        nonlocal text
        try:
            line = make()
        except NotTold as why:
            problems.append(f"{name} stays as it was: {why}")
            return
        text = pattern.sub(lambda _: line, text)

    image = base["image"]
    pin("the base image", BASE, lambda: f"ARG BASE_IMAGE={image}@{digest_of(image, scheme)}")
    pin(
        "torch",
        HASHES,
        lambda: f'ARG TORCH_HASHES="{" ".join(torch_hashes(index["index"], torch_version))}"',
    )
    replace_text(dockerfile, text)
    return problems


def digest_of(image: str, scheme: str = "https") -> str:
    """``sha256:...`` of what a registry has for ``host/name:tag``, by the bytes that it sends.

    The protocol is the OCI Distribution Specification 1.1, with a token of the registry's own service.
    """
    host, _, rest = image.partition("/")
    name, _, tag = rest.rpartition(":")
    url = f"{scheme}://{host}/v2/{name}/manifests/{tag}"
    headers = {"accept": MANIFESTS}
    try:
        body = _get(url, headers)
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise NotTold(f"{host} answered {error.code}") from None
        token = _token(error.headers.get("www-authenticate", ""), scheme, host)
        body = _get_or_say(url, {**headers, "authorization": f"Bearer {token}"}, host)
    except OSError as error:
        raise NotTold(f"{host} cannot be reached ({type(error).__name__})") from None
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def torch_hashes(index: str, version: str) -> list[str]:
    """SHA-256 of every Linux build without CUDA, from a page of the Simple Repository API (PEP 503)."""
    host = urllib.parse.urlsplit(index).netloc
    page = _get_or_say(f"{index.rstrip('/')}/torch/", {}, host).decode("utf-8", "replace")
    files = re.findall(r'href="([^"#]+)#sha256=([0-9a-f]{64})"', page)
    wanted = re.compile(rf"torch-{re.escape(version)}\+cpu-[^/]*linux[^/]*\.whl$")
    found = sorted({sha for path, sha in files if wanted.search(urllib.parse.unquote(path))})
    if not found:
        raise NotTold(f"{host} lists no hash for {version}+cpu")
    return found


def _token(challenge: str, scheme: str, host: str) -> str:
    """Of anybody, for reading; the registry's answer says where."""
    asked = dict(ASKED.findall(challenge))
    realm = asked.pop("realm", "")
    if urllib.parse.urlsplit(realm).scheme != scheme:
        raise NotTold(f"{host} names no address for a token")
    document = _get_or_say(f"{realm}?{urllib.parse.urlencode(asked)}", {}, host)
    try:
        return str(json.loads(document)["token"])
    except (ValueError, KeyError, TypeError):
        raise NotTold(f"{host} gave no token") from None


def _get_or_say(url: str, headers: Mapping[str, str], host: str) -> bytes:
    try:
        return _get(url, headers)
    except urllib.error.HTTPError as error:
        raise NotTold(f"{host} answered {error.code}") from None
    except OSError as error:
        raise NotTold(f"{host} cannot be reached ({type(error).__name__})") from None


def _get(url: str, headers: Mapping[str, str]) -> bytes:
    with urllib.request.urlopen(
        urllib.request.Request(url, headers=dict(headers)), timeout=TIMEOUT_S
    ) as reply:
        return bytes(reply.read())


def say(problems: list[str]) -> None:
    """On standard error, a line each."""
    for problem in problems:
        print(problem, file=sys.stderr)
