"""``HUB=auto``: ask the Hub once; offer its models with their size, or take the demo models."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from local.demo.catalog import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from inference.task import Model

AUTO = "auto"
REAL_HUB = "https://huggingface.co"
ASKED_S = 2.0
"""How long the Hub may take to say that it is there."""
SIZE_S = 10.0
"""How long it may take to tell one model's size."""
AT_ONCE = 8


def choose(hub: str, models: Iterable[Model], ask: Callable[[str], str] | None = None) -> str:
    """The Hub that ``hub`` stands for: itself, unless it is ``auto``.

    ``ask`` puts a question to a person and returns the answer; ``None`` where nobody is there to ask.
    Nothing is downloaded here, and nothing is chosen that has to be, unless the person says so.
    """
    if hub != AUTO:
        return hub
    address = os.environ.get("HF_ENDPOINT") or REAL_HUB
    if not is_there(address):
        _say("The Hub does not answer. Demo models stand in; each card says what its model is.")
        return EMBEDDED
    if ask is None:
        _say(f"The Hub answers. Demo models stand in; HUB={address} downloads the real ones.")
        return EMBEDDED
    size = words_of(sizes(address, models))
    answer = ask(
        f"The Hub answers. Use the real models? They are {size} to download, when first called. [y/N] "
    )
    return address if answer.strip().lower() in ("y", "yes") else EMBEDDED


def is_there(address: str, timeout_s: float = ASKED_S) -> bool:
    """Whether a Hub answers at the address, whatever it says."""
    request = urllib.request.Request(f"{address}/api/models?limit=1", method="GET")
    try:
        with urllib.request.urlopen(request, timeout=timeout_s):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500 and error.code != 407
    except (OSError, ValueError):
        return False


def sizes(address: str, models: Iterable[Model]) -> list[int | None]:
    """Bytes that a download of each model takes, ``None`` where the Hub does not say; each model once."""
    wanted = list(dict.fromkeys((model.id, model.revision, model.pickle_weights) for model in models))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda one: _size(address, *one), wanted))


def words_of(found: list[int | None]) -> str:
    """A size in words: "4.2 GB for 14 models", and how many models have no known size."""
    known = [size for size in found if size is not None]
    total = sum(known)
    size = f"{total / 1e9:.1f} GB" if total >= 1e9 else f"{total / 1e6:.0f} MB"
    unknown = len(found) - len(known)
    more = f", and {unknown} of unknown size" if unknown else ""
    return f"{size} for {len(known)} model{'' if len(known) == 1 else 's'}{more}"


def ask_person() -> Callable[[str], str] | None:
    """``input`` where a person sits at a terminal."""
    return input if sys.stdin.isatty() and sys.stderr.isatty() else None


def _size(address: str, model: str, revision: str, pickle_weights: bool) -> int | None:
    from huggingface_hub import HfApi

    from inference.hub.file_selection import choose_files

    try:
        api = HfApi(endpoint=address, token=False)
        info = api.model_info(model, revision=revision, files_metadata=True, timeout=SIZE_S)
        return sum(file.size or 0 for file in choose_files(info.siblings or [], pickle_weights))
    except Exception:  # a private, renamed or unreachable model has no size that could be told
        return None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
