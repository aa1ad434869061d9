"""What is known of each pipeline tag without a model: a leaf, which tasks, routes and engines all ask.

A tag that ONNX Runtime serves needs no entry here: its head's file is named after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADS = Path(__file__).parent / "engines" / "onnx" / "heads"
SPEECH = "automatic-speech-recognition"
MODERATIONS = "/v1/moderations"
"""Served where an operator said which labels are to be flagged."""


@dataclass(frozen=True)
class TaskKind:
    """What sets a pipeline tag apart; the defaults hold for a tag that only has a head."""

    head: str | None = None
    """In the names of artifacts, for tags that share them; the tag itself if ``None``."""
    always_lists: bool = False
    """Whether the Hub answers a list even to a single input."""
    shows_one_alone: bool = False
    """Whether a single answer to an input stands without a list around it."""
    javascript_reads_one: bool = False
    """Whether the Hub's JavaScript client, told to send a list of one, reads one answer without a list."""
    paints: bool = False
    """Whether an answer is a picture, made by a repository of several models."""
    continues_text: bool = False
    """Whether a decoder-only model writes what follows a prompt or a conversation."""
    rewrites: bool = False
    """Whether an encoder-decoder model writes the answer."""
    takes_languages: bool = False
    """Whether a caller may name a pair of languages."""
    text_name: str = "generated_text"
    """Under which a written answer stands."""
    routes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Path of another server's API -> method and the action's name."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Path of such an API that is not served -> why."""

    @property
    def writes(self) -> bool:
        """Whether an answer is text that a model writes token by token."""
        return self.continues_text or self.rewrites


KINDS = {
    SPEECH: TaskKind(
        rewrites=True,
        routes={
            "/v1/audio/transcriptions": ("POST", "transcribe"),
            "/v1/audio/translations": ("POST", "translate"),
        },
    ),
    "feature-extraction": TaskKind(
        head="embeddings",
        routes={
            "/v1/embeddings": ("POST", "embed"),
            "/embed": ("POST", "embed_texts"),
            "/info": ("GET", "info"),
        },
        refused={
            "/embed_all": "a text has one vector here, and none for each token; POST /embed gives it",
            "/embed_sparse": "vectors are dense here; POST /embed gives them",
        },
    ),
    "question-answering": TaskKind(shows_one_alone=True),
    "sentence-similarity": TaskKind(
        head="embeddings", routes={"/similarity": ("POST", "infer"), "/info": ("GET", "info")}
    ),
    "summarization": TaskKind(rewrites=True, always_lists=True, text_name="summary_text"),
    "text-classification": TaskKind(
        head="sequence-classification",
        always_lists=True,
        routes={"/predict": ("POST", "predict"), "/info": ("GET", "info")},
        refused={MODERATIONS: "no labels are named that are to be flagged; the option flagged_labels does"},
    ),
    "text-generation": TaskKind(
        continues_text=True,
        always_lists=True,
        routes={
            "/v1/chat/completions": ("POST", "chat"),
            "/v1/completions": ("POST", "complete"),
            "/v1/responses": ("POST", "respond"),
        },
    ),
    "text-ranking": TaskKind(
        routes={
            "/rerank": ("POST", "rank_texts"),
            "/v1/rerank": ("POST", "rank_documents"),
            "/v2/rerank": ("POST", "rank_for_cohere"),
            "/info": ("GET", "info"),
        }
    ),
    "text-to-image": TaskKind(paints=True, routes={"/v1/images/generations": ("POST", "paint")}),
    "text2text-generation": TaskKind(rewrites=True),
    "translation": TaskKind(
        rewrites=True, always_lists=True, takes_languages=True, text_name="translation_text"
    ),
    "zero-shot-classification": TaskKind(javascript_reads_one=True),
}

HEAD_TAGS = frozenset(path.stem.replace("_", "-") for path in HEADS.glob("[a-z]*.py"))
"""Tags that ONNX Runtime serves."""
PIPELINE_TAGS = HEAD_TAGS | KINDS.keys()
"""Every tag that some engine serves."""


def kind_of(pipeline_tag: str) -> TaskKind:
    """What is known of a tag; nothing special for one that has no entry."""
    return KINDS.get(pipeline_tag, TaskKind())


def head_of(pipeline_tag: str) -> str:
    """What an artifact for this tag is made for; tags that share a head share the artifact."""
    return kind_of(pipeline_tag).head or pipeline_tag
