"""Encoder -> ONNX graph -> the fastest form that passes its proof."""

from __future__ import annotations

import importlib.metadata
import shutil
import traceback
from typing import TYPE_CHECKING, Any

from inference.convert import export, own_graph, quantise
from inference.convert.limits import is_out_of_memory
from inference.convert.proofs import prove
from inference.convert.recipe import Drift, Form, why_kept
from inference.convert.tokenizer import write_tokenizer
from inference.engines import sentence_modules
from inference.engines.image_processor import PREPROCESSOR, read_processor
from inference.engines.onnx import MODEL, data_of, head_class, session
from inference.engines.torch_ import load_model, runner
from inference.engines.unsupported import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inference.convert.proofs import Proof
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
GRAPH = "exported.onnx"
"""The fp32 graph while forms are made from it."""
TOOLS = ("torch", "transformers", "onnx", "onnxscript", "onnxruntime")


def convert(source: Source, folder: Path, report: Callable[[str], None]) -> Form:
    """Take the repository's own graph or export one, then try forms from fastest to most faithful."""
    _keep(source.snapshot, folder)
    write_tokenizer(source.snapshot, folder)
    head = head_class(source.pipeline_tag)
    report("proving")
    reference = load_model(source.snapshot, source.pipeline_tag, source.threads, attention="eager")
    proven = prove(source.pipeline_tag, head(folder, runner(reference, head.OUTPUTS)), source.inputs)
    origin = "graph exported here"
    if (source.snapshot / own_graph.PATH).exists():
        try:
            return _from_own(source, folder, proven, report)
        except Unsupported as why:
            origin += f", for the repository's own was not used: {why}"
            for path in (folder / MODEL, data_of(folder / MODEL)):
                path.unlink(missing_ok=True)
    report("exporting")
    export.export(reference, folder / GRAPH, head.OUTPUTS)
    del reference
    return _best(source, folder, proven, report, origin)


def _from_own(source: Source, folder: Path, proven: Proof, report: Callable[[str], None]) -> Form:
    """Raises :class:`Unsupported` for a graph that is unfit, in whatever way."""
    report("checking the repository's graph")
    head = head_class(source.pipeline_tag)
    is_visual = source.pipeline_tag == "image-classification"
    size = read_processor(folder).height_width if is_visual else None
    own_graph.adopt(source.snapshot / own_graph.PATH, folder / GRAPH, head.OUTPUTS, size)
    try:
        drift = proven.measure(head(folder, session(folder / GRAPH, source.threads)))
        if not drift.within_budget:
            raise Unsupported("it does not answer as torch does")
        return _best(source, folder, proven, report, "graph of the repository's own")
    except (OSError, Unsupported):
        raise
    except Exception as error:  # whatever a stranger's graph makes the libraries raise
        if is_out_of_memory(error):
            raise
        traceback.print_exc()
        raise Unsupported(f"it cannot be used ({type(error).__name__})") from error


def _best(source: Source, folder: Path, proven: Proof, report: Callable[[str], None], origin: str) -> Form:
    """The first form within the budget; fp32 of the same engine is the last."""
    head = head_class(source.pipeline_tag)
    rejected: list[dict[str, Any]] = []
    forms = quantise.forms(source.precision, folder / GRAPH)
    for form in forms:
        report(f"trying {form.name}")
        try:
            form.write(folder / GRAPH, folder / MODEL)
            drift = proven.measure(head(folder, session(folder / MODEL, source.threads)))
        except Exception as error:
            if form is forms[-1] or not is_out_of_memory(error):
                raise
            drift = Drift({"out_of_memory": 1.0}, within_budget=False)
        if drift.within_budget or form is forms[-1]:
            break
        rejected.append({"precision": form.name, "figures": drift.figures})
        for path in (folder / MODEL, data_of(folder / MODEL)):
            path.unlink(missing_ok=True)
    if form.name == "fp32" and not drift.within_budget:
        raise Unsupported("its graph does not answer as torch does, even in fp32")
    (folder / GRAPH).unlink()
    data_of(folder / GRAPH).unlink()
    reason = f"{origin}; {why_kept(source, form.name, rejected)}"
    return Form(form.name, reason, drift, tuple(rejected), tools())


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
