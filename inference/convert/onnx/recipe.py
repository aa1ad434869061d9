"""Encoder -> ONNX graph -> the fastest variant that passes its proof."""

from __future__ import annotations

import importlib.metadata
import shutil
import traceback
from typing import TYPE_CHECKING, Any

from inference.convert.limits import is_out_of_memory
from inference.convert.onnx import export, own_graph, product_count, variants
from inference.convert.onnx.lists import RecordedSession
from inference.convert.proofs import proof_class
from inference.convert.recipe import Drift, KeptVariant, why_kept
from inference.convert.tokenizer import write_tokenizer
from inference.engines.engine import Unsupported
from inference.engines.onnx import sentence_modules
from inference.engines.onnx.engine import MODEL, SERIAL
from inference.engines.onnx.heads import head_class
from inference.engines.onnx.image_processor import PREPROCESSOR, read_processor
from inference.engines.onnx.session import Session, data_of
from inference.engines.torch.encoder import load_model, runner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from inference.convert.proofs.proof import Proof
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
"""The fp32 graph while variants are made from it."""
TOOLS = ("torch", "transformers", "onnx", "onnxscript", "onnxruntime")


def convert(source: Source, folder: Path, report: Callable[[str], None]) -> KeptVariant:
    """Take the repository's own graph or export one, then try variants from fastest to most faithful."""
    head = head_class(source.pipeline_tag)
    _keep(source.snapshot, folder, (*KEPT, *head.FILES))
    write_tokenizer(source.snapshot, folder)
    report("proving")
    reference = load_model(source.snapshot, source.pipeline_tag, source.threads, attention="eager")
    on_torch = head(folder, runner(reference, head.OUTPUTS))
    proof = proof_class(source.pipeline_tag)(on_torch, source.inputs)
    origin = "graph exported here"
    if (source.snapshot / own_graph.PATH).exists():
        try:
            return _from_own(source, folder, proof, report)
        except Unsupported as why:
            origin += f", for the repository's own was not used: {why}"
            for path in (folder / MODEL, data_of(folder / MODEL)):
                path.unlink(missing_ok=True)
    report("exporting")
    export.export(reference, folder / GRAPH, head.OUTPUTS)
    del reference, on_torch
    return _best(source, folder, proof, report, origin)


def _from_own(source: Source, folder: Path, proof: Proof, report: Callable[[str], None]) -> KeptVariant:
    """Raises :class:`Unsupported` for a graph that is unfit, in whatever way."""
    report("checking the repository's graph")
    head = head_class(source.pipeline_tag)
    size = read_processor(folder).height_width if head.READS_PICTURES else None
    own_graph.adopt(source.snapshot / own_graph.PATH, folder / GRAPH, head.OUTPUTS, size)
    try:
        drift = proof.measure(head(folder, Session(folder / GRAPH, source.threads)))
        if not drift.within_budget:
            raise Unsupported("it does not answer as torch does")
        return _best(source, folder, proof, report, "graph of the repository's own")
    except (OSError, Unsupported):
        raise
    except Exception as error:  # whatever a stranger's graph makes the libraries raise
        if is_out_of_memory(error):
            raise
        traceback.print_exc()
        raise Unsupported(f"it cannot be used ({type(error).__name__})") from error


def _best(
    source: Source, folder: Path, proof: Proof, report: Callable[[str], None], origin: str
) -> KeptVariant:
    """The first variant within the budget; fp32 of the same engine is the last."""
    head = head_class(source.pipeline_tag)
    rejected: list[dict[str, Any]] = []
    tried = variants.variants_of(source.precision, folder / GRAPH)
    for variant in tried:
        report(f"trying {variant.name}")
        try:
            variant.write(folder / GRAPH, folder / MODEL)
            session = RecordedSession(folder / MODEL, source.threads)
            drift = proof.measure(head(folder, session))
        except Exception as error:
            if variant is tried[-1] or not is_out_of_memory(error):
                raise
            drift = Drift({"out_of_memory": 1.0}, within_budget=False)
        if drift.within_budget or variant is tried[-1]:
            break
        rejected.append({"precision": variant.name, "figures": drift.figures})
        for path in (folder / MODEL, data_of(folder / MODEL)):
            path.unlink(missing_ok=True)
    if variant.name == "fp32" and not drift.within_budget:
        raise Unsupported("its graph does not answer as torch does, even in fp32")
    (folder / GRAPH).unlink()
    data_of(folder / GRAPH).unlink()
    reason = f"{origin}; {why_kept(source, variant.name, rejected)}; {product_count.told(folder / MODEL)}"
    lists = session.choose() if head.TAKES_LISTS else SERIAL
    return KeptVariant(variant.name, reason, drift, tuple(rejected), tools(), lists)


def _keep(snapshot: Path, folder: Path, names: Sequence[str]) -> None:
    """Copy what heads read besides the graph."""
    for pattern in names:
        for path in snapshot.glob(pattern):
            target = folder / path.relative_to(snapshot)
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, target)


def tools() -> dict[str, str]:
    """Versions of what made the artifact."""
    return {name: importlib.metadata.version(name) for name in TOOLS}
