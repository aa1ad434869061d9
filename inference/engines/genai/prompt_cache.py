"""The last answer's generator, kept: a conversation's next turn is not read again from its beginning.

Only what was read as a prompt counts, not what was written after it. Tokens that were run one at a time
differ in their last bits from tokens that were read together (onnxruntime-genai 0.18, SmolLM2 in fp32: 3e-5
in a score, against 0 for prompts). So an answer is the same as one from the beginning.

The library can also go on where a generator stands. Then it leaves out the last token that was written, as if
it had never been there (0.18; `findings/genai-goes-on.sh`), and scores are off by 1. To go back mends that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_BYTES = 128 * 1024 * 1024
"""Of keys and values that are kept between two calls; a longer conversation is read anew each time."""
FEWEST = 16
"""Tokens in common that are worth a kept generator."""
LAST = 2
"""At least so many tokens are read again: a single one is run by another kernel, with other last bits."""


class PromptCache:
    """At most one generator, with the prompt that it read. One thread asks."""

    def __init__(self, context: int, token_bytes: int) -> None:
        """``token_bytes``: keys and values of one token, in all layers."""
        self._most_tokens = min(context, MOST_BYTES // token_bytes)
        self._generator: Any = None
        self._ids: Sequence[int] = ()
        self._options: Mapping[str, Any] = {}

    def room(self, length: int) -> int:
        """Tokens to open a generator for, of which ``length`` are needed now: the next turn is longer."""
        return max(length, min(2 * length, self._most_tokens))

    def take(self, ids: Sequence[int], options: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]] | None:
        """The kept generator, with all of ``ids`` read, and the options that it was opened with.

        ``None`` where it is of no use; then it is let go.
        """
        generator, kept, opened = self._generator, self._ids, self._options
        self.drop()
        common = min(_common(kept, ids), len(ids) - LAST)
        if generator is None or common < FEWEST or not _serves(opened, options):
            return None
        try:
            generator.rewind_to(common)
        except RuntimeError:  # a model whose state cannot go back
            return None
        generator.append_tokens(list(ids[common:]))
        return generator, opened

    def keep(self, generator: Any, ids: Sequence[int], options: Mapping[str, Any]) -> None:
        """After an answer to ``ids``; ``options`` are those that the generator was opened with."""
        if options["max_length"] <= self._most_tokens:
            self._generator, self._ids, self._options = generator, ids, options

    def drop(self) -> None:
        """Let the generator go: two at once would be twice the memory."""
        self._generator, self._ids, self._options = None, (), {}


def is_keepable(options: Mapping[str, Any]) -> bool:
    """Whether a generator with these search options answers the next call as a new one would.

    A seed begins a row of random numbers, and a least length counts the prompt.
    """
    return options.get("random_seed", -1) < 0 and not options["min_length"]


def _serves(opened: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    if opened["max_length"] < asked["max_length"]:
        return False
    return {**opened, "max_length": 0} == {**asked, "max_length": 0}


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the common beginning."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))
