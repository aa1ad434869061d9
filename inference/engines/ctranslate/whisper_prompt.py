"""What Whisper's decoder starts from: words that came before, then language and task, then whether times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.engines.ctranslate.log_mel import FRAMES
from inference.errors import InvalidField, printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.ctranslate.codec import JsonCodec
    from inference.engines.ctranslate.config import SpeechFacts

ENGLISH = ("en", "english")
PREVIOUS = "<|startofprev|>"


@dataclass(frozen=True)
class Prompt:
    """Ids for one recording's windows."""

    ids: list[int]
    """All of them."""
    start: list[int]
    """The start token, language and task alone."""
    language: str
    """Its code."""


class Prompts:
    """The prompts of one model."""

    def __init__(self, facts: SpeechFacts, codec: JsonCodec) -> None:
        self._facts = facts
        self._codec = codec

    def make(
        self, model: Any, mel: NDArray[np.float32], given: dict[str, Any], *, with_times: bool
    ) -> Prompt:
        """For a call's parameters; the language is heard in the first 30 s where none is named."""
        facts = self._facts
        start, language = [facts.start], "en"
        if facts.languages:
            chosen = self._language(model, mel, given.get("language") or facts.usual_language)
            start += [chosen, self._task(given.get("task"))]
            language = next(code for code, index in facts.languages.items() if index == chosen)
        elif given.get("task") not in (None, "transcribe"):
            raise InvalidField("parameters.task", "must be transcribe: this model knows English only")
        elif _plain(given.get("language") or "en") not in ENGLISH:
            raise InvalidField("parameters.language", "must be en: this model knows English only")
        ids = [*self._previous(given.get("prompt")), *start]
        return Prompt(ids if with_times else [*ids, facts.no_timestamps], start, language)

    def language_name(self, code: str) -> str:
        """``english`` for ``en``."""
        names = self._facts.language_names.items()
        return next((name for name, known in names if known == code), "english" if code == "en" else code)

    def _previous(self, text: str | None) -> list[int]:
        """Words as if they had been heard before; of a long text the last ones, as Whisper's program does."""
        if not text:
            return []
        mark = self._codec.id_of(PREVIOUS)
        if mark is None:
            raise InvalidField("parameters.prompt", "is not known to this model")
        ids = [index for index in self._codec.encode(f" {text.strip()}") if index < self._facts.end]
        return [mark, *ids[-(self._facts.target_window // 2 - 1) :]]

    def _task(self, task: str | None) -> int:
        name = task or self._facts.usual_task or "transcribe"
        if name not in self._facts.tasks:
            raise InvalidField("parameters.task", f"must be one of {', '.join(sorted(self._facts.tasks))}")
        return self._facts.tasks[name]

    def _language(self, model: Any, mel: NDArray[np.float32], language: str | None) -> int:
        """The id of a named language, or of the one that the first 30 s sound like."""
        languages = self._facts.languages
        if language is None:
            return self._heard(model, mel)
        name = _plain(language)
        code = self._facts.language_names.get(name, name)
        if code not in languages:
            problem = f"{printable(language)} is none of the model's {len(languages)} languages"
            raise InvalidField("parameters.language", problem)
        return languages[code]

    def _heard(self, model: Any, mel: NDArray[np.float32]) -> int:
        """The likeliest language token behind the start token.

        CTranslate2's ``detect_language`` refuses vocabularies that it does not know; holding the decoder to
        any text id shows the logits of that place, free of the rules for timestamps.
        """
        import numpy as np

        result = model.generate(
            features(np.ascontiguousarray(mel[None, :, :FRAMES])),
            [[self._facts.start, 0]],
            beam_size=1,
            max_length=2,
            suppress_blank=False,
            suppress_tokens=[],
            return_logits_vocab=True,
        )[0]
        logits = np.asarray(result.logits[0][0]).ravel()
        return max(self._facts.languages.values(), key=lambda index: float(logits[index]))


def features(mel: NDArray[np.float32]) -> Any:
    """``(1, mels, frames)`` as CTranslate2 takes it."""
    import ctranslate2

    return ctranslate2.StorageView.from_array(mel)


def _plain(language: str) -> str:
    return language.lower().strip("<|>")
