"""Text in, text out, on CTranslate2: encoder-decoder models and GPT-2.

The artifact's vocabulary is the token ids written as decimal numbers: CTranslate2 speaks strings, and names
made of ids leave no second vocabulary to disagree with the tokenizer's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from inference.engines.engine import Completion
from inference.engines.generation import Settings
from inference.errors import InvalidField, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from inference.engines.ctranslate_codec import Codec
    from inference.engines.ctranslate_facts import TextFacts
    from inference.task import Call

BATCH = 16
"""Texts run together, sorted by length inside CTranslate2; more gain nothing on a few threads."""
RESULT_NAMES = {"summarization": "summary_text", "translation": "translation_text"}


class Model:
    """A CTranslate2 model that can be seeded.

    Its random generator belongs to the worker thread and reads the seed once, at the thread's first sample;
    so a seeded call after any sampled one needs a new thread, which means opening the model again.
    """

    def __init__(self, open_model: Callable[[], Any]) -> None:
        self._open = open_model
        self._model: Any = open_model()
        self._has_sampled = False

    def get(self, settings: Settings) -> Any:
        """The model for a call with these settings."""
        seed = settings.get("seed")
        if settings.samples and seed is not None:
            import ctranslate2

            ctranslate2.set_random_seed(int(seed) & 0xFFFFFFFF)
            if self._has_sampled:
                self._model = None  # never two in memory
                self._model = self._open()
        self._has_sampled = self._has_sampled or settings.samples
        return self._model


class TextToText:
    """Summaries, translations and other rewritings by an encoder-decoder model."""

    def __init__(
        self, facts: TextFacts, generation: dict[str, Any], codec: Codec, model: Model, pipeline_tag: str
    ) -> None:
        self._facts = facts
        self._generation = generation
        self._codec = codec
        self._model = model
        self._tag = pipeline_tag
        self.last_truncated = 0
        """How many inputs of the last call were cut to the model's window."""

    def run(self, call: Call) -> list[Any]:
        """For each input ``{"summary_text" | "translation_text" | "generated_text": str}``."""
        task = self._task_parameters(call.parameters)
        settings = Settings(call.parameters, self._generation | task)
        prompt = self._prompt(call.parameters, settings)
        before, after = self._frame(call.parameters)
        sources = [self._encode(text, before, after) for text in self._prefixed(call, task)]
        self.last_truncated = sum(cut for _, cut in sources)
        full = [index for index, text in enumerate(call.inputs) if self._codec.encode(text)]
        texts = [""] * len(sources)  # nothing in, nothing out: a model given no tokens makes something up
        outputs = self._translate([names(sources[index][0]) for index in full], prompt, settings)
        for index, ids in zip(full, outputs, strict=True):
            texts[index] = self._codec.decode(ids)
        return [{RESULT_NAMES.get(self._tag, "generated_text"): text} for text in texts]

    def _translate(self, sources: list[list[str]], prompt: list[int], settings: Settings) -> list[list[int]]:
        if not sources:
            return []
        lengths = settings.lengths(1, self._facts.target_window)
        results = self._model.get(settings).translate_batch(
            sources,
            target_prefix=[names(prompt)] * len(sources),
            max_batch_size=BATCH,
            max_input_length=0,
            max_decoding_length=lengths.maximum,
            min_decoding_length=lengths.minimum,
            end_token=names(self._facts.ends),
            return_end_token=True,  # so that scores are divided by the length that transformers counts
            **settings.search(),
        )
        return [[int(name) for name in result.hypotheses[0]] for result in results]

    def _encode(self, text: str, before: list[int], after: list[int]) -> tuple[list[int], bool]:
        """Framed ids, and whether the text had to be cut."""
        ids = self._codec.encode(text)
        room = max(0, self._facts.source_window - len(before) - len(after))
        return [*before, *ids[:room], *after], len(ids) > room

    def _task_parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the repository's config.json says about this task, or this pair of languages (T5)."""
        known = self._facts.task_parameters
        source, target = given.get("src_lang"), given.get("tgt_lang")
        if self._tag != "translation" or (source is None and target is None):
            return known.get(self._tag, {})
        pair = f"translation_{source}_to_{target}"
        if not self._facts.languages and self._facts.codec != "marian" and pair not in known:
            pairs = [name.removeprefix("translation_") for name in known if name.startswith("translation_")]
            options = ", ".join(pairs) or "none"
            raise InvalidField("parameters.tgt_lang", f"is no language pair of this model; known: {options}")
        return known.get(pair, {})

    def _prefixed(self, call: Call, task: dict[str, Any]) -> list[str]:
        """Inputs behind the words (T5) or the code (multilingual Marian) that tell the model its task."""
        prefix = str(task.get("prefix") or "")
        if self._facts.codec == "marian" and call.parameters.get("tgt_lang") is not None:
            prefix = self._marian_code(str(call.parameters["tgt_lang"]))
        return [prefix + text for text in call.inputs]

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

    def _prompt(self, given: dict[str, Any], settings: Settings) -> list[int]:
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


class Continuation:
    """Text generation by GPT-2: what follows a prompt."""

    def __init__(
        self, facts: TextFacts, generation: dict[str, Any], codec: Codec, model: Model, pipeline_tag: str
    ) -> None:
        self._facts = facts
        self._settings = generation | facts.task_parameters.get(pipeline_tag, {})
        self._codec = codec
        self._model = model
        self.last_truncated = 0
        """How many prompts of the last call lost their beginning to the model's window."""

    def run(self, call: Call) -> list[Any]:
        """For each input ``{"generated_text": str}``: what follows; ``return_full_text`` adds the prompt.

        ``repetition_penalty`` counts all of the prompt but its first token.
        """
        settings = Settings(call.parameters, self._settings)
        prompts = [self._encode(text, settings) for text in call.inputs]
        self.last_truncated = sum(cut for _, cut in prompts)
        outputs = self._generate([ids for ids, _ in prompts], settings)
        full = bool(call.parameters.get("return_full_text"))
        texts = [self._codec.decode(ids) for ids in outputs]
        given = call.inputs if full else [""] * len(texts)
        return [{"generated_text": text + more} for text, more in zip(given, texts, strict=True)]

    def complete(self, prompt: str | list[dict[str, Any]], parameters: Mapping[str, Any]) -> Completion:
        """One prompt to its end; these models have no chat template."""
        if not isinstance(prompt, str):
            raise InvalidField("messages", "must be sent as a prompt: this model has no chat template")
        settings = Settings(parameters, self._settings)
        ids, cut = self._encode(prompt, settings)
        self.last_truncated = int(cut)
        (made,) = self._generate([ids], settings)
        room = settings.lengths(len(ids), self._facts.target_window).maximum
        reason: Literal["stop", "length"] = "length" if len(made) >= room else "stop"
        return Completion((self._codec.decode(made),), reason, len(ids), len(made))

    def _encode(self, text: str, settings: Settings) -> tuple[list[int], bool]:
        """A prompt keeps its end: at least one id, and room for the answer."""
        ids = self._codec.encode(text) or [self._facts.start]
        asked = settings.lengths(0, self._facts.target_window).maximum
        room = max(1, self._facts.target_window - min(asked, self._facts.target_window // 2))
        return ids[-room:], len(ids) > room

    def _generate(self, prompts: list[list[int]], settings: Settings) -> list[list[int]]:
        """Prompts of one length run together: CTranslate2 treats the tail of longer ones as generated."""
        outputs: list[list[int]] = [[] for _ in prompts]
        for length in sorted({len(ids) for ids in prompts}):
            chosen = [index for index, ids in enumerate(prompts) if len(ids) == length]
            for index, ids in zip(chosen, self._alike([prompts[i] for i in chosen], settings), strict=True):
                outputs[index] = ids
        return outputs

    def _alike(self, prompts: list[list[int]], settings: Settings) -> list[list[int]]:
        length = len(prompts[0])
        search = settings.search()
        # The two penalties count the prompt too, and see it only when it is decoded as part of the result.
        whole = search["repetition_penalty"] != 1.0 or search["no_repeat_ngram_size"] > 0
        lengths = settings.lengths(length, self._facts.target_window)
        extra = length - 1 if whole else 0
        results = self._model.get(settings).generate_batch(
            [names(ids) for ids in prompts],
            max_batch_size=BATCH,
            max_length=lengths.maximum + extra,
            min_length=min(lengths.minimum, lengths.maximum) + extra,
            include_prompt_in_result=whole,
            end_token=names(self._facts.ends),
            **search,
        )
        outputs = [list(result.sequences_ids[0]) for result in results]
        if not whole:
            return outputs
        return [_behind(ids, output) for ids, output in zip(prompts, outputs, strict=True)]


def _behind(prompt: list[int], output: list[int]) -> list[int]:
    """What follows the prompt; CTranslate2 leaves a prompt's first token out when it is the start token."""
    return output[len(prompt) :] if output[: len(prompt)] == prompt else output[len(prompt) - 1 :]


def names(ids: Sequence[int]) -> list[str]:
    """Token ids as the artifact's vocabulary spells them."""
    return [str(index) for index in ids]
