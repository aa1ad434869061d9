"""``python -m inference.convert``: one snapshot in, one proven artifact out."""

from __future__ import annotations

import errno
import importlib
import json
import os
import shutil
import sys
import tempfile
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.cache import errors as cache_errors
from inference.cache import lease
from inference.cache.artifact import Artifact, Manifest
from inference.cache.publish import publish, unpublished
from inference.convert import limits, native_errors, pickle_weights, static_table, trial, weight_check
from inference.convert.onnx import own_graph
from inference.convert.proofs import built_in_inputs
from inference.convert.recipe import Drift, KeptVariant, Source
from inference.convert.tokenizer import write_tokenizer
from inference.engines.choose import choose, choose_pipeline, slowest
from inference.engines.engine import Unsupported
from inference.engines.onnx.heads import head_class
from inference.errors import HubletError, InternalError, ModelUnavailable
from inference.hub import diffusers_index
from inference.jobs import landlock
from inference.jobs.process import emit, read_job
from inference.jobs.refused import LeaseLost, Refused, to_line
from inference.jobs.requests import ConvertJob
from inference.jobs.walls import close_network
from inference.task_kinds import HEAD_TAGS, head_of, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.convert.recipe import Recipe
    from inference.engines.choose import EngineChoice

# Engine -> module with a ``convert`` function; engines of torch serve the snapshot's files as they are.
RECIPES = {
    "ctranslate": "inference.convert.ctranslate.recipe",
    "diffusion": "inference.convert.diffusion.recipe",
    "genai": "inference.convert.genai.recipe",
    "onnx": "inference.convert.onnx.recipe",
}


def main() -> int:
    """Run one job."""
    job = read_job(ConvertJob)
    if not close_network():
        print("this kernel has no wall between the conversion and the network", file=sys.stderr)
    try:
        limits.bound_memory(job.memory_mb)
        convert(job, close_folders=lambda: _close_folders(job))
        emit(done=job.commit)
    except (Refused, LeaseLost) as ended:
        traceback.print_exc()
        emit(**to_line(ended))
    except HubletError as error:
        traceback.print_exc()
        emit(**to_line(Refused(error)))
    except MemoryError:
        had = f"preparing {job.model} needs more than {job.memory_mb} MB of memory"
        emit(**to_line(Refused(InternalError(f"{had}; raise {job.memory_option}"))))
    except OSError as error:
        traceback.print_exc()
        told = cache_errors.explain(error, job.model, Path(job.artifacts), job.memory_mb)
        emit(**to_line(Refused(told, is_cache_fault=error.errno != errno.ENOMEM)))
    return 0


def _close_folders(job: ConvertJob) -> None:
    """From here on this process writes artifacts of this one commit, and reads no other model."""
    writable = (job.artifacts, tempfile.gettempdir())
    if not landlock.close_folders(writable=writable, readable=(job.lease,)):
        print("this kernel has no wall between the conversion and other folders", file=sys.stderr)


def convert(job: ConvertJob, close_folders: Callable[[], None] = lambda: None) -> None:
    """Choose an engine, make its artifact, publish it; what fails falls back to transformers and says so.

    ``close_folders`` is called once the model's files were taken over, and before the first of them is read.
    """
    started_s = time.monotonic()
    artifacts = Path(job.artifacts)
    with unpublished(artifacts) as snapshot:
        _copy(Path(job.snapshot), snapshot)
        close_folders()
        pickle_weights.rewrite(snapshot)
        static_table.rewrite(snapshot)
        weight_check.refuse_nan(snapshot)
        choice, config = _choose(job.pipeline_tag, snapshot)
        if choice.engine in RECIPES:
            with unpublished(artifacts) as folder:
                try:
                    kept = _run_recipe(choice.engine, _source(job, snapshot, config), folder)
                    manifest = _manifest(job, choice, kept, started_s)
                    _try_out(job, Artifact(folder, manifest))
                except Unsupported as why:
                    choice = slowest(job.pipeline_tag, str(why))
                else:
                    _publish(job, folder, manifest)
                    return
        shutil.rmtree(snapshot / Path(own_graph.PATH).parent, ignore_errors=True)  # of no use to torch
        if job.pipeline_tag in HEAD_TAGS and head_class(job.pipeline_tag).READS_TEXT:
            write_tokenizer(snapshot, snapshot)  # the same head answers there, on torch
        kept = KeptVariant("fp32", "its weights are kept as they are", Drift({}, within_budget=True))
        manifest = _manifest(job, choice, kept, started_s)
        try:
            _try_out(job, Artifact(snapshot, manifest))
        except Unsupported as why:
            raise Refused(ModelUnavailable(f"the model cannot be used: {why}")) from why
        _publish(job, snapshot, manifest)


def _try_out(job: ConvertJob, artifact: Artifact) -> None:
    """Nobody waits for a model that cannot answer: raises :class:`Unsupported` for one.

    Memory and the cache's own faults go on as they are.
    """
    if job.trial is None:
        return
    _report("trying it out")
    try:
        trial.answer_once(artifact, job.pipeline_tag, job.threads, job.examples[0], job.trial)
    except HubletError as error:
        raise Unsupported(error.message) from error
    except OSError as error:
        # Libraries say so of files that a repository does not have, too.
        if cache_errors.is_ours(error):
            raise
        traceback.print_exc()
        raise Unsupported("files of it are missing or cannot be read; see the log") from error
    except Exception as error:
        raise _told(error, artifact.folder, "it could not be loaded and run") from error


def _choose(pipeline_tag: str, snapshot: Path) -> tuple[EngineChoice, dict[str, Any]]:
    """The engine, and the model's config; a repository is one model, or a pipeline of several."""
    is_pipeline = (snapshot / diffusers_index.INDEX).exists()
    if is_pipeline != kind_of(pipeline_tag).paints:
        kind = "a diffusers pipeline" if is_pipeline else "no diffusers pipeline"
        raise Refused(ModelUnavailable(f"the repository is {kind}, which cannot do {pipeline_tag}"))
    if is_pipeline:
        return choose_pipeline(pipeline_tag), {}
    try:
        config = json.loads((snapshot / "config.json").read_text())
    except (FileNotFoundError, ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise Refused(ModelUnavailable("the repository has no config.json that can be read"))
    return choose(pipeline_tag, config), config


def _run_recipe(engine: str, source: Source, folder: Path) -> KeptVariant:
    """Raises :class:`Unsupported` where torch may still serve the model; other errors end the job."""
    recipe: Recipe = importlib.import_module(RECIPES[engine]).convert
    try:
        return recipe(source, folder, _report)
    except ModelUnavailable as error:
        raise Refused(error) from error
    except Unsupported as error:
        raise Unsupported(f"{engine} does not serve this model: {error}") from error
    except OSError:
        raise
    except Exception as error:
        raise _told(error, folder, f"the conversion for {engine} failed") from error


def _told(error: Exception, folder: Path, what: str) -> Exception:
    """What a library's own error means for the job; the log has the error itself."""
    traceback.print_exc()
    if fault := native_errors.file_fault(error, folder):  # no reason to serve the model by torch for good
        return fault
    if limits.is_out_of_memory(error):  # torch, which would serve it otherwise, takes more still
        return MemoryError()
    return Unsupported(f"{what} ({type(error).__name__}); see the log")


def _source(job: ConvertJob, snapshot: Path, config: dict[str, Any]) -> Source:
    inputs = (*job.examples, *built_in_inputs(job.pipeline_tag))
    return Source(snapshot, config, job.pipeline_tag, inputs, job.precision, job.threads, job.model)


def _manifest(job: ConvertJob, choice: EngineChoice, kept: KeptVariant, started_s: float) -> Manifest:
    return Manifest(
        model=job.model,
        commit=job.commit,
        head=head_of(job.pipeline_tag),
        engine=choice.engine,
        asked=job.precision,
        precision=kept.precision,
        reason=f"{choice.reason}; {kept.reason}",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - started_s, 2),
        files={},
        tools=kept.tools,
        drift=kept.drift.figures,
        lists=kept.lists,
        rejected=list(kept.rejected),
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


def _publish(job: ConvertJob, folder: Path, manifest: Manifest) -> None:
    """Unless this process was frozen, and another one took the lease meanwhile."""
    if not lease.is_current(Path(job.lease), job.lease_token):
        raise LeaseLost("another environment prepares this model now")
    publish(folder, manifest)


def _report(stage: str) -> None:
    emit(stage=stage)


if __name__ == "__main__":
    sys.exit(main())
