"""``python -m local.hub``: run the Hub server; there is a flag for each fault."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from local.hub.faults import Faults
from local.hub.server import HubServer

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM."""
    options = vars(_parser().parse_args(arguments))
    roots, host, port = options.pop("root"), options.pop("host"), options.pop("port")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with HubServer(roots, Faults(**options), host=host, port=port) as hub:
        print(f"ready {hub.url}/", flush=True)
        stop.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.hub", description=__doc__)
    add = parser.add_argument
    add("--root", type=_folder, action="append", required=True, help="folder of owner/name; may be repeated")
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="default: any free one")
    add("--slow", type=int, default=0, dest="slow_bytes_per_s", metavar="BYTES_PER_S")
    cut = "close longer downloads after this many bytes"
    add("--cut", type=int, dest="cut_after_bytes", metavar="BYTES", help=cut)
    add("--corrupt", action="store_true", help="send wrong bytes of the right number")
    add("--hang", action="store_true", help="accept requests and never answer")
    add("--rate-limit", type=int, metavar="SECONDS", dest="retry_after_s", help="answer 429: wait this long")
    add("--broken", action="store_true", help="answer 500")
    add("--gated", action="append", default=[], metavar="OWNER/NAME", help="needs a --token; may be repeated")
    add("--token", action="append", default=[], dest="tokens", help="opens gated ones; may be repeated")
    add("--redirect", metavar="URL", help="redirect downloads to another server")
    add("--only", default="", metavar="TEXT", help="faults apply only to paths that contain this")
    add("--first", type=int, metavar="K", help="faults apply only to the first K requests")
    return parser


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"not a folder: {text}")
    return Path(text)


if __name__ == "__main__":
    main()
