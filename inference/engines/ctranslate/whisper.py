"""Whisper on CTranslate2: speech of any length to text, with times if asked.

Sound up to 30 s runs as one window. Longer sound runs as transformers' sequential long form does: each window
starts where the last complete segment of the one before ended, as the model's own timestamps say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.ctranslate.codec import JsonCodec
from inference.engines.ctranslate.log_mel import FRAMES, FRAMES_A_SECOND, HOP, log_mel
from inference.engines.ctranslate.segments import segments_of
from inference.engines.engine import Engine, Outcome, Piece, Pieces, Stream
from inference.engines.text.generation_options import GenerationSettings
from inference.errors import InvalidField, printable
from inference.media import audio

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.ctranslate.config import SpeechFacts
    from inference.engines.ctranslate.model import SeededModel
    from inference.engines.ctranslate.segments import Segment
    from inference.task import Call

FILTERS = "mel_filters.npy"
ENGLISH = ("en", "english")


class Transcription(Engine):
    """Speech recognition, and translation into English, by a Whisper model.

    Long sound is transcribed in windows, so that nothing is cut. What was heard counts no tokens.
    """

    def __init__(
        self, folder: Path, facts: SpeechFacts, generation: dict[str, Any], model: SeededModel
    ) -> None:
        import numpy as np

        self._facts = facts
        self._generation = generation
        self._codec = JsonCodec(folder, clean_up=False)
        self._filters: NDArray[np.float32] = np.load(folder / FILTERS, allow_pickle=False)
        self._model = model

    def run(self, call: Call) -> Outcome:
        """For each sound file's bytes, or mono float32 waveform at 16 kHz, ``{"text": str}``.

        With ``return_timestamps`` also ``chunks``, ``[{"text": str, "timestamp": [start, end]}]`` in seconds.
        """
        heard = [self._one(audio.waveform_of(item), call.parameters) for item in call.inputs]
        return Outcome([result for result, _ in heard], tokens=sum(tokens for _, tokens in heard))

    def run_streamed(self, call: Call) -> Stream:
        """The text of one sound, segment by segment as each 30 s are through; a shorter one at the end."""
        waveform, given = audio.waveform_of(call.inputs[0]), call.parameters
        if given.get("return_timestamps"):
            raise InvalidField("parameters.return_timestamps", "has no place in a stream of text alone")
        if len(waveform) <= FRAMES * HOP:
            return super().run_streamed(call)
        mel = log_mel(waveform, self._filters)
        settings = GenerationSettings(given, self._generation)
        model = self._model.get(settings)
        prompt = self._prompt(model, mel, given, with_times=True)
        return Stream(self._pieces(self._windows(model, mel, prompt, settings)), 0, was_cut=False)

    def _pieces(self, windows: Iterator[tuple[list[Segment], int]]) -> Pieces:
        for segments, tokens in windows:
            texts = [self._text(segment.ids) for segment in segments] or [""]
            yield from (Piece(text, None, tokens=0) for text in texts[:-1])
            yield Piece(texts[-1], None, tokens=tokens)
        yield Piece("", None, "stop", 0, is_end=True)

    def _one(self, waveform: NDArray[np.float32], given: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """The result for one sound, and how many tokens were written."""
        import numpy as np

        is_long = len(waveform) > FRAMES * HOP
        if not is_long:
            waveform = np.pad(waveform, (0, FRAMES * HOP - len(waveform)))
        mel = log_mel(waveform, self._filters)
        settings = GenerationSettings(given, self._generation)
        model = self._model.get(settings)  # once: what follows is one stream of chances
        shows_times = bool(given.get("return_timestamps"))
        prompt = self._prompt(model, mel, given, with_times=shows_times or is_long)
        if not (is_long or shows_times):
            ids = self._decode(model, mel, prompt, settings)
            return {"text": self._text(ids)}, len(ids)
        segments, tokens = self._sequential(model, mel, prompt, settings)
        result: dict[str, Any] = {"text": self._text([i for segment in segments for i in segment.ids])}
        if shows_times:
            result["chunks"] = self._chunks(segments)
        return result, tokens

    def _chunks(self, segments: list[Segment]) -> list[dict[str, Any]]:
        return [
            {"timestamp": [round(part.start, 2), round(part.end, 2)], "text": text}
            for part in segments
            if (text := self._text(part.ids))
        ]

    def _sequential(
        self, model: Any, mel: NDArray[np.float32], prompt: list[int], settings: GenerationSettings
    ) -> tuple[list[Segment], int]:
        """Segments, and the tokens written."""
        windows = list(self._windows(model, mel, prompt, settings))
        return [segment for found, _ in windows for segment in found], sum(tokens for _, tokens in windows)

    def _windows(
        self, model: Any, mel: NDArray[np.float32], prompt: list[int], settings: GenerationSettings
    ) -> Iterator[tuple[list[Segment], int]]:
        """The same by window: each begins where the last one's speech was complete."""
        import numpy as np

        seek, total = 0, mel.shape[1]
        while seek < total:
            window = mel[:, seek : seek + FRAMES]
            frames = window.shape[1]
            window = np.pad(window, ((0, 0), (0, FRAMES - frames)))
            written = self._decode(model, window, prompt, settings)
            ids = [index for index in written if index != self._facts.end]
            found, advance = segments_of(ids, self._facts.first_timestamp, seek / FRAMES_A_SECOND, frames)
            yield found, len(written)
            seek += max(1, advance)

    def _decode(
        self, model: Any, mel: NDArray[np.float32], prompt: list[int], settings: GenerationSettings
    ) -> list[int]:
        """Ids that follow the prompt, timestamps and the end token among them."""
        import numpy as np

        room = self._facts.target_window - len(prompt)
        asked = settings.lengths(len(prompt), self._facts.target_window).maximum
        is_limited = settings.get("max_new_tokens") is not None or settings.get("max_length") is not None
        search = settings.search(self._facts.vocabulary_size)
        result = model.generate(
            self._features(np.ascontiguousarray(mel[None])),
            [prompt],
            # CTranslate2 spends half of ``max_length`` on the answer and keeps the rest for a prompt.
            max_length=2 * (asked if is_limited else room),
            beam_size=search["beam_size"],
            patience=search["patience"],
            length_penalty=search["length_penalty"],
            repetition_penalty=search["repetition_penalty"],
            no_repeat_ngram_size=search["no_repeat_ngram_size"],
            max_initial_timestamp_index=self._facts.max_initial_timestamp,
            sampling_topk=search.get("sampling_topk", 1),
            sampling_temperature=search.get("sampling_temperature", 1.0),
        )[0]
        return list(result.sequences_ids[0])

    @staticmethod
    def _features(mel: NDArray[np.float32]) -> Any:
        import ctranslate2

        return ctranslate2.StorageView.from_array(mel)

    def _prompt(
        self, model: Any, mel: NDArray[np.float32], given: dict[str, Any], with_times: bool
    ) -> list[int]:
        """Start, then language and task of a multilingual model, then whether it writes no times."""
        facts = self._facts
        prompt = [facts.start]
        if facts.languages:
            language = given.get("language") or facts.usual_language
            prompt += [self._language(model, mel, language), self._task(given.get("task"))]
        elif given.get("task") not in (None, "transcribe"):
            raise InvalidField("parameters.task", "must be transcribe: this model knows English only")
        elif _plain(given.get("language") or "en") not in ENGLISH:
            raise InvalidField("parameters.language", "must be en: this model knows English only")
        return prompt if with_times else [*prompt, facts.no_timestamps]

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
            self._features(np.ascontiguousarray(mel[None, :, :FRAMES])),
            [[self._facts.start, 0]],
            beam_size=1,
            max_length=2,
            suppress_blank=False,
            suppress_tokens=[],
            return_logits_vocab=True,
        )[0]
        logits = np.asarray(result.logits[0][0]).ravel()
        return max(self._facts.languages.values(), key=lambda index: float(logits[index]))

    def _text(self, ids: Sequence[int]) -> str:
        """Text ids alone: everything from the end token on is special, whatever the tokenizer file says."""
        return self._codec.decode([index for index in ids if index < self._facts.end])


def _plain(language: str) -> str:
    return language.lower().strip("<|>")
