"""Fill-mask: a text with a gap in, the tokens for it out, as transformers' own pipeline gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Outcome
from inference.engines.onnx.head import Head
from inference.engines.onnx.model_types import FILLING_MODEL_TYPES
from inference.engines.onnx.windows import clearest, split
from inference.engines.softmax import softmax
from inference.engines.text.tokenizer import TextTokenizer
from inference.errors import InvalidField, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.onnx.head import Forward
    from inference.task import Call

TOP_K = 5
MOST_SCORES = 16_000_000
"""Of all masks of a text together, each scored against the whole vocabulary: 64 MB, a quarter of what a call
may always take."""
MOST_CHARS = 12_000_000
"""Of all sequences of an answer, each with the whole text in it; a reply has half as many at most."""
TIDIED = [(f" {mark}", mark) for mark in (".", "?", "!", ",")]
TIDIED += [(" ' ", "'"), *((f" {end}", end) for end in ("n't", "'m", "'s", "'ve", "'re"))]
"""What some repositories ask to be undone after decoding: spaces that their tokenizer puts before marks."""


@dataclass(frozen=True)
class Gaps:
    """What the model said about a text's masks."""

    ids: list[int]
    """The whole text's tokens, special ones included."""
    at: list[int]
    """Where among them the masks are."""
    logits: list[NDArray[np.float32]]
    """One for each mask, of shape (vocabulary,)."""
    tokens_read: int
    """Of all windows with a mask; the others are not read."""

    def scores(self, number: int) -> NDArray[np.float64]:
        """Probabilities for a mask, of shape (vocabulary,); made when asked for: they are twice as large."""
        return softmax(self.logits[number])


class FillMask(Head):
    """Tokens for the masks of a text.

    A mask in a long text is filled from the window that sees most around it; nothing is cut.
    """

    AUTO_CLASS = "AutoModelForMaskedLM"
    OUTPUTS = ("logits",)
    MODEL_TYPES = FILLING_MODEL_TYPES

    def __init__(self, folder: Path, forward: Forward) -> None:
        super().__init__(folder, forward)
        self._tokenizer = TextTokenizer(folder)
        self.mask = self._tokenizer.special_token("mask")
        self._mask_id = self._tokenizer.special_id("mask")
        if self.mask is None or self._mask_id is None:
            raise ValueError("the model's tokenizer has no mask token")
        self._pad_id = self._tokenizer.special_id("pad")
        tidies = self._tokenizer.config.get("clean_up_tokenization_spaces", False)
        self._tidies = tidies and type(self._tokenizer.raw.model).__name__ != "BPE"

    def run(self, call: Call) -> Outcome:
        """For each input the likeliest fillings of its mask, best first.

        ``[{"score": float, "token": int, "token_str": str, "sequence": str}, ...]``; such a list for each
        mask, each scored as if the others stayed, where a text has more than one.
        """
        top_k = call.parameters.get("top_k") or TOP_K
        targets = call.parameters.get("targets")
        chosen = None if targets is None else self._target_ids(targets)
        results: list[list[Any]] = []
        tokens = chars = 0
        for index, text in enumerate(call.inputs):
            gaps = self.read(text, call.at(index))
            tokens += gaps.tokens_read
            chars += len(gaps.at) * min(top_k, len(gaps.logits[0])) * len(text)
            if chars > MOST_CHARS:
                problem = (
                    f"{top_k} words for each mask, each with its whole text, are more than {MOST_CHARS:,} "
                    "characters: ask for fewer, or send less text"
                )
                raise InvalidField("parameters.top_k", problem)
            filled = [self._filled(gaps, number, top_k, chosen) for number in range(len(gaps.at))]
            results.append(filled[0] if len(filled) == 1 else filled)
        return Outcome(results, tokens=tokens)

    def read(self, text: str, at: str = "inputs") -> Gaps:
        """Score the whole vocabulary for each mask; raises :class:`InvalidField` where there is none."""
        windows = split(self._tokenizer, text, self._tokenizer.room() // 2)
        places = clearest(windows)
        ids = [windows[number].encoding.ids[at] for number, at in places]
        masks = [token for token, id_ in enumerate(ids) if id_ == self._mask_id]
        if not masks:
            raise InvalidField(at, f"must hold the mask token of this model, {self.mask}")
        self._check_masks(len(masks), at)
        read = sorted({int(places[mask][0]) for mask in masks})
        tokens_read = sum(len(windows[number].encoding) for number in read)
        rows: dict[int, NDArray[np.float32]] = {}
        for number in read:  # one window's scores at a time: each has a vocabulary for every token
            logits = self._forward(windows[number].inputs)[0][0]
            rows |= {mask: logits[places[mask][1]].copy() for mask in masks if places[mask][0] == number}
        edges = windows[0].positions
        head, tail = windows[0].encoding.ids[: edges.start], windows[0].encoding.ids[edges.stop :]
        logits = [rows[mask] for mask in masks]
        return Gaps([*head, *ids, *tail], [len(head) + mask for mask in masks], logits, tokens_read)

    def _check_masks(self, masks: int, at: str) -> None:
        most = max(1, MOST_SCORES // self._tokenizer.raw.get_vocab_size())
        if masks > most:
            raise InvalidField(at, f"has {masks:,} masks; at most {most:,} are filled at once")

    def _filled(
        self, gaps: Gaps, number: int, top_k: int, chosen: NDArray[np.int64] | None
    ) -> list[dict[str, Any]]:
        import numpy as np

        scores = gaps.scores(number)
        allowed = np.arange(len(scores)) if chosen is None else chosen
        count = min(top_k, len(allowed))
        best = allowed[np.argpartition(-scores[allowed], count - 1)[:count]]
        best = best[np.argsort(-scores[best], kind="stable")]
        is_alone = len(gaps.at) == 1  # with several, the others stay visible in the sequence
        filled = []
        for token in best.tolist():
            ids = [token if at == gaps.at[number] else id_ for at, id_ in enumerate(gaps.ids)]
            filled.append(
                {
                    "score": float(scores[token]),
                    "token": token,
                    "token_str": self._decode([token], skip_special=False),
                    "sequence": self._decode([i for i in ids if i != self._pad_id], skip_special=is_alone),
                }
            )
        return filled

    def _target_ids(self, targets: Sequence[str]) -> NDArray[np.int64]:
        """Each target's token: the one of that name, or that of the word within a text.

        transformers takes the first token of any other target, and answers ``n`` to ``nurse``.
        """
        import numpy as np

        raw = self._tokenizer.raw
        raw.no_truncation()
        found = set()
        for index, target in enumerate(targets):
            id_ = raw.token_to_id(target)
            # Byte-level vocabularies have most words with the blank before them only.
            word = f" {target}" if target.strip() else ""
            within = [id_] if id_ is not None else raw.encode(word, add_special_tokens=False).ids
            if len(within) != 1:
                raise InvalidField(
                    f"parameters.targets[{index}]",
                    f"must be one token of this model; '{printable(target)}' is {len(within)}",
                )
            found.add(within[0])
        return np.array(sorted(found), dtype=np.int64)

    def _decode(self, ids: list[int], *, skip_special: bool) -> str:
        text = str(self._tokenizer.raw.decode(ids, skip_special_tokens=skip_special))
        for spaced, tidy in TIDIED if self._tidies else []:
            text = text.replace(spaced, tidy)
        return text


HEAD = FillMask
