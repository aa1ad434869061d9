"""``POST /predict``: a text or a batch of them in, labels with scores out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField
from inference.fields import Field, Flag, Several, Text, json_type
from inference.http.asked import Asked
from inference.http.openai import body
from inference.http.response import Answer
from inference.http.tei import truncation
from inference.task import Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.engines.engine import Outcome
    from inference.task import Task

MOST_TEXTS = 2048


@dataclass(frozen=True)
class Sequences(Several):
    """``"a text"``, the same in a list, or a batch ``[["a text"], ...]``; pairs are refused by name."""

    item: Text

    def read(self, value: Any, at: str) -> list[str] | str:
        """A text for a single one, a list of texts for a batch."""
        if not isinstance(value, list) or not value or not isinstance(value[0], list):
            return self._read_one(value, at)
        self.check_count(value, at)
        for index, each in enumerate(value):
            if not isinstance(each, list):
                raise InvalidField(f"{at}[{index}]", f"must be a list of one text, not {json_type(each)}")
        return [self._read_one(each, f"{at}[{index}]") for index, each in enumerate(value)]

    def _read_one(self, value: Any, at: str) -> str:
        if not isinstance(value, list):
            return self.item.read(value, at)
        if len(value) == 2:
            raise InvalidField(at, "is a pair of texts; models that label pairs are not served here")
        if len(value) != 1:
            raise InvalidField(
                at, f"must be one text, not a list of {len(value):,}; a batch is [[text], ...]"
            )
        return self.item.read(value[0], f"{at}[0]")

    def schema(self) -> dict[str, Any]:
        one = self.item.schema()
        alone = {"type": "array", "items": one, "minItems": 1, "maxItems": 1}
        batch = {"type": "array", "items": alone, "minItems": 1, "maxItems": self.max_items}
        return {"anyOf": [one, alone, batch]}


FIELDS: tuple[Field, ...] = (
    Sequences(Text("inputs", "A text, or a batch like [[text], [text]].", max_chars=20_000), MOST_TEXTS),
    Flag("raw_scores", "Whether scores are logits; the model's own function makes them otherwise."),
    *truncation.FIELDS,
)


def read(document: Mapping[str, Any], task: Task) -> Asked:
    """Read a body."""
    values = body.read(document, FIELDS, "inputs", {})
    inputs, is_batch = values["inputs"], isinstance(values["inputs"], list)
    function = {"function_to_apply": "none"} if values["raw_scores"] else {}
    return Asked(
        model=body.choose_model(task, document.get("model")),
        call=Call(inputs if is_batch else [inputs], function, is_list=is_batch),
        present=partial(_present, truncation.parameters(values), is_batch),
    )


def _present(limits: Mapping[str, Any], is_batch: bool, outcome: Outcome, request_id: str) -> Answer:
    """``[{"label": str, "score": float}, ...]``, best first; a list of those for a batch.

    Raises :class:`InvalidField` where a text was cut that must not be, or not at that end.
    """
    if outcome.truncated and limits["truncate"] is False:
        raise InvalidField("inputs", f"{outcome.truncated:,} of them do not fit into the model's window")
    if outcome.truncated and limits["truncation_direction"] == "left":
        raise InvalidField("truncation_direction", "texts that label are cut at their right end only")
    return Answer(outcome.results if is_batch else outcome.results[0])
