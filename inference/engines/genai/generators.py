"""One answer's generator, with what its parameters ask for around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.genai import guidance, scores

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from inference.engines.text.token_scores import TokenScore
    from inference.engines.text.tools import ToolFormat


def generator(
    model: Any,
    options: Any,
    tokenizer: Any,
    family: ToolFormat,
    end_ids: Set[int],
    parameters: Mapping[str, Any],
) -> Any:
    """onnxruntime-genai's own; kept to a form, and with scores looked at, only where that is asked for."""
    made = guidance.generator(model, options, guidance.guidance(parameters, family, tokenizer.token_to_id))
    if not scores.is_asked(parameters, tokenizer.get_vocab_size()):
        return made
    return scores.ScoredGenerator(made, parameters, lambda token: text_of(tokenizer, token), end_ids)


def tokens_of(generator: Any) -> Iterator[tuple[int, TokenScore | None]]:
    """Tokens without an end, each computed when it is asked for, with its score where there is one."""
    while True:
        generator.generate_next_token()
        yield int(generator.get_next_tokens()[0]), getattr(generator, "score", None)


def is_plain(parameters: Mapping[str, Any], vocabulary: int) -> bool:
    """Whether nothing stands around the library's own generator."""
    is_formed = parameters.get("grammar") or parameters.get("tools")
    return not is_formed and not scores.is_asked(parameters, vocabulary)


def text_of(tokenizer: Any, token_id: int) -> str:
    """One token by itself, its leading blank included, which decoders drop at the start of a text."""
    before = tokenizer.encode("a", add_special_tokens=False).ids
    whole = tokenizer.decode([*before, token_id], skip_special_tokens=False)
    return str(whole[len(tokenizer.decode(before, skip_special_tokens=False)) :])
