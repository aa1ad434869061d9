"""Zero-shot classification: a model that judges whether one text follows from another, asked once a label."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Outcome
from inference.engines.onnx.head import Head
from inference.engines.softmax import softmax
from inference.engines.text.tokenizer import TextTokenizer, read_json
from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.onnx.head import Forward
    from inference.engines.text.tokenizer import Encoded
    from inference.task import Call

TEMPLATE = "This example is {}."


@dataclass(frozen=True)
class Judgement:
    """What the model said about a text and its labels."""

    logits: NDArray[np.float32]
    """Contradiction and entailment for each label, pair by pair; shape (labels, 2)."""
    tokens_read: int
    """The text counts for each label."""
    was_cut: bool
    """Whether the text was cut."""


class ZeroShotClassification(Head):
    """Scores for labels that a caller names."""

    AUTO_CLASS = "AutoModelForSequenceClassification"
    OUTPUTS = ("logits",)

    def __init__(self, folder: Path, forward: Forward) -> None:
        super().__init__(folder, forward)
        self._entailment = entailment_id(read_json(folder / "config.json"))
        self._tokenizer = TextTokenizer(folder)

    def judge(self, texts: Sequence[str], labels: Sequence[str], template: str = TEMPLATE) -> list[Judgement]:
        """For each text, whether each label follows from it; all pairs are run together.

        Only the text is ever cut, never the label. Raises :class:`InvalidField` where a label with its
        template fills the model's window.
        """
        import numpy as np

        kept = [-1 if self._entailment == 0 else 0, self._entailment]
        pairs = [[self._pair(text, label, template) for label in labels] for text in texts]
        inputs = [pair.inputs for of_text in pairs for pair in of_text]
        rows = iter(self._forward_all(inputs, lambda _, outputs: outputs[0][0][kept]))
        return [
            Judgement(
                np.stack(list(islice(rows, len(labels)))),
                tokens_read=sum(pair.tokens for pair in of_text),
                was_cut=any(pair.was_cut for pair in of_text),
            )
            for of_text in pairs
        ]

    def _pair(self, text: str, label: str, template: str) -> Encoded:
        try:
            return self._tokenizer.encode(text, template.replace("{}", label), cut="only_first")
        except ValueError as error:
            problem = f"a label in its template must fit into {self._tokenizer.max_tokens} tokens"
            raise InvalidField("parameters.candidate_labels", problem) from error

    def run(self, call: Call) -> Outcome:
        """For each input the labels, best first: ``[{"label": str, "score": float}, ...]``."""
        labels = call.parameters["candidate_labels"]
        template = call.parameters.get("hypothesis_template") or TEMPLATE
        independent = bool(call.parameters.get("multi_label")) or len(labels) == 1
        judged = self.judge(call.inputs, labels, template)
        return Outcome(
            [_ranked(labels, label_scores(each.logits, independent)) for each in judged],
            truncated=sum(each.was_cut for each in judged),
            tokens=sum(each.tokens_read for each in judged),
        )


def _ranked(labels: Sequence[str], scores: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Best first; of equal scores the last label, as transformers' pipeline has it."""
    return [{"label": labels[i], "score": float(scores[i])} for i in scores.argsort()[::-1]]


def label_scores(logits: NDArray[np.float32], independent: bool) -> NDArray[np.float64]:
    """Shape (labels,): each label for itself, or all of them sharing one."""
    return softmax(logits)[:, 1] if independent else softmax(logits[:, 1])


def entailment_id(config: dict[str, Any]) -> int:
    """Which output says that the label follows; the last where the repository does not tell."""
    ids = config.get("label2id") or {name: int(key) for key, name in config.get("id2label", {}).items()}
    return next((int(i) for name, i in ids.items() if name.lower().startswith("entail")), -1)


HEAD = ZeroShotClassification
