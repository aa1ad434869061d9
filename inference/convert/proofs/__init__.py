"""An artifact against fp32 torch on the same inputs: one file for each head, which sets ``PROOF``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from inference.convert.proofs import texts
from inference.task_kinds import HEAD_TAGS, head_of, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.convert.proofs.proof import Proof


def proof_class(pipeline_tag: str) -> type[Proof]:
    """The proof of the tag's head: ``inference/convert/proofs/<head>.py``."""
    proof: type[Proof] = import_module(f"{__name__}.{head_of(pipeline_tag).replace('-', '_')}").PROOF
    return proof


def built_in_inputs(pipeline_tag: str) -> Sequence[Any]:
    """What a conversion proves itself on, besides the task's examples."""
    if pipeline_tag in HEAD_TAGS:
        return proof_class(pipeline_tag).built_in_inputs()
    if kind_of(pipeline_tag).paints:
        return ()  # its proof has prompts of its own
    return texts.read()
