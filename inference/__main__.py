"""``python -m inference sentiment "I love this"``: one task on this machine, as its function would run it."""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference import command, model_lock, pictures
from inference.deadline import Deadline
from inference.engines import engine
from inference.engines.choose import TEXT_TO_IMAGE
from inference.errors import HubletError
from inference.meter import Meter
from inference.model_files import ModelFiles
from inference.purpose import purpose
from inference.runs import Run, Runs
from inference.settings import DEFAULT_HUB, MEMORY_PER_VCPU_MB, Settings, SettingsError
from inference.tasks import UnknownTask, get_task, task_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.artifact import Manifest
    from inference.task import Task

LONGEST_S = 3600.0
"""Nobody else ends what runs here; a first download of gigabytes may take its time."""
CACHE = Path(__file__).parents[1] / "build" / "cache"


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer on standard output, progress and what answered on standard error; 1 for an error."""
    chosen = _parser().parse_intermixed_args(arguments)
    meter = Meter()
    try:
        task = get_task(chosen.task.replace("-", "_"))
        answer, told = _run(task, chosen, meter)
        print(answer)
    except (HubletError, SettingsError, UnknownTask, OSError) as error:
        meter.end()
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        meter.end()
        return 130
    print(told, file=sys.stderr)
    return 0


def _run(task: Task, chosen: argparse.Namespace, meter: Meter) -> tuple[str, str]:
    settings = _settings(task, chosen)
    model = model_lock.at_commit(command.model(task, chosen.model, chosen.revision), settings.hub_url)
    call = command.call(task, _words(task, chosen.inputs), chosen.parameter)
    files = ModelFiles(settings.cache, settings.hub_url, settings.child_environment, purpose(task, settings))
    runs = Runs(files, task.pipeline_tag, settings, engine.load, meter)
    run = Run(model, Deadline.after(LONGEST_S))
    _, results = runs.call(run, call)
    meter.end()
    if task.pipeline_tag == TEXT_TO_IMAGE:
        results = [pictures.as_json(each) for each in results]
    answer = _shown(task, task.present(call, results), chosen)
    return answer, _facts(run, runs.loaded_manifest(model))


def _words(task: Task, given: list[str]) -> list[str]:
    """A text may come from a pipe; files and several parts have to be named."""
    return given if given or task.media_kind or task.parts else [sys.stdin.read().strip()]


def _settings(task: Task, chosen: argparse.Namespace) -> Settings:
    """Those of the task's function, with the memory and the cores that are here."""
    cores = os.cpu_count() or 1
    given = {
        "TASK": task.name,
        "MODEL_CACHE": str(chosen.cache),
        "HF_ENDPOINT": chosen.hub,
        "PRECISION": chosen.precision,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(max(task.memory_mb, cores * MEMORY_PER_VCPU_MB)),
    }
    return Settings.from_env({**os.environ, **given}, cores)


def _shown(task: Task, result: Any, chosen: argparse.Namespace) -> str:
    """A picture as a file, labels and texts for the eye, all else as JSON."""
    if task.pipeline_tag == TEXT_TO_IMAGE and not chosen.json:
        chosen.output.write_bytes(base64.b64decode(result["image"]))
        return f"painted {chosen.output}"
    if chosen.json:
        return json.dumps(result, ensure_ascii=False)
    return "\n".join(_lines(result))


def _lines(result: Any) -> list[str]:
    if isinstance(result, list):
        return [line for each in result for line in _lines(each)]
    if not isinstance(result, dict):
        return [json.dumps(result)]
    texts = [
        result[key] for key in ("summary_text", "translation_text", "generated_text", "text") if key in result
    ]
    if texts:
        return [str(texts[0]), *_lines(result.get("chunks") or [])]
    score = f"{result['score']:7.2%}  " if "score" in result else ""
    named = next((result[key] for key in ("label", "answer", "sequence") if key in result), None)
    return [f"{score}{named}" if named is not None else json.dumps(result, ensure_ascii=False)]


def _facts(run: Run, manifest: Manifest | None) -> str:
    served = f" by {manifest.engine} {manifest.precision}" if manifest else ""
    seconds = ", ".join(f"{name} {value:.2f}" for name, value in run.seconds.items())
    return f"{run.model.id}{served}: {run.inference_ms:.1f} ms{f' ({seconds})' if seconds else ''}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inference", description=__doc__)
    parser.add_argument("task", help=f"one of {', '.join(task_names())}")
    parser.add_argument(
        "inputs", nargs="*", help="texts, or files with pictures or sound; standard input if none"
    )
    parser.add_argument("--model", help="another model of the Hub")
    parser.add_argument("--revision", help="its commit or branch")
    parser.add_argument("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--json", action="store_true", help="the answer as the function gives it")
    parser.add_argument("-o", "--output", type=Path, default=Path("out.png"), help="where a picture goes")
    parser.add_argument("--precision", default="auto", help="auto, int8 or fp32")
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("MODEL_CACHE") or CACHE))
    parser.add_argument("--hub", default=os.environ.get("HF_ENDPOINT") or DEFAULT_HUB)
    return parser


if __name__ == "__main__":
    sys.exit(main())
