"""``python -m inference sentiment "I love this"``: run one task on this machine, as its function does."""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.cli import arguments
from inference.cli.progress_bar import ProgressBar
from inference.deadline import Deadline
from inference.engines.load import load
from inference.errors import HubletError
from inference.hub import lock as model_lock
from inference.media import images
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import artifact_spec
from inference.runtime.model_call import ModelCall
from inference.runtime.model_runner import ModelRunner
from inference.settings import DEFAULT_HUB, MEMORY_PER_VCPU_MB, Settings, SettingsError, usable_cores
from inference.tasks import BadTask, UnknownTask, get_task, task_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.cache.artifact import Manifest
    from inference.task import Task

LONGEST_S = 3600.0
"""No timeout of Lambda ends this process, and a first download of gigabytes takes long."""
HOME = Path(__file__).parents[1]
IS_CHECKOUT = (HOME / "pyproject.toml").is_file()
CACHE = (HOME if IS_CHECKOUT else Path()) / "build" / "cache"
"""Of the checkout; of an installed package, the one of the folder that one is in."""


def main(argv: Sequence[str] | None = None) -> int:
    """Print the answer to standard output, progress and facts to standard error; returns 1 on errors."""
    chosen = _parser().parse_intermixed_args(argv)
    progress = ProgressBar()
    try:
        task = get_task(chosen.task.replace("-", "_"))
        answer, facts = _run(task, chosen, progress)
        print(answer)
    except (BadTask, HubletError, SettingsError, UnknownTask, OSError) as error:
        progress.end()
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        progress.end()
        return 130
    print(facts, file=sys.stderr)
    return 0


def _run(task: Task, chosen: argparse.Namespace, progress: ProgressBar) -> tuple[str, str]:
    settings = _settings(task, chosen)
    picked = arguments.choose_model(task, chosen.model, chosen.revision)
    picked = replace(picked, pickle_weights=picked.pickle_weights or chosen.pickle_weights)
    model = model_lock.at_commit(picked, settings.hub_url)
    call = arguments.make_call(task, _inputs(task, chosen.inputs), chosen.parameter)
    spec = artifact_spec(task, settings)
    provider = DirectProvider(settings.cache, settings.hub_url, settings.child_environment, spec)
    runner = ModelRunner(provider, task.pipeline_tag, settings, load, progress)
    model_call = ModelCall(model, Deadline.after(LONGEST_S))
    results = runner.run(model_call, call).results
    progress.end()
    if task.kind.paints:
        results = [images.as_json(each) for each in results]
    answer = _format_answer(task, task.present(call, results), chosen)
    return answer, _format_facts(model_call, runner.loaded_manifest(model))


def _inputs(task: Task, given: list[str]) -> list[str]:
    """The inputs; without any, a text is read from standard input."""
    return given if given or task.media_kind or task.parts else [sys.stdin.read().strip()]


def _settings(task: Task, chosen: argparse.Namespace) -> Settings:
    """Settings of the task's function, with the memory and the cores of this machine."""
    cores = usable_cores()
    given = {
        "TASK": task.name,
        "MODEL_CACHE": str(chosen.cache),
        "HF_ENDPOINT": chosen.hub,
        "PRECISION": chosen.precision,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(max(task.memory_mb, cores * MEMORY_PER_VCPU_MB)),
    }
    return Settings.from_env({**os.environ, **given}, cores)


def _format_answer(task: Task, result: Any, chosen: argparse.Namespace) -> str:
    """Write a picture to a file; show labels and texts as lines, everything else as JSON."""
    if task.kind.paints and not chosen.json:
        chosen.output.write_bytes(base64.b64decode(result["image"]))
        return f"painted {chosen.output}"
    if chosen.json:
        return json.dumps(result, ensure_ascii=False)
    return "\n".join(_format_lines(result))


def _format_lines(result: Any) -> list[str]:
    if isinstance(result, list):
        return [line for each in result for line in _format_lines(each)]
    if not isinstance(result, dict):
        return [json.dumps(result)]
    texts = [
        result[key] for key in ("summary_text", "translation_text", "generated_text", "text") if key in result
    ]
    if texts:
        return [str(texts[0]), *_format_lines(result.get("chunks") or [])]
    score = f"{result['score']:7.2%}  " if "score" in result else ""
    named = next((result[key] for key in ("label", "answer", "sequence") if key in result), None)
    return [f"{score}{named}" if named is not None else json.dumps(result, ensure_ascii=False)]


def _format_facts(model_call: ModelCall, manifest: Manifest | None) -> str:
    served = f" by {manifest.engine} {manifest.precision}" if manifest else ""
    seconds = ", ".join(f"{name} {value:.2f}" for name, value in model_call.seconds.items())
    return (
        f"{model_call.model.id}{served}: {model_call.inference_ms:.1f} ms{f' ({seconds})' if seconds else ''}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inference", description=__doc__)
    parser.add_argument("task", help=f"one of {', '.join(task_names())}")
    parser.add_argument(
        "inputs", nargs="*", help="texts, or files with pictures or sound; standard input if none"
    )
    parser.add_argument("--model", help="another model of the Hub")
    parser.add_argument("--revision", help="its commit or branch")
    parser.add_argument("--pickle-weights", action="store_true", help="allow a pickle file's weights")
    parser.add_argument("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--json", action="store_true", help="the answer as the function gives it")
    parser.add_argument("-o", "--output", type=Path, default=Path("out.png"), help="where a picture goes")
    parser.add_argument("--precision", default="auto", help="auto, int8 or fp32")
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("MODEL_CACHE") or CACHE))
    parser.add_argument("--hub", default=os.environ.get("HF_ENDPOINT") or DEFAULT_HUB)
    return parser


if __name__ == "__main__":
    sys.exit(main())
