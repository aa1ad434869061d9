"""Whisper on CTranslate2: speech of any length to text, with times if asked.

Sound up to 30 s runs as one window. Longer sound runs as transformers' sequential long form does: each window
starts where the last complete segment of the one before ended, as the model's own timestamps say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.engines.ctranslate import words
from inference.engines.ctranslate.codec import JsonCodec
from inference.engines.ctranslate.log_mel import FRAMES, FRAMES_A_SECOND, HOP, log_mel
from inference.engines.ctranslate.segments import segments_of
from inference.engines.ctranslate.whisper_prompt import Prompts, features
from inference.engines.engine import Engine, Outcome, Piece, Pieces, Stream
from inference.engines.text.generation_options import GenerationSettings
from inference.errors import InvalidField
from inference.media import audio

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.ctranslate.config import SpeechFacts
    from inference.engines.ctranslate.model import SeededModel
    from inference.engines.ctranslate.segments import Segment
    from inference.engines.ctranslate.whisper_prompt import Prompt
    from inference.engines.ctranslate.words import Word
    from inference.task import Call

FILTERS = "mel_filters.npy"
WORD = "word"


@dataclass(frozen=True)
class Written:
    """What the decoder wrote of one window."""

    ids: list[int]
    avg_logprob: float
    no_speech_prob: float


@dataclass(frozen=True)
class Window:
    """Up to 30 s: its phrases, and its words where their times were asked for."""

    start_s: float
    segments: list[Segment]
    written: Written
    words: list[Word]

    @property
    def tokens(self) -> int:
        """Written."""
        return len(self.written.ids)


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
        self._prompts = Prompts(facts, self._codec)

    def run(self, call: Call) -> Outcome:
        """For each sound file's bytes, or mono float32 waveform at 16 kHz, ``{"text": str}``.

        With ``return_timestamps`` also ``chunks``, ``[{"text": str, "timestamp": [start, end]}]`` in seconds:
        phrases, or words if it is ``"word"``. With ``segments`` also ``language``, ``duration`` in seconds
        and ``segments``, phrases with what Whisper's own program tells of them.
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
        settings = self._settings(given)
        model = self._model.get(settings)
        prompt = self._prompts.make(model, mel, given, with_times=True)
        return Stream(self._pieces(self._windows(model, mel, prompt, settings)), 0, was_cut=False)

    def _pieces(self, windows: Iterator[Window]) -> Pieces:
        for window in windows:
            texts = [self._text(segment.ids) for segment in window.segments] or [""]
            yield from (Piece(text, None, tokens=0) for text in texts[:-1])
            yield Piece(texts[-1], None, tokens=window.tokens)
        yield Piece("", None, "stop", 0, is_end=True)

    def _one(self, waveform: NDArray[np.float32], given: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """The result for one sound, and how many tokens were written."""
        import numpy as np

        duration_s = len(waveform) / audio.RATE
        is_long = len(waveform) > FRAMES * HOP
        if not is_long:
            waveform = np.pad(waveform, (0, FRAMES * HOP - len(waveform)))
        mel = log_mel(waveform, self._filters)
        settings = self._settings(given)
        model = self._model.get(settings)  # once: what follows is one stream of chances
        times = given.get("return_timestamps")
        prompt = self._prompts.make(model, mel, given, with_times=bool(times) or is_long)
        if not (is_long or times):
            window = self._decode(model, mel, prompt, settings)
            return {"text": self._text(window.ids)}, len(window.ids)
        sound = round(duration_s * FRAMES_A_SECOND)
        windows = list(self._windows(model, mel, prompt, settings, sound if times == WORD else None))
        segments = [segment for window in windows for segment in window.segments]
        result: dict[str, Any] = {"text": self._text([i for segment in segments for i in segment.ids])}
        if times:
            result["chunks"] = self._words(windows) if times == WORD else self._chunks(segments)
        if given.get("segments"):
            result |= {"language": self._prompts.language_name(prompt.language), "duration": duration_s}
            result["segments"] = [each for window in windows for each in self._told(window)]
        return result, sum(window.tokens for window in windows)

    def _settings(self, given: dict[str, Any]) -> GenerationSettings:
        """A temperature alone says whether to draw by chance, as in Whisper's own program."""
        temperature, draws = given.get("temperature"), given.get("do_sample")
        if temperature is None:
            return GenerationSettings(given, self._generation)
        does = bool(temperature) if draws is None else draws and bool(temperature)
        own = {"do_sample": does, "temperature": temperature or None}
        return GenerationSettings({**given, **own}, self._generation)

    def _chunks(self, segments: list[Segment]) -> list[dict[str, Any]]:
        return [
            {"timestamp": [round(part.start, 2), round(part.end, 2)], "text": text}
            for part in segments
            if (text := self._text(part.ids))
        ]

    def _words(self, windows: list[Window]) -> list[dict[str, Any]]:
        return [
            {"timestamp": [round(window.start_s + word.start, 2), round(window.start_s + word.end, 2)],
             "text": word.text}
            for window in windows
            for word in window.words
        ]  # fmt: skip

    def _told(self, window: Window) -> Iterator[dict[str, Any]]:
        for segment in window.segments:
            if text := self._text(segment.ids):
                yield {
                    "seek": round(window.start_s * FRAMES_A_SECOND),
                    "start": round(segment.start, 2),
                    "end": round(segment.end, 2),
                    "text": text,
                    "tokens": list(segment.ids),
                    "avg_logprob": round(window.written.avg_logprob, 4),
                    "no_speech_prob": round(window.written.no_speech_prob, 6),
                }

    def _windows(
        self,
        model: Any,
        mel: NDArray[np.float32],
        prompt: Prompt,
        settings: GenerationSettings,
        word_frames: int | None = None,
    ) -> Iterator[Window]:
        """Each begins where the last one's speech was complete.

        With ``word_frames``, how much of all is sound, the words have times too.
        """
        import numpy as np

        seek, total = 0, mel.shape[1]
        while seek < total:
            window = mel[:, seek : seek + FRAMES]
            frames = window.shape[1]
            window = np.pad(window, ((0, 0), (0, FRAMES - frames)))
            written = self._decode(model, window, prompt, settings)
            ids = [index for index in written.ids if index != self._facts.end]
            start_s = seek / FRAMES_A_SECOND
            found, advance = segments_of(ids, self._facts.first_timestamp, start_s, frames)
            said: list[Word] = []
            if word_frames is not None and word_frames > seek:
                sound = min(frames, word_frames - seek)
                said = self._timed(model, window, prompt, found, sound)
            yield Window(start_s, found, written, said)
            seek += max(1, advance)

    def _timed(
        self, model: Any, mel: NDArray[np.float32], prompt: Prompt, segments: list[Segment], frames: int
    ) -> list[Word]:
        """The words of a window's segments; what begins a next window has no segment here."""
        import numpy as np

        ids = [index for segment in segments for index in segment.ids if index < self._facts.end]
        split = words.split(self._codec, ids, prompt.language)
        return words.timed(model, features(np.ascontiguousarray(mel[None])), prompt.start, split, ids, frames)

    def _decode(
        self, model: Any, mel: NDArray[np.float32], prompt: Prompt, settings: GenerationSettings
    ) -> Written:
        """What follows the prompt, timestamps and the end token among it."""
        import numpy as np

        before = len(prompt.ids)
        asked = settings.lengths(before, self._facts.target_window).maximum
        is_limited = settings.get("max_new_tokens") is not None or settings.get("max_length") is not None
        most = asked if is_limited else self._facts.target_window - before
        search = settings.search(self._facts.vocabulary_size)
        result = model.generate(
            features(np.ascontiguousarray(mel[None])),
            [prompt.ids],
            # CTranslate2 spends half of ``max_length`` on the answer at most, and all that the prompt leaves.
            max_length=max(2 * most, before + most),
            beam_size=search["beam_size"],
            patience=search["patience"],
            length_penalty=search["length_penalty"],
            repetition_penalty=search["repetition_penalty"],
            no_repeat_ngram_size=search["no_repeat_ngram_size"],
            max_initial_timestamp_index=self._facts.max_initial_timestamp,
            sampling_topk=search.get("sampling_topk", 1),
            sampling_temperature=search.get("sampling_temperature", 1.0),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        ids = list(result.sequences_ids[0])
        # The score is divided by the length to this power; the mean counts the end token too.
        sum_logprob = result.scores[0] * len(ids) ** search["length_penalty"]
        return Written(ids, sum_logprob / (len(ids) + 1), result.no_speech_prob)

    def _text(self, ids: Sequence[int]) -> str:
        """Text ids alone: everything from the end token on is special, whatever the tokenizer file says."""
        return self._codec.decode([index for index in ids if index < self._facts.end])
