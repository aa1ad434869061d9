"""Fields of several values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField
from inference.fields.field import Field, json_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.fields.scalars import Text


@dataclass(frozen=True)
class Several:
    """What fields of several values share: the name of their item, no default, and a limit."""

    item: Field
    max_items: int

    @property
    def name(self) -> str:
        return self.item.name

    @property
    def help(self) -> str:
        return self.item.help

    @property
    def default(self) -> Any:
        return None

    def check_count(self, values: Sequence[Any], at: str, min_items: int = 1) -> None:
        """Refuse a list with too few or too many values."""
        if len(values) < min_items:
            raise InvalidField(at, "must not be an empty list")
        if len(values) > self.max_items:
            raise InvalidField(at, f"has {len(values):,} items; the limit is {self.max_items:,}")


@dataclass(frozen=True)
class Items(Several):
    """One item, or a list of 1 to ``max_items`` of them; reads as a list either way."""

    def read(self, value: Any, at: str) -> list[Any]:
        if not isinstance(value, list):
            return [self.item.read(value, at)]
        self.check_count(value, at)
        return [self.item.read(item, f"{at}[{index}]") for index, item in enumerate(value)]

    def schema(self) -> dict[str, Any]:
        one = self.item.schema()
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": self.max_items}]}


@dataclass(frozen=True)
class Words(Several):
    """A list of up to ``max_items`` different texts; a string is one, or split at commas where allowed."""

    item: Text
    splits_commas: bool = False
    """Whether ``"a, b"`` counts as ``["a", "b"]``; else a string is a list of one."""
    is_required: bool = False
    keeps_doubles: bool = False
    min_items: int = 1
    """0 where an empty list says something: that none is meant, not the default."""

    def read(self, value: Any, at: str) -> list[str]:
        if isinstance(value, str):
            if self.splits_commas and len(value) > self._max_chars:
                raise InvalidField(at, f"has {len(value):,} characters; the limit is {self._max_chars:,}")
            parts = [part.strip() for part in value.split(",")] if self.splits_commas else [value]
            value = [part for part in parts if part] or [""]
        if not isinstance(value, list):
            raise InvalidField(at, f"must be a list of strings, not {json_type(value)}")
        self.check_count(value, at, self.min_items)
        words = [self.item.read(item, f"{at}[{index}]") for index, item in enumerate(value)]
        return words if self.keeps_doubles else list(dict.fromkeys(words))

    def schema(self) -> dict[str, Any]:
        one = self.item.schema()
        several = {
            "type": "array",
            "items": one,
            "minItems": self.min_items,
            "maxItems": self.max_items,
        }
        text = {"type": "string", "pattern": r"[^,\s]", "maxLength": self._max_chars}
        return {"anyOf": [several, text if self.splits_commas else one]}

    @property
    def _max_chars(self) -> int:
        """Of one string that holds them all, each with its comma."""
        return self.max_items * (self.item.max_chars + 1)
