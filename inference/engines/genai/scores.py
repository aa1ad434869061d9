"""Token probabilities told, and changed: what onnxruntime-genai has no options for.

Typical sampling is that of Meister et al., "Locally Typical Sampling" (TACL 2023): it keeps the tokens
whose surprise is nearest to the expected one, until they reach the given probability together.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from inference.engines.text.token_scores import TokenScore
from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Set

    import numpy as np
    from numpy.typing import NDArray

LOWEST = -1e4
"""A log probability that stands for none, as JSON has no infinity."""


class ScoredGenerator:
    """A generator whose scores are looked at before each token is drawn."""

    def __init__(
        self,
        generator: Any,
        parameters: Mapping[str, Any],
        text_of: Callable[[int], str],
        end_ids: Set[int],
    ) -> None:
        self._generator = generator
        self._bias: Mapping[int, float] = parameters.get("logit_bias") or {}
        self._frequency = float(parameters.get("frequency_penalty") or 0)
        self._presence = float(parameters.get("presence_penalty") or 0)
        self._typical = float(parameters.get("typical_p") or 1)
        self._temperature = float(parameters.get("temperature") or 1)
        self._top: int | None = parameters.get("logprobs")
        self._text_of = text_of
        self._end_ids = end_ids
        self._drawn: Counter[int] = Counter()
        self.score: TokenScore | None = None
        """Of the last token, where scores were asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generator, name)

    def generate_next_token(self) -> None:
        """Draw one token by the changed scores, and note how likely it was."""
        logits = self._generator.get_logits().copy()
        row = logits.reshape(-1, logits.shape[-1])[-1]
        if self._bias or self._frequency or self._presence or self._typical < 1:
            self._change(row)
            self._generator.set_logits(logits)
        self._generator.generate_next_token()
        token = int(self._generator.get_next_tokens()[0])
        self._drawn[token] += 1
        if self._top is not None and token not in self._end_ids:
            self.score = self._score(row, token, self._top)

    def _change(self, row: NDArray[np.float32]) -> None:
        for token, bias in self._bias.items():
            row[token] += bias
        for token, count in self._drawn.items():
            row[token] -= self._presence + self._frequency * count
        if self._typical < 1:
            # Not to minus infinity: a form may leave none of the typical tokens.
            row[~typical(row / self._temperature, self._typical)] += LOWEST

    def _score(self, row: NDArray[np.float32], token: int, top: int) -> TokenScore:
        import numpy as np

        wide = row.astype(np.float64)
        wide -= wide.max()
        logprobs = np.maximum(wide - np.log(np.exp(wide).sum()), LOWEST)
        best = np.argsort(-logprobs, kind="stable")[:top]
        likeliest = tuple((self._text_of(int(each)), float(logprobs[each])) for each in best)
        return TokenScore(self._text_of(token), float(logprobs[token]), likeliest)


def typical(scores: NDArray[np.float32], mass: float) -> NDArray[np.bool_]:
    """Which tokens are typical: those nearest to the entropy that reach ``mass`` together, at least one."""
    import numpy as np

    wide = scores.astype(np.float64)
    wide -= wide.max()
    logprobs = wide - np.log(np.exp(wide).sum())
    probabilities = np.exp(logprobs)
    surprise = np.where(probabilities > 0, -logprobs, 0)
    entropy = (probabilities * surprise).sum()
    order = np.argsort(np.where(probabilities > 0, np.abs(surprise - entropy), np.inf), kind="stable")
    count = int(np.searchsorted(probabilities[order].cumsum(), mass)) + 1
    kept = np.zeros(scores.shape, dtype=bool)
    kept[order[:count]] = True
    return kept


def in_effect(parameters: Mapping[str, Any], options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters that a search of these options can follow: what is not drawn has no typical tokens."""
    if parameters.get("typical_p") is None:
        return parameters
    if not options["do_sample"]:
        return {**parameters, "typical_p": None}
    return {**parameters, "temperature": options["temperature"]}


def is_asked(parameters: Mapping[str, Any], vocabulary: int) -> bool:
    """Whether somebody asks for scores or changes them; a bias of what is no token is refused."""
    for token in parameters.get("logit_bias") or ():
        if token >= vocabulary:
            raise InvalidField(f"logit_bias.{token}", f"is no token; this model has {vocabulary:,}")
    names = ("logit_bias", "frequency_penalty", "presence_penalty")
    is_changed = any(parameters.get(name) for name in names) or (parameters.get("typical_p") or 1) < 1
    return is_changed or parameters.get("logprobs") is not None
