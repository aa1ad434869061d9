"""Text generation by base models on CTranslate2: what follows a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from inference.engines.ctranslate.model import BATCH, SeededModel, names
from inference.engines.ctranslate.pieces import pieces_of, step_options
from inference.engines.engine import Completion, Outcome, Stream, TextGenerator
from inference.engines.text.generation_options import GenerationSettings
from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.engines.ctranslate.codec import Codec
    from inference.engines.ctranslate.config import TextFacts
    from inference.task import Call


UNKNOWN = ("logit_bias", "frequency_penalty", "presence_penalty", "tools")


class Continuation(TextGenerator):
    """Text generation by a decoder without a chat template: what follows a prompt."""

    def __init__(
        self,
        facts: TextFacts,
        generation: dict[str, Any],
        codec: Codec,
        model: SeededModel,
        pipeline_tag: str,
    ) -> None:
        self._facts = facts
        self._settings = generation | facts.task_parameters.get(pipeline_tag, {})
        self._codec = codec
        self._model = model

    def run(self, call: Call) -> Outcome:
        """For each input ``{"generated_text": str}``: what follows; ``return_full_text`` adds the prompt.

        ``repetition_penalty`` counts all of the prompt but its first token.
        """
        refuse_unknown(call.parameters)
        settings = GenerationSettings(call.parameters, self._settings)
        prompts = [self._encode(text, settings) for text in call.inputs]
        outputs = self._generate([ids for ids, _ in prompts], settings)
        full = bool(call.parameters.get("return_full_text"))
        texts = [until(self._codec.decode(ids), call.parameters.get("stop"))[0] for ids in outputs]
        given = call.inputs if full else [""] * len(texts)
        return Outcome(
            [{"generated_text": text + more} for text, more in zip(given, texts, strict=True)],
            truncated=sum(cut for _, cut in prompts),
            tokens=sum(len(ids) for ids, _ in prompts) + sum(map(len, outputs)),
        )

    def list_step(self, call: Call) -> int | None:
        """As many as run together; with a seed the draws of a text depend on all texts before it."""
        return BATCH if call.parameters.get("seed") is None else None

    def complete(self, prompt: str | list[dict[str, Any]], parameters: Mapping[str, Any]) -> Completion:
        """One prompt to its end; these models have no chat template."""
        if not isinstance(prompt, str):
            raise InvalidField("messages", "must be sent as a prompt: this model has no chat template")
        refuse_unknown(parameters)
        settings = GenerationSettings(parameters, self._settings)
        ids, cut = self._encode(prompt, settings)
        (made,) = self._generate([ids], settings)
        room = settings.lengths(len(ids), self._facts.target_window).maximum
        text, stopped = until(self._codec.decode(made), parameters.get("stop"))
        reason: Literal["stop", "length"] = "stop" if stopped or len(made) < room else "length"
        return Completion((text,), reason, len(ids), len(made), truncated=int(cut))

    def stream(self, prompt: str | list[dict[str, Any]], parameters: Mapping[str, Any]) -> Stream:
        """The same as it comes; where beams or penalties need all of it, it comes at the end."""
        refuse_unknown(parameters)
        settings = GenerationSettings(parameters, self._settings)
        search = settings.search(self._facts.vocabulary_size)
        if not isinstance(prompt, str) or search["beam_size"] > 1 or _counts_prompt(search):
            return super().stream(prompt, parameters)
        ids, cut = self._encode(prompt, settings)
        lengths = settings.lengths(len(ids), self._facts.target_window)
        steps = self._model.get(settings).generate_tokens(
            names(ids),
            max_length=lengths.maximum,
            min_length=min(lengths.minimum, lengths.maximum),
            end_token=names(self._facts.ends),
            **step_options(search),
        )
        stop = parameters.get("stop") or ()
        return Stream(pieces_of(steps, self._codec, self._facts.ends, lengths.maximum, stop), len(ids), cut)

    def _encode(self, text: str, settings: GenerationSettings) -> tuple[list[int], bool]:
        """Ids of a prompt, and whether its beginning was cut: at least one id, and room for the answer."""
        text = (self._settings.get("prefix") or "") + text
        ids = [*self._facts.before, *self._codec.encode(text)][-(settings.get("truncate") or 0) :] or [
            self._facts.start
        ]
        asked = settings.lengths(0, self._facts.target_window).maximum
        room = max(1, self._facts.target_window - min(asked, self._facts.target_window // 2))
        return ids[-room:], len(ids) > room

    def _generate(self, prompts: list[list[int]], settings: GenerationSettings) -> list[list[int]]:
        """Prompts of one length run together: CTranslate2 treats the tail of longer ones as generated."""
        outputs: list[list[int]] = [[] for _ in prompts]
        for length in sorted({len(ids) for ids in prompts}):
            chosen = [index for index, ids in enumerate(prompts) if len(ids) == length]
            for index, ids in zip(chosen, self._alike([prompts[i] for i in chosen], settings), strict=True):
                outputs[index] = ids
        return outputs

    def _alike(self, prompts: list[list[int]], settings: GenerationSettings) -> list[list[int]]:
        length = len(prompts[0])
        search = settings.search(self._facts.vocabulary_size)
        # The two penalties count the prompt too, and see it only when it is decoded as part of the result.
        whole = _counts_prompt(search)
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


def refuse_unknown(parameters: Mapping[str, Any]) -> None:
    """CTranslate2 keeps to no form, and neither tells scores nor lets them be changed."""
    form = parameters.get("grammar")
    names = [name for name in UNKNOWN if parameters.get(name) not in (None, 0, {})]
    if (parameters.get("typical_p") or 1) < 1 and parameters.get("do_sample"):
        names.append("typical_p")
    if form or names or parameters.get("logprobs") is not None:
        name = form.field if form else names[0] if names else "logprobs"
        raise InvalidField(name, "is not known to the engine that this model needs")


def _counts_prompt(search: Mapping[str, Any]) -> bool:
    return bool(search["repetition_penalty"] != 1.0 or search["no_repeat_ngram_size"] > 0)


def _behind(prompt: list[int], output: list[int]) -> list[int]:
    """What follows the prompt; CTranslate2 leaves a prompt's first token out when it is the start token."""
    return output[len(prompt) :] if output[: len(prompt)] == prompt else output[len(prompt) - 1 :]


def until(text: str, stops: list[str] | None) -> tuple[str, bool]:
    """The text before the first of the stop strings, and whether there was one."""
    found = [place for stop in stops or () if (place := text.find(stop)) >= 0]
    return (text[: min(found)], True) if found else (text, False)
