"""What serving must know about a converted model besides its weights: one small JSON file in the artifact.

The conversion asks transformers once and writes the answers down, so that serving needs no knowledge of model
families. CTranslate2 keeps its own ``config.json`` in the folder, hence another name.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

FACTS = "serving.json"
GENERATION = "generation_config.json"
"""The model's own generation settings, as transformers resolved them; ``null`` means not set."""


@dataclass(frozen=True)
class TextFacts:
    """A text model: how its inputs are framed in tokens, and how its outputs begin and end."""

    kind: str
    """``seq2seq`` or ``causal``."""
    codec: str
    """``json`` (tokenizer.json), ``marian`` or ``m2m_100`` (SentencePiece and vocab.json)."""
    vocabulary_size: int
    source_window: int
    """Tokens that the encoder takes, or that prompt and answer share; special tokens included."""
    target_window: int
    """Tokens that the decoder can hold, its start token included."""
    start: int
    """Id that the decoder starts from; for GPT-2 the id that stands for an empty prompt."""
    ends: tuple[int, ...]
    """Ids that end an output."""
    specials: tuple[int, ...]
    """Ids that are never shown."""
    unknown: int | None = None
    before: tuple[int, ...] = ()
    """Special ids in front of every input."""
    after: tuple[int, ...] = ()
    """Special ids behind every input."""
    languages: dict[str, int] = field(default_factory=dict)
    """Language code, as ``src_lang`` and ``tgt_lang`` name it -> token id; empty for a fixed direction."""
    source_language: str | None = None
    """The language whose id stands in ``before`` or ``after``."""
    language_starts: bool = False
    """The target language is the start token itself (mBART-25) instead of the first forced token."""
    task_parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    """``task_specific_params`` of the repository's config.json: defaults and ``prefix`` by task."""
    clean_up: bool = False
    """Whether decoding removes the spaces before punctuation."""


@dataclass(frozen=True)
class SpeechFacts:
    """A Whisper model: the ids of its prompt."""

    kind: str
    vocabulary_size: int
    start: int
    end: int
    no_timestamps: int
    first_timestamp: int
    """Id of ``<|0.00|>``; each following one is 0.02 s later."""
    target_window: int
    max_initial_timestamp: int = 50
    languages: dict[str, int] = field(default_factory=dict)
    """Language code, like ``en`` -> token id; empty for an English-only model."""
    language_names: dict[str, str] = field(default_factory=dict)
    """English name in lower case -> code, so that ``french`` works like ``fr``."""
    tasks: dict[str, int] = field(default_factory=dict)
    usual_language: str | None = None
    """The code that the model is for, where the caller names none; ``None``: what it sounds like."""
    usual_task: str | None = None


def write(facts: TextFacts | SpeechFacts, folder: Path) -> None:
    (folder / FACTS).write_text(json.dumps(asdict(facts), indent=1) + "\n")


def read(folder: Path) -> TextFacts | SpeechFacts:
    values = json.loads((folder / FACTS).read_text())
    if values["kind"] == "speech":
        return SpeechFacts(**values)
    for name in ("ends", "specials", "before", "after"):
        values[name] = tuple(values[name])
    return TextFacts(**values)


def read_generation(folder: Path) -> dict[str, Any]:
    """The model's generation settings that are set."""
    values = json.loads((folder / GENERATION).read_text())
    return {name: value for name, value in values.items() if value is not None}
