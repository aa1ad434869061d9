"""``python -m playground``: the page over functions on this machine, or over deployed ones."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from inference.settings import SettingsError, check_hub_url
from local.cloud.loopback_server import OWN_NAMES
from local.demo.catalog import EMBEDDED
from local.hub_choice import AUTO
from playground import endpoints
from playground.access import KEY_VARIABLE, Access
from playground.client import Client
from playground.endpoints import NoEndpoints
from playground.local_cloud import LocalCloud, OtherPrecision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gradio import Blocks

    from playground.endpoints import Endpoint

# Gradio reads these when it is imported. Nothing of what happens here is told to anybody.
QUIET = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the page until it is stopped."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.hub not in (None, AUTO, EMBEDDED):
            check_hub_url(chosen.hub, "HUB")
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with _scratch(), _functions(chosen) as functions:
            return _serve(functions, chosen, stopped)
    except NoEndpoints as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


@contextlib.contextmanager
def _scratch() -> Iterator[None]:
    """Files of examples and uploads, Gradio's own copies included, live as long as the page."""
    with tempfile.TemporaryDirectory(prefix="hublet-playground-") as folder:
        os.environ.update(QUIET, GRADIO_TEMP_DIR=folder)
        tempfile.tempdir = folder
        yield


def _serve(functions: Functions, chosen: argparse.Namespace, stopped: threading.Event) -> int:
    from playground.description import Catalogue
    from playground.page import build

    client = Client(Access(os.environ.get(KEY_VARIABLE) or None, os.environ.get("AWS_PROFILE")))
    with _other_precision(chosen, client) as other:
        page = build(Catalogue(functions.wait(), client), functions.where, other)
        try:
            url = _launch(page, chosen.port)
        except OSError:
            print(f"error: port {chosen.port} is in use; choose another port", file=sys.stderr)
            return 1
        print(f"ready {url}", flush=True)
        stopped.wait()
        page.close(verbose=False)
        return 0


def _launch(page: Blocks, port: int) -> str:
    """Serve on this machine only; neither a tunnel nor another server beside it, and nothing recorded."""
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from playground.theme import CSS, HEAD, theme

    # A page of the web can have its own name lead to this machine; its browser sends that name along.
    guard = Middleware(TrustedHostMiddleware, allowed_hosts=list(OWN_NAMES), www_redirect=False)

    url: str
    _, url, _ = page.launch(
        server_name="127.0.0.1",
        server_port=port,
        theme=theme(),
        css_paths=CSS,
        head_paths=HEAD,
        app_kwargs={"middleware": [guard]},
        footer_links=[],
        share=False,
        ssr_mode=False,
        mcp_server=False,
        run_history=False,
        quiet=True,
        prevent_thread_lock=True,
    )
    return url


class Functions(Protocol):
    """Functions that are there, or will be in a moment."""

    @property
    def where(self) -> str:
        """Whose they are, in words."""

    def wait(self) -> list[Endpoint]:
        """All of them, once they answer."""


@dataclass
class Deployed:
    """The functions of a stack."""

    name: str

    @property
    def where(self) -> str:
        return f"Functions deployed to AWS ({self.name})"

    def wait(self) -> list[Endpoint]:
        return endpoints.deployed(self.name)


@contextlib.contextmanager
def _functions(chosen: argparse.Namespace) -> Iterator[Functions]:
    """The local cloud starts while the page's libraries are imported."""
    if chosen.endpoints:
        yield Deployed(chosen.endpoints)
        return
    cloud = LocalCloud(_options(chosen))
    try:
        yield cloud
    finally:
        cloud.stop()


@contextlib.contextmanager
def _other_precision(chosen: argparse.Namespace, client: Client) -> Iterator[OtherPrecision | None]:
    """Functions of this machine have one beside them; deployed ones have what they were deployed with."""
    if chosen.endpoints:
        yield None
        return
    other = OtherPrecision(_options(chosen), client)
    try:
        yield other
    finally:
        other.stop()


def _options(chosen: argparse.Namespace) -> dict[str, str | None]:
    return {name: getattr(chosen, name) for name in ("hub", "tasks", "cache", "template")}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m playground", description=__doc__)
    parser.add_argument("--port", type=int, default=7860, help="of the page, on this machine only")
    parser.add_argument("--endpoints", help="deployed functions: an outputs file, or the name of a stack")
    parser.add_argument("--hub", help="embedded (demo models), a Hub's URL, or auto")
    parser.add_argument("--tasks", help="only these, with commas between")
    parser.add_argument("--cache", help="the model cache folder")
    parser.add_argument("--template", help="the synthesized template")
    return parser


if __name__ == "__main__":
    sys.exit(main())
