"""``make lock``: ask the Hub for the models' commits, show changes, write ``models.lock.json``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.cache.files import replace_text
from inference.cache.hashes import hashes
from inference.hub import lock as model_lock
from inference.hub.file_selection import choose_files
from inference.jobs.refused import Refused
from inference.settings import DEFAULT_HUB
from inference.tasks import all_tasks
from local.commands.run import aligned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoSibling

    from inference.task import Model

INFO_TIMEOUT_S = 10.0
PARALLEL_REQUESTS = 8
"""Parallel requests to the Hub."""
SHOWN_DIGITS = 12
"""Digits of a commit that are shown."""


def main(words: list[str] | None = None) -> int:
    """Update every entry that the Hub answers for, and keep the others; returns 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m local.commands.lock", description=__doc__)
    parser.add_argument("--hub", default=DEFAULT_HUB, help="a Hub's URL")
    parser.add_argument("--file", type=Path, default=model_lock.PATH, help="the lock")
    chosen = parser.parse_args(words)
    hub_url = chosen.hub.rstrip("/")
    before = model_lock.read(chosen.file)
    old = before["models"] if before["hub"] == hub_url else {}
    new, problems = refresh(hub_url, old)
    write(chosen.file, {"hub": hub_url, "models": new})
    print(format_changes(old, new))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def refresh(hub_url: str, old: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Entries of all models that functions may use, ``None`` if unknown; and error messages."""
    from huggingface_hub import HfApi

    api = HfApi(endpoint=hub_url)
    models = {model.id: model for task in all_tasks() for model in (task.model, *task.alternatives)}
    new: dict[str, Any] = {name: old.get(name) for name in sorted(models)}
    problems: list[str] = []
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as threads:
        asked = {name: threads.submit(make_entry, api, models[name], new[name]) for name in new}
        for name, answer in asked.items():
            try:
                new[name] = answer.result()
            except Refused as why:
                problems.append(f"{name}: {why}")
            except Exception as error:  # whatever the library makes of a Hub that does not answer
                problems.append(f"{name}: the Hub did not tell ({type(error).__name__})")
    return new, problems


def make_entry(api: HfApi, model: Model, old: Mapping[str, Any] | None) -> dict[str, Any]:
    """The commit and the SHA-256 of every file that may be downloaded."""
    info = api.model_info(model.id, revision=model.revision, files_metadata=True, timeout=INFO_TIMEOUT_S)
    if old and old["files"] and old["commit"] == info.sha:
        return dict(old)
    files = choose_files(info.siblings or [], model.pickle_weights, own_graph=True)
    with tempfile.TemporaryDirectory() as folder:
        found = {file.rfilename: _sha256(api, model.id, str(info.sha), file, folder) for file in files}
    return {"commit": info.sha, "files": dict(sorted(found.items()))}


def _sha256(api: HfApi, model_id: str, commit: str, file: RepoSibling, folder: str) -> str:
    """The file's SHA-256. The Hub lists it for LFS files only, so other files are downloaded."""
    if file.lfs:
        return str(file.lfs.sha256)
    path = api.hf_hub_download(model_id, file.rfilename, revision=commit, cache_dir=folder)
    return hashes(Path(path))[0]


def format_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """A line for each model: old and new commit, and the number of changed files."""
    lines: list[tuple[str, ...]] = [("model", "was", "is", "files that differ")]
    for name, after in new.items():
        before = old.get(name)
        lines.append((name, _commit(before), _commit(after), str(_count_changed(before, after))))
    return aligned(lines)


def _commit(known: Mapping[str, Any] | None) -> str:
    return known["commit"][:SHOWN_DIGITS] if known else "unknown"


def _count_changed(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> int:
    left, right = (set(each["files"].items()) if each else set() for each in (before, after))
    return len({name for name, _ in left ^ right})


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write the lock atomically; the same content gives the same bytes."""
    replace_text(path, json.dumps(document, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    sys.exit(main())
