"""``python -m inference.convert``: one snapshot in, one proven artifact out."""

from __future__ import annotations

import errno
import importlib
import json
import os
import shutil
import sys
import time
import traceback
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference import cache_errors, diffusers_index, lease
from inference.artifact import Manifest
from inference.child import emit, read_job
from inference.convert import (
    limits,
    native_errors,
    own_graph,
    pickle_weights,
    proof_pictures,
    proof_recordings,
    proof_texts,
)
from inference.convert.recipe import Drift, Form, Source
from inference.convert.tokenizer import write_tokenizer
from inference.engines.choose import TEXT_TO_IMAGE, Choice, choose, choose_pipeline, head_of
from inference.engines.onnx import HEADS
from inference.engines.unsupported import Unsupported
from inference.errors import ModelUnavailable
from inference.publish import publish, unpublished
from inference.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inference.convert.recipe import Recipe

# Engine -> module with a ``convert`` function; transformers serves the snapshot's files as they are.
RECIPES = {
    "ctranslate": "inference.convert.ctranslate",
    "genai": "inference.convert.genai",
    "onnx": "inference.convert.onnx",
}

# What a proof runs besides the task's examples, where that is not text.
BUILT_IN: dict[str, Callable[[], Sequence[Any]]] = {
    "automatic-speech-recognition": proof_recordings.read,
    "image-classification": proof_pictures.read,
}


@dataclass(frozen=True)
class Job:
    """What to convert, for what, and where to; paths are the cache's own."""

    snapshot: str
    artifacts: str
    model: str
    commit: str
    pipeline_tag: str
    examples: list[Any]
    precision: str
    threads: int
    memory_mb: int
    task: str
    lease: str
    lease_token: int


def main() -> int:
    """Run one job; whatever libraries print goes to standard error."""
    job = Job(**read_job())
    try:
        limits.bound_memory(job.memory_mb)
        with redirect_stdout(sys.stderr):
            convert(job)
        emit(done=job.commit)
    except Refused as refused:
        traceback.print_exc()
        _refuse(refused.kind, refused.message)
    except MemoryError:
        had = f"preparing {job.model} needs more than {job.memory_mb} MB of memory"
        _refuse("InternalError", f"{had}; raise {job.task}.memory")
    except OSError as error:
        traceback.print_exc()
        told = cache_errors.explain(error, job.model, Path(job.artifacts), job.memory_mb)
        _refuse(type(told).__name__, told.message, is_cache_fault=error.errno != errno.ENOMEM)
    return 0


def convert(job: Job) -> None:
    """Choose an engine, make its artifact, publish it; what fails falls back to transformers and says so."""
    started_s = time.monotonic()
    artifacts = Path(job.artifacts)
    with unpublished(artifacts) as snapshot:
        _copy(Path(job.snapshot), snapshot)
        pickle_weights.rewrite(snapshot)
        choice, config = _choose(job.pipeline_tag, snapshot)
        if choice.engine in RECIPES:
            with unpublished(artifacts) as folder:
                try:
                    form = _run_recipe(choice.engine, _source(job, snapshot, config), folder)
                except Unsupported as why:
                    choice = Choice("transformers", str(why))
                else:
                    _publish(job, folder, _manifest(job, choice, form, started_s))
                    return
        shutil.rmtree(snapshot / Path(own_graph.PATH).parent, ignore_errors=True)  # of no use to torch
        if job.pipeline_tag in HEADS:
            write_tokenizer(snapshot, snapshot)  # the same head answers there, on torch
        form = Form("fp32", "its weights are kept as they are", Drift({}, within_budget=True))
        _publish(job, snapshot, _manifest(job, choice, form, started_s))


def _choose(pipeline_tag: str, snapshot: Path) -> tuple[Choice, dict[str, Any]]:
    """The engine, and the model's config; a repository is one model, or a pipeline of several."""
    is_pipeline = (snapshot / diffusers_index.INDEX).exists()
    if is_pipeline != (pipeline_tag == TEXT_TO_IMAGE):
        kind = "a diffusers pipeline" if is_pipeline else "no diffusers pipeline"
        raise Refused("ModelUnavailable", f"the repository is {kind}, which cannot do {pipeline_tag}")
    if is_pipeline:
        return choose_pipeline(pipeline_tag, diffusers_index.PIPELINE), {}
    try:
        config = json.loads((snapshot / "config.json").read_text())
    except (FileNotFoundError, ValueError):
        config = None
    if not isinstance(config, dict):
        raise Refused("ModelUnavailable", "the repository has no config.json that can be read")
    return choose(pipeline_tag, config), config


def _run_recipe(engine: str, source: Source, folder: Path) -> Form:
    """Raises :class:`Unsupported` where torch may still serve the model; other errors end the job."""
    recipe: Recipe = importlib.import_module(RECIPES[engine]).convert
    try:
        return recipe(source, folder, _report)
    except ModelUnavailable as error:
        raise Refused("ModelUnavailable", error.message) from error
    except Unsupported as error:
        raise Unsupported(f"{engine} does not serve this model: {error}") from error
    except OSError:
        raise
    except Exception as error:
        traceback.print_exc()
        if fault := native_errors.file_fault(error, folder):  # no reason to serve the model by torch for good
            raise fault from error
        if limits.is_out_of_memory(error):  # torch, which would serve it otherwise, takes more still
            raise MemoryError from error
        why = f"the conversion for {engine} failed ({type(error).__name__}); see the log"
        raise Unsupported(why) from error


def _source(job: Job, snapshot: Path, config: dict[str, Any]) -> Source:
    built_in = BUILT_IN.get(job.pipeline_tag, proof_texts.read)
    inputs = (*job.examples, *built_in())
    return Source(snapshot, config, job.pipeline_tag, inputs, job.precision, job.threads)


def _manifest(job: Job, choice: Choice, form: Form, started_s: float) -> Manifest:
    return Manifest(
        model=job.model,
        commit=job.commit,
        head=head_of(job.pipeline_tag),
        engine=choice.engine,
        asked=job.precision,
        precision=form.precision,
        reason=f"{choice.reason}; {form.reason}",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - started_s, 2),
        files={},
        tools=form.tools,
        drift=form.drift.figures,
        rejected=list(form.rejected),
    )


def _copy(snapshot: Path, folder: Path) -> None:
    """Real files instead of the library's symlinks: hard links where the file system has them."""
    for path in snapshot.rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(snapshot)
            target.parent.mkdir(exist_ok=True)
            try:
                os.link(path.resolve(), target)
            except OSError:
                shutil.copyfile(path, target)


def _publish(job: Job, folder: Path, manifest: Manifest) -> None:
    """Unless we were frozen, and somebody else has taken over meanwhile."""
    if not lease.is_current(Path(job.lease), job.lease_token):
        raise Refused("Superseded", "another environment prepares this model now")
    publish(folder, manifest)


def _refuse(kind: str, message: str, *, is_cache_fault: bool = False) -> None:
    emit(error=kind, message=message, retry_after_s=None, is_cache_fault=is_cache_fault)


def _report(stage: str) -> None:
    emit(stage=stage)


if __name__ == "__main__":
    sys.exit(main())
