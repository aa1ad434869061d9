"""``make stream-probe``: whether an answer comes as it is written, or is held back until its end."""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playground import endpoints
from playground.access import KEY_VARIABLE, Access, NoCredentials
from playground.client import Client, Reply, Unreachable
from playground.refusal import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playground.endpoints import Endpoint

NAME, PATH = "chat", "v1/completions"
PROMPT = "Once upon a time"
TOKENS = 64
HELD_BACK = 0.1
"""An answer whose pieces all come in so small a part of its time was not sent piece by piece."""


class ProbeFailed(Exception):
    """Nothing could be measured; the message says why."""


@dataclass(frozen=True)
class Seen:
    """One streamed answer, as it came."""

    first_s: float
    """From sending to the first piece."""
    last_s: float
    pieces: int

    @property
    def is_streamed(self) -> bool:
        return self.last_s - self.first_s > HELD_BACK * self.last_s


def measure(client: Client, endpoint: Endpoint, tokens: int = TOKENS) -> Seen:
    """A warm call; raises :class:`ProbeFailed`. A first call has the model prepared and loaded."""
    _ask(client, endpoint, 1)
    return _ask(client, endpoint, tokens)


def _ask(client: Client, endpoint: Endpoint, tokens: int) -> Seen:
    asked: dict[str, Any] = {"prompt": PROMPT, "max_tokens": tokens, "temperature": 0, "stream": True}
    started_s = time.monotonic()
    try:
        reply = client.open(endpoint, asked, PATH)
    except (Unreachable, NoCredentials) as error:
        raise ProbeFailed(str(error)) from error
    if isinstance(reply, Reply):
        raise ProbeFailed(f"{endpoint.name}: {words(reply)}")
    pieces = sum(1 for _ in reply.documents())
    return Seen(reply.first_s, time.monotonic() - started_s, pieces)


def told(seen: Seen) -> str:
    """What it means, in two lines."""
    line = f"first piece after {seen.first_s:.2f} s, last after {seen.last_s:.2f} s, {seen.pieces} pieces"
    if seen.is_streamed:
        return f"{line}\nThe answer comes as it is written."
    return (
        f"{line}\nThe answer is held back until its end. It is right all the same. "
        'To send answers whole: make deploy CONTEXT="-c streaming=off"'
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and say it; returns 1 where nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.account.stream_probe", description=__doc__)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--port", type=int, default=8080, help="of `make serve` on this machine")
    where.add_argument("--deployed", metavar="OUTPUTS", help="an outputs file, or the name of a stack")
    chosen = parser.parse_args(arguments)
    client = Client(Access(os.environ.get(KEY_VARIABLE), os.environ.get("AWS_PROFILE")))
    try:
        found = _endpoints(chosen)
        seen = measure(client, next(each for each in found if each.name == NAME))
    except StopIteration:
        print(f"there is no function {NAME}, whose answers could be watched", file=sys.stderr)
        return 1
    except (ProbeFailed, endpoints.NoEndpoints, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(told(seen))
    return 0


def _endpoints(chosen: argparse.Namespace) -> list[Endpoint]:
    if chosen.deployed:
        return endpoints.deployed(chosen.deployed)
    return endpoints.local(f"http://127.0.0.1:{chosen.port}/")


if __name__ == "__main__":
    sys.exit(main())
