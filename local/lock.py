"""``make lock``: ask the Hub where its models stand, show what changed, and write ``models.lock.json``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference import model_lock
from inference.cache_files import replace_text
from inference.hashes import hashes
from inference.refusals import Refused
from inference.settings import DEFAULT_HUB
from inference.tasks import all_tasks
from inference.wanted_files import choose_files
from local.run import aligned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoSibling

    from inference.task import Model

INFO_TIMEOUT_S = 10.0
AT_ONCE = 8
"""Models that the Hub is asked for at the same time."""
SHORT = 12
"""Digits of a commit that people are shown."""


def main(words: list[str] | None = None) -> int:
    """Refresh every entry that the Hub answers for; the others stay as they are."""
    parser = argparse.ArgumentParser(prog="python -m local.lock", description=__doc__)
    parser.add_argument("--hub", default=DEFAULT_HUB, help="a Hub's URL")
    parser.add_argument("--file", type=Path, default=model_lock.PATH, help="the lock")
    chosen = parser.parse_args(words)
    hub_url = chosen.hub.rstrip("/")
    before = model_lock.read(chosen.file)
    old = before["models"] if before["hub"] == hub_url else {}
    new, troubles = refreshed(hub_url, old)
    write(chosen.file, {"hub": hub_url, "models": new})
    print(difference(old, new))
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    return 1 if troubles else 0


def refreshed(hub_url: str, old: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Entries for all models that a function may serve, ``None`` where nothing is known; and what failed."""
    from huggingface_hub import HfApi

    api = HfApi(endpoint=hub_url)
    models = {model.id: model for task in all_tasks() for model in (task.model, *task.alternatives)}
    new: dict[str, Any] = {name: old.get(name) for name in sorted(models)}
    troubles: list[str] = []
    with ThreadPoolExecutor(AT_ONCE) as threads:
        asked = {name: threads.submit(entry, api, models[name], new[name]) for name in new}
        for name, answer in asked.items():
            try:
                new[name] = answer.result()
            except Refused as why:
                troubles.append(f"{name}: {why}")
            except Exception as error:  # whatever the library makes of a Hub that does not answer
                troubles.append(f"{name}: the Hub did not tell ({type(error).__name__})")
    return new, troubles


def entry(api: HfApi, model: Model, old: Mapping[str, Any] | None) -> dict[str, Any]:
    """Commit and SHA-256 of the files that may be downloaded; large ones as the Hub lists them."""
    info = api.model_info(model.id, revision=model.revision, files_metadata=True, timeout=INFO_TIMEOUT_S)
    if old and old["files"] and old["commit"] == info.sha:
        return dict(old)
    files = choose_files(info.siblings or [], model.pickle_weights, own_graph=True)
    with tempfile.TemporaryDirectory() as folder:
        found = {file.rfilename: _sha256(api, model.id, str(info.sha), file, folder) for file in files}
    return {"commit": info.sha, "files": dict(sorted(found.items()))}


def _sha256(api: HfApi, model_id: str, commit: str, file: RepoSibling, folder: str) -> str:
    """The Hub lists a git blob id for small files, so those are fetched."""
    if file.lfs:
        return str(file.lfs.sha256)
    path = api.hf_hub_download(model_id, file.rfilename, revision=commit, cache_dir=folder)
    return hashes(Path(path))[0]


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """A line for each model: what its commit was and is, and how many of its files changed."""
    lines: list[tuple[str, ...]] = [("model", "was", "is", "files that differ")]
    for name, after in new.items():
        before = old.get(name)
        lines.append((name, _commit(before), _commit(after), str(_differing(before, after))))
    return aligned(lines)


def _commit(known: Mapping[str, Any] | None) -> str:
    return known["commit"][:SHORT] if known else "unknown"


def _differing(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> int:
    left, right = (set(each["files"].items()) if each else set() for each in (before, after))
    return len({name for name, _ in left ^ right})


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Whole or not at all, and the same bytes for the same content."""
    replace_text(path, json.dumps(document, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    sys.exit(main())
