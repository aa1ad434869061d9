"""Decoder-only model -> onnxruntime-genai's form, by its own model builder, as small as its proof allows."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference import NO_TELEMETRY
from inference.convert import long_inputs
from inference.convert.genai.proof import GenerationProof
from inference.convert.recipe import KeptVariant, Variant, why_kept
from inference.convert.tokenizer import write_vocabulary
from inference.engines.engine import Unsupported
from inference.engines.genai.engine import SERVING
from inference.engines.torch import weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.convert.recipe import Source

TOOLS = ("torch", "transformers", "onnx", "onnxruntime", "onnxruntime-genai", "tokenizers")


@dataclass(frozen=True)
class GenaiVariant(Variant):
    """One that the builder can write."""

    precision: str
    options: tuple[str, ...] = ()


# No token, no code from the repository; scores for the last position only; a cache of the whole context.
ALWAYS = ("hf_token=false", "hf_remote=false", "prune_lm_head=true", "windowed_kv_cache=false")
# Weights in blocks that share a scale, activations in 8 bits while multiplying (accuracy_level 4; level 1
# decodes fifty times slower). SmolLM2-135M's next token is fp32's in 55% (int4), 94.9% (int8), 95.7% (int8,
# blocks of 16).
INT4 = GenaiVariant("int4", "int4", ("accuracy_level=4",))
INT8 = GenaiVariant("int8", "int8", ("accuracy_level=4",))
INT8_FINE = GenaiVariant("int8-block16", "int8", ("accuracy_level=4", "block_size=16"))
FP32 = GenaiVariant("fp32", "fp32")
VARIANTS = {
    "auto": (INT4, INT8, INT8_FINE, FP32),
    "int8": (INT8,),
    "fp32": (FP32,),
}


def convert(source: Source, folder: Path, report: Callable[[str], None]) -> KeptVariant:
    """Build from the fastest variant to the most faithful; keep the first within budget, or the last."""
    report("reading")
    reference, tokenizer = _load_torch(source)
    report("proving")
    context = _context(reference.config)
    proof = GenerationProof(reference, tokenizer, source.inputs, context)
    notes = _notes(reference, tokenizer)
    del reference
    rejected: list[dict[str, Any]] = []
    variants = VARIANTS[source.precision]
    for variant in variants:
        report(f"trying {variant.name}")
        _empty(folder)
        _build(source, variant, folder)
        is_last = variant is variants[-1]
        drift = proof.measure(folder, source.threads, in_full=is_last)
        if drift.within_budget or is_last:
            break
        rejected.append({"precision": variant.name, "figures": drift.figures})
    if variant is FP32 and not drift.within_budget:
        raise Unsupported(f"its graph does not answer as torch does, even in fp32: {drift.figures}")
    _write(folder, notes, tokenizer, context)
    return KeptVariant(
        variant.name, why_kept(source, variant.name, rejected), drift, tuple(rejected), tools()
    )


def tools() -> dict[str, str]:
    """Versions of what made the artifact."""
    return {name: importlib.metadata.version(name) for name in TOOLS}


def _load_torch(source: Source) -> tuple[Any, Any]:
    """The reference in fp32; safetensors only, so that no pickle is ever opened, here or by the builder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(source.threads)
    safe: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
    model = weights.read(AutoModelForCausalLM, source.snapshot)
    return model, AutoTokenizer.from_pretrained(source.snapshot, **safe)


def _context(config: Any) -> int:
    """Tokens that an artifact serves.

    Builder 0.18 keeps a sliding window only where a config names each layer's kind; Mistral's and Phi-3's
    do not, and their graphs attend to everything. Up to the window's size that is the same, so it is their
    context here.
    """
    context = long_inputs.bounded(config, int(config.max_position_embeddings))
    window = getattr(config, "sliding_window", None)
    if window and getattr(config, "layer_types", None) is None:
        return min(int(window), context)
    return context


def _build(source: Source, variant: GenaiVariant, folder: Path) -> None:
    """Run the builder as its own process: its modules have names like ``builders``, its memory is large."""
    with tempfile.TemporaryDirectory(dir=folder.resolve()) as scratch:
        options = (*ALWAYS, *variant.options)
        command = [sys.executable, "-P", "-m", "inference.convert.genai.builder", "-e", "cpu"]
        command += [
            "-i",
            str(source.snapshot.resolve()),
            "-o",
            str(folder.resolve()),
            "-p",
            variant.precision,
        ]
        command += ["-c", str(Path(scratch) / "cache"), "--extra_options", *options]
        done = subprocess.run(
            command,
            cwd=scratch,
            env=_environment(scratch, source.threads),
            capture_output=True,
            text=True,
            errors="replace",
        )
        if done.returncode != 0:
            raise RuntimeError(f"the model builder failed on {variant.name}: {done.stderr[-2000:]}")


def _environment(scratch: str, threads: int) -> dict[str, str]:
    """All that the builder gets: no token or credential can be in it."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "HOME": scratch,
        "TMPDIR": scratch,
        "HF_HOME": scratch,
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": str(threads),
        **NO_TELEMETRY,
    }


def _notes(reference: Any, tokenizer: Any) -> dict[str, Any]:
    """What serving needs and only transformers can read reliably, in its many places."""
    defaults = reference.generation_config
    end = defaults.eos_token_id if defaults.eos_token_id is not None else tokenizer.eos_token_id
    ends = [] if end is None else end if isinstance(end, list) else [end]
    start = defaults.bos_token_id if defaults.bos_token_id is not None else tokenizer.bos_token_id
    return {
        "generation_config": defaults.to_diff_dict(),
        "end_ids": [int(token_id) for token_id in ends],
        "start_id": None if start is None else int(start),
        "chat_template": tokenizer.get_chat_template() if tokenizer.chat_template else None,
        "special_tokens": tokenizer.special_tokens_map,
    }


def _write(folder: Path, notes: dict[str, Any], tokenizer: Any, context: int) -> None:
    """Tokenizer and notes; the builder's library must stop at the same end tokens as we do."""
    write_vocabulary(tokenizer, folder)
    defaults = notes.pop("generation_config")
    (folder / "generation_config.json").write_text(json.dumps(defaults, indent=1) + "\n")
    (folder / SERVING).write_text(json.dumps(notes, indent=1) + "\n")
    path = folder / "genai_config.json"
    config = json.loads(path.read_text())
    config["model"]["eos_token_id"] = notes["end_ids"] or config["model"]["eos_token_id"]
    config["model"]["context_length"] = min(context, config["model"]["context_length"])
    path.write_text(json.dumps(config, indent=1) + "\n")


def _empty(folder: Path) -> None:
    """Nothing of a rejected variant may stay."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
