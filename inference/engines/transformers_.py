"""Any model that transformers' own pipelines can run, on torch in fp32: the engine of last resort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inference.artifact import Artifact
    from inference.task import Call

BATCH = 16
"""Texts run together; larger batches gain nothing on a few CPU threads and cost memory."""


class TransformersEngine:
    """A transformers pipeline over a local folder."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline

    def run(self, call: Call) -> list[Any]:
        """Text classification: for each input a list of ``{"label": str, "score": float}``, best first."""
        given = {name: value for name, value in call.parameters.items() if value is not None}
        return list(
            self._pipeline(call.inputs, **{"top_k": None, **given}, truncation=True, batch_size=BATCH)
        )


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> TransformersEngine:
    """Read config, tokenizer and safetensors weights from real files; never code, never the network."""
    import torch
    from transformers import pipeline
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.set_num_threads(threads)
    return TransformersEngine(
        pipeline(
            pipeline_tag,
            model=str(artifact.folder),
            device="cpu",
            dtype=torch.float32,
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
        )
    )
