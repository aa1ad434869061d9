"""One environment as a process: gets a model, loads it, answers once.

``python -m tests.support.cluster.worker JSON``.

Progress is a JSON line each; the last line is ``{"answer": ...}`` or ``{"error": ..., "message": ...}``.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.deadline import Deadline
from inference.errors import HubletError
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import ArtifactSpec
from inference.task import Call, Model

if TYPE_CHECKING:
    from inference.cache.artifact import Artifact

ANY = "any-tag"
"""A spec that no fast engine serves: its artifact is the snapshot as it came, made without torch."""


def main() -> int:
    job: dict[str, Any] = json.loads(sys.argv[1])
    if uid := job.get("uid"):
        os.setuid(uid)
    started_s = time.monotonic()
    try:
        last = {"answer": answer(job)}
    except FileNotFoundError:
        last = {"error": "Gone"}
    except HubletError as error:
        kind = type(error).__name__
        last = {"error": kind, "message": error.message, "retry_after_s": error.retry_after_s}
    say(**last, seconds=time.monotonic() - started_s)
    return 0


def answer(job: dict[str, Any]) -> Any:
    tag = job.get("tag", ANY)
    provider = DirectProvider(
        Path(job["cache"]),
        job["hub_url"],
        job.get("child_environment", {}),
        ArtifactSpec(
            tag,
            tuple(job.get("examples", ())),
            job.get("precision", "auto"),
            threads=1,
            memory_mb=job.get("memory_mb", 4096),
        ),
        stale_s=job.get("stale_s", 15.0),
    )
    model = Model(job["model"], job.get("revision", "main"))
    found = provider.store.find(model)
    if found is None:
        found = provider.fetch(model, Deadline.after(job.get("within_s", 60.0)), lambda line: say(**line))
    provider.store.mark_loaded(found)
    say(stage="loading")
    return read(found) if tag == ANY else run(found, tag, job["text"], job.get("calls", 1))


def read(artifact: Artifact) -> str:
    """The hash of all that is in it, read as an engine would."""
    total = hashlib.sha256()
    for name in sorted(artifact.manifest.files):
        total.update((artifact.folder / name).read_bytes())
    return total.hexdigest()


def run(artifact: Artifact, tag: str, text: str, calls: int) -> Any:
    """The answer to a text, which is the same however often it is asked; the calls are counted."""
    from inference.engines.load import load

    engine = load(artifact, tag, 1)
    answers = [engine.run(Call([text], {}, is_list=False)).results for _ in range(calls)]
    assert all(answer == answers[0] for answer in answers)
    say(stage="answered", calls=len(answers))
    return answers[0]


def say(**line: Any) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit(main())
