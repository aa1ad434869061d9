"""Zero-shot classification: a model that judges whether one text follows from another, asked once a label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.softmax import softmax
from inference.engines.text import TextEncoder, read_json
from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.task import Call

    Run = Callable[[dict[str, NDArray[np.int64]]], list[NDArray[np.float32]]]

TEMPLATE = "This example is {}."


class ZeroShotClassification:
    """A head over any runner: the engine's session in serving, torch in the proof."""

    OUTPUTS = ("logits",)

    def __init__(self, folder: Path, run: Run) -> None:
        self._entailment = entailment_id(read_json(folder / "config.json"))
        self._encoder = TextEncoder(folder)
        self._run = run
        self.last_tokens = 0
        self.last_truncated = 0
        """How many texts of the last call were cut to the model's window."""

    def logits(self, text: str, labels: Sequence[str], template: str = TEMPLATE) -> NDArray[np.float32]:
        """Contradiction and entailment for each label, pair by pair; shape (labels, 2).

        Only the text is ever cut, never the label. Raises :class:`InvalidField` where a label with its
        template fills the model's window.
        """
        import numpy as np

        contradiction = -1 if self._entailment == 0 else 0
        rows = []
        cut = False
        for label in labels:
            try:
                inputs = self._encoder.encode(text, template.replace("{}", label), cut="only_first")
            except ValueError as error:
                problem = f"a label in its template must fit into {self._encoder.max_tokens} tokens"
                raise InvalidField("parameters.candidate_labels", problem) from error
            cut = cut or self._encoder.was_cut
            self.last_tokens += self._encoder.last_tokens
            rows.append(self._run(inputs)[0][0][[contradiction, self._entailment]])
        self.last_truncated += cut
        return np.stack(rows)

    def run(self, call: Call) -> list[list[dict[str, Any]]]:
        """For each input the labels, best first: ``[{"label": str, "score": float}, ...]``."""
        labels = call.parameters["candidate_labels"]
        template = call.parameters.get("hypothesis_template") or TEMPLATE
        independent = bool(call.parameters.get("multi_label")) or len(labels) == 1
        self.last_truncated = self.last_tokens = 0
        results = []
        for text in call.inputs:
            scores = label_scores(self.logits(text, labels, template), independent)
            order = scores.argsort()[::-1]
            results.append([{"label": labels[i], "score": float(scores[i])} for i in order])
        return results


def label_scores(logits: NDArray[np.float32], independent: bool) -> NDArray[np.float64]:
    """Shape (labels,): each label for itself, or all of them sharing one."""
    return softmax(logits)[:, 1] if independent else softmax(logits[:, 1])


def entailment_id(config: dict[str, Any]) -> int:
    """Which output says that the label follows; the last where the repository does not tell."""
    ids = config.get("label2id") or {name: int(key) for key, name in config.get("id2label", {}).items()}
    return next((int(i) for name, i in ids.items() if name.lower().startswith("entail")), -1)
