"""Encoder -> ONNX graph -> the fastest form that passes its proof."""

from __future__ import annotations

import importlib.metadata
import shutil
from typing import TYPE_CHECKING, Any

from inference.convert import export, quantise
from inference.convert.proofs import prove
from inference.convert.recipe import Form, why_kept
from inference.convert.tokenizer import write_tokenizer
from inference.engines import sentence_modules
from inference.engines.image_processor import PREPROCESSOR
from inference.engines.onnx import MODEL, head_class, session
from inference.engines.torch_ import load_model, runner
from inference.engines.unsupported import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inference.convert.recipe import Source

KEPT = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    PREPROCESSOR,
    *sentence_modules.FILES,
)
TOOLS = ("torch", "transformers", "onnx", "onnxscript", "onnxruntime")


def convert(source: Source, folder: Path, report: Callable[[str], None]) -> Form:
    """Export once, then try forms from fastest to most faithful; fp32 of the same engine is the last."""
    _keep(source.snapshot, folder)
    write_tokenizer(source.snapshot, folder)
    head = head_class(source.pipeline_tag)
    report("exporting")
    reference = load_model(source.snapshot, source.pipeline_tag, source.threads, attention="eager")
    graph = folder / "exported.onnx"
    export.export(reference, graph, head.OUTPUTS)
    report("proving")
    torch_head = head(folder, runner(reference, head.OUTPUTS))
    proven = prove(source.pipeline_tag, torch_head, source.inputs)
    del reference, torch_head
    rejected: list[dict[str, Any]] = []
    forms = quantise.forms(source.precision, graph)
    for form in forms:
        report(f"trying {form.name}")
        form.write(graph, folder / MODEL)
        drift = proven.measure(head(folder, session(folder / MODEL, source.threads)))
        if drift.within_budget or form is forms[-1]:
            break
        rejected.append({"precision": form.name, "figures": drift.figures})
    if form.name == "fp32" and not drift.within_budget:
        raise Unsupported("its graph does not answer as torch does, even in fp32")
    graph.unlink()
    return Form(form.name, why_kept(source, form.name, rejected), drift, tuple(rejected), tools())


def _keep(snapshot: Path, folder: Path) -> None:
    """Copy what heads read besides the graph."""
    for pattern in KEPT:
        for path in snapshot.glob(pattern):
            target = folder / path.relative_to(snapshot)
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, target)


def tools() -> dict[str, str]:
    """Versions of what made the artifact."""
    return {name: importlib.metadata.version(name) for name in TOOLS}
