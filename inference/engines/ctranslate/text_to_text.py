"""Text in, text out, on CTranslate2's encoder-decoder models.

The artifact's vocabulary is the token ids written as decimal numbers: CTranslate2 speaks strings, and names
made of ids leave no second vocabulary to disagree with the tokenizer's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.ctranslate.memory import BASE_BYTES
from inference.engines.ctranslate.model import BATCH, SeededModel, names
from inference.engines.ctranslate.pieces import joined, pieces_of, step_options
from inference.engines.engine import Engine, Outcome, Pieces, Stream
from inference.engines.text.chunks import chunks
from inference.engines.text.generation_options import GenerationSettings
from inference.errors import InvalidField, printable
from inference.task_kinds import kind_of

if TYPE_CHECKING:
    from inference.engines.ctranslate.codec import Codec
    from inference.engines.ctranslate.config import TextFacts
    from inference.engines.ctranslate.memory import ModelShape
    from inference.task import Call


class TextToText(Engine):
    """Summaries, translations and other rewritings by an encoder-decoder model."""

    def __init__(
        self,
        facts: TextFacts,
        generation: dict[str, Any],
        codec: Codec,
        model: SeededModel,
        pipeline_tag: str,
        shape: ModelShape,
    ) -> None:
        self._facts = facts
        self._generation = generation
        self._codec = codec
        self._model = model
        self._tag = pipeline_tag
        self._kind = kind_of(pipeline_tag)
        self._shape = shape

    def run(self, call: Call) -> Outcome:
        """For each input ``{"summary_text" | "translation_text" | "generated_text": str}``."""
        task = self._task_parameters(call.parameters)
        settings = GenerationSettings(call.parameters, self._generation | task)
        prompt = self._prompt(call.parameters, settings)
        before, after = self._frame(call.parameters)
        room = max(1, self._facts.source_window - len(before) - len(after))
        prefix = self._prefix(call, task)
        fitted = [self._fit(prefix, index, room, call) for index in range(len(call.inputs))]
        sources = [names([*before, *ids, *after]) for several, _ in fitted for ids in several]
        made = self._translate(sources, prompt, settings)
        outputs = iter(made)
        texts = [" ".join(self._codec.decode(next(outputs)) for _ in several) for several, _ in fitted]
        return Outcome(
            [{self._kind.text_name: text} for text in texts],
            truncated=sum(was_cut for _, was_cut in fitted),
            tokens=sum(map(len, sources)) + sum(map(len, made)),
        )

    def list_step(self, call: Call) -> int | None:
        """As many as run together; with a seed the draws of a text depend on all texts before it."""
        return BATCH if call.parameters.get("seed") is None else None

    def run_streamed(self, call: Call) -> Stream:
        """The same of one input as it comes; with beams all of it comes at the end."""
        task = self._task_parameters(call.parameters)
        settings = GenerationSettings(call.parameters, self._generation | task)
        search = settings.search(self._facts.vocabulary_size)
        if search["beam_size"] > 1:
            return super().run_streamed(call)
        prompt = self._prompt(call.parameters, settings)
        before, after = self._frame(call.parameters)
        room = max(1, self._facts.source_window - len(before) - len(after))
        several, was_cut = self._fit(self._prefix(call, task), 0, room, call)
        model, lengths = self._model.get(settings), settings.lengths(1, self._facts.target_window)

        def write(ids: list[int]) -> Pieces:
            steps = model.generate_tokens(
                names([*before, *ids, *after]),
                names(prompt),
                max_input_length=0,
                max_decoding_length=lengths.maximum,
                min_decoding_length=lengths.minimum,
                end_token=names(self._facts.ends),
                **step_options(search),
            )
            return pieces_of(steps, self._codec, self._facts.ends, lengths.maximum)

        read = sum(len(before) + len(ids) + len(after) for ids in several)
        return Stream(joined(map(write, several)), read, was_cut)

    def _translate(
        self, sources: list[list[str]], prompt: list[int], settings: GenerationSettings
    ) -> list[list[int]]:
        if not sources:
            return []
        lengths = settings.lengths(1, self._facts.target_window)
        search = settings.search(self._facts.vocabulary_size)
        results = self._model.get(settings).translate_batch(
            sources,
            target_prefix=[names(prompt)] * len(sources),
            max_batch_size=self._batch(max(map(len, sources)), lengths.maximum, search["beam_size"]),
            max_input_length=0,
            max_decoding_length=lengths.maximum,
            min_decoding_length=lengths.minimum,
            end_token=names(self._facts.ends),
            return_end_token=True,  # so that scores are divided by the length that transformers counts
            **search,
        )
        return [[int(name) for name in result.hypotheses[0]] for result in results]

    def _batch(self, source: int, written: int, beams: int) -> int:
        """How many texts of so many tokens may run together; raises :class:`InvalidField` for none."""
        each_bytes, room_bytes = self._shape.text_bytes(source, written, beams), self.room_bytes - BASE_BYTES
        if each_bytes > room_bytes:
            problem = (
                f"with {beams} beams, {source:,} tokens to read and {written:,} to write, one text takes "
                f"{each_bytes / 1e6:,.0f} MB, and this function has {room_bytes / 1e6:,.0f} MB left for it: "
                "ask for fewer beams or tokens, or give the function more memory"
            )
            raise InvalidField("parameters.num_beams", problem)
        return min(BATCH, int(room_bytes // each_bytes))

    def _fit(self, prefix: str, index: int, room: int, call: Call) -> tuple[list[list[int]], bool]:
        """Ids that fit the window, in one or more parts, and whether some were cut.

        The parts are the text's beginning, or with ``chunking`` all of it. An empty text has none: a
        model that is given no tokens makes something up.
        """
        text, given = call.inputs[index], call.parameters
        ids = self._codec.encode(prefix + text)
        if len(ids) <= room:
            return ([ids] if ids else []), False
        if given.get("chunking"):
            return chunks(text, room, self._codec.encode, prefix), False
        if given.get("truncation") == "do_not_truncate":
            raise InvalidField(call.at(index), f"has {len(ids):,} tokens; the model takes {room:,}")
        return [ids[:room]], True

    def _task_parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the repository's config.json says about this task, or this pair of languages (T5)."""
        known = self._facts.task_parameters
        source, target = given.get("src_lang"), given.get("tgt_lang")
        if not self._kind.takes_languages or (source is None and target is None):
            return known.get(self._tag, {})
        pair = f"translation_{source}_to_{target}"
        if not self._facts.languages and self._facts.codec != "marian" and pair not in known:
            pairs = [name.removeprefix("translation_") for name in known if name.startswith("translation_")]
            options = ", ".join(pairs) or "none"
            raise InvalidField("parameters.tgt_lang", f"is no language pair of this model; known: {options}")
        return known.get(pair, {})

    def _prefix(self, call: Call, task: dict[str, Any]) -> str:
        """The words (T5) or the code (multilingual Marian) that tell the model its task."""
        if self._facts.codec == "marian" and call.parameters.get("tgt_lang") is not None:
            return self._marian_code(str(call.parameters["tgt_lang"]))
        return str(task.get("prefix") or "")

    def _marian_code(self, language: str) -> str:
        code = f">>{language}<<"
        if self._codec.encode(code)[:1] == [self._facts.unknown]:
            problem = f"{printable(language)} is no language of this model, which may have one direction only"
            raise InvalidField("parameters.tgt_lang", problem)
        return f"{code} "

    def _frame(self, given: dict[str, Any]) -> tuple[list[int], list[int]]:
        """Special ids before and behind a text, with the caller's source language in place."""
        facts = self._facts
        language = given.get("src_lang")
        if language is None or not facts.languages or facts.source_language is None:
            return list(facts.before), list(facts.after)
        default, wanted = facts.languages[facts.source_language], self._language(language, "src_lang")
        return tuple([wanted if i == default else i for i in ids] for ids in (facts.before, facts.after))  # type: ignore[return-value]

    def _prompt(self, given: dict[str, Any], settings: GenerationSettings) -> list[int]:
        """What the decoder starts from: its start token, then the forced first token if there is one."""
        facts = self._facts
        forced = settings.get("forced_bos_token_id")
        wanted = given.get("tgt_lang")
        if not facts.languages or wanted is None:
            if len(facts.languages) > 1 and forced is None and not facts.language_starts:
                problem = f"is required: this model translates into {len(facts.languages)} languages"
                raise InvalidField("parameters.tgt_lang", problem)
            return [facts.start] if forced is None else [facts.start, int(forced)]
        language = self._language(wanted, "tgt_lang")
        return [language] if facts.language_starts else [facts.start, language]

    def _language(self, code: str, name: str) -> int:
        languages = self._facts.languages
        if code not in languages:
            some = ", ".join(sorted(languages)[:5])
            problem = f"{printable(str(code))} is none of the model's {len(languages)} languages, like {some}"
            raise InvalidField(f"parameters.{name}", problem)
        return languages[code]
