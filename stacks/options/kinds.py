"""The kinds of context keys. A key reads its value, refuses a bad one, and describes itself for the table.

A complaint names the key and what is allowed. A value that may be a secret is never shown.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from stacks.options.context import OptionError, as_text, comma_list, find_nearest, read_text, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    Context = Mapping[str, Any]

LONGEST_SHOWN = 80
"""Characters of a bad pair that a complaint repeats."""


@dataclass(frozen=True, kw_only=True)
class Key(ABC):
    """One context key."""

    name: str
    effect: str
    """What it does, in one sentence of Markdown. Links start at the repository's root."""
    default: str | int | bool = ""
    """As ``cdk.json`` has it; empty where nothing is chosen."""
    default_note: str = ""
    """The default in the table, where it is decided elsewhere."""
    values_note: str = ""
    """The allowed values in the table, where the kind's own words do not do."""
    example: str = ""
    """A value that is accepted."""
    if_secret: str = ""
    """What to do if the refused value was a secret; with this, no refusal shows the value."""

    @abstractmethod
    def read(self, context: Context) -> object:
        """The checked value; :class:`OptionError` for one that is not allowed."""

    @abstractmethod
    def describe_values(self) -> str:
        """What is allowed, in Markdown."""

    def read_text(self, context: Context) -> str | None:
        """What was given, else the default; ``None`` where there is neither."""
        return read_text(context, self.name) or as_text(self.default) or None

    def of_task(self, task: str) -> Self:
        """The same key for one task: ``<task>.<name>``."""
        return replace(self, name=f"{task}.{self.name}")

    def refuse(self, must: str, given: str) -> OptionError:
        """The error that says what a value must be."""
        return self.complain(f"must {must}", f"; not {given!r}")

    def complain(self, problem: str, given: str = "") -> OptionError:
        """The error about this key; ``given`` ends it, unless what was given may be a secret."""
        if self.if_secret:
            given = f". What was given is not shown here; {self.if_secret}"
        return OptionError(f"context key {self.name!r} {problem}{given}")


@dataclass(frozen=True, kw_only=True)
class Choice(Key):
    """One of a few values, given by their names."""

    allowed: tuple[str | int | bool, ...]

    def read(self, context: Context) -> str | int | bool:
        """The chosen value, in the type in which it is declared."""
        values = {as_text(value): value for value in self.allowed}
        text = self.read_text(context) or as_text(self.allowed[0])
        if text not in values:
            raise self.refuse(f"be one of {', '.join(values)}", text)
        return values[text]

    def describe_values(self) -> str:
        """Every value."""
        return ", ".join(f"`{as_text(value)}`" for value in self.allowed)


@dataclass(frozen=True, kw_only=True)
class Flag(Choice):
    """``true`` or ``false``; false by default."""

    default: str | int | bool = False
    allowed: tuple[str | int | bool, ...] = (False, True)
    example: str = "true"


@dataclass(frozen=True, kw_only=True)
class WholeNumber(Key):
    """A whole number within limits, both included."""

    low: int
    high: int
    unit: str = ""

    def read(self, context: Context) -> int | None:
        """The number, or ``None`` when there is none."""
        text = self.read_text(context)
        if text is None:
            return None
        if not (text.isascii() and text.isdecimal()) or not self.low <= int(text) <= self.high:
            raise self.refuse(f"be a whole number from {self.low} to {self.high}", text)
        return int(text)

    def describe_values(self) -> str:
        """The limits with their unit."""
        return f"from {self.low} to {self.high} {self.unit}".strip()


@dataclass(frozen=True, kw_only=True)
class Pattern(Key):
    """Text of a known form."""

    pattern: str
    """Matched as ASCII, as a whole."""
    must: str = ""
    """What the text must be; by default, look like the example."""

    def read(self, context: Context) -> str | None:
        """The text, or ``None`` when there is none."""
        text = self.read_text(context)
        if text is not None and not re.fullmatch(self.pattern, text, re.ASCII):
            raise self.refuse(self.must or f"look like {self.example}", text)
        return text

    def describe_values(self) -> str:
        """The example."""
        return f"like `{self.example}`"


@dataclass(frozen=True, kw_only=True)
class Address(Pattern):
    """A URL whose port, if any, can exist."""

    def read(self, context: Context) -> str | None:
        """The URL without slashes at its end."""
        url = super().read(context)
        try:
            _ = urlsplit(url or "").port
        except ValueError as error:
            raise self.refuse("have a port below 65,536", str(url)) from error
        return url.rstrip("/") if url else None


@dataclass(frozen=True, kw_only=True)
class CommaList(Key):
    """Several values with commas between, or a JSON list."""

    item: str
    """The pattern of one value, matched as ASCII."""
    alone: str | None = None
    """The pattern of a value that may only stand alone."""
    must: str
    most: int | None = None
    too_many: str = ""
    """The complaint about more than ``most`` values; by default, the one about a wrong value."""
    is_lowered: bool = False
    """Whether capital letters are made small."""

    def read(self, context: Context) -> tuple[str, ...]:
        """The values in the order given; empty when there are none."""
        text = self.read_text(context) or ""
        values = comma_list(text.lower() if self.is_lowered else text)
        if self.alone and len(values) == 1 and re.fullmatch(self.alone, values[0], re.ASCII):
            return values
        wrong = [value for value in values if not re.fullmatch(self.item, value, re.ASCII)]
        if wrong:
            raise self.refuse(self.must, ", ".join(values if self.alone else wrong))
        if self.most is not None and len(values) > self.most:
            raise self.complain(self.too_many or f"must {self.must}")
        return values

    def describe_values(self) -> str:
        """The example."""
        return f"like `{self.example}`"


@dataclass(frozen=True, kw_only=True)
class TaskNames(Key):
    """``all``, or names of tasks."""

    known: tuple[str, ...] = ()

    def read(self, context: Context) -> tuple[str, ...]:
        """The names, with ``all`` spelled out."""
        chosen = comma_list(self.read_text(context))
        if chosen == ("all",):
            return self.known
        unknown = [name for name in chosen if name not in self.known]
        if unknown:
            error = self.refuse(f"be all, or a comma list of {', '.join(self.known)}", ", ".join(unknown))
            raise OptionError(f"{error}{suggest(find_nearest(unknown[0], self.known))}")
        return chosen

    def describe_values(self) -> str:
        """All, or some."""
        return "`all`, or names of tasks with commas between"


@dataclass(frozen=True, kw_only=True)
class Pairs(Key):
    """Keys with values: an object in ``cdk.json``, ``key=value,key=value`` on the command line."""

    first: re.Pattern[str]
    second: re.Pattern[str]
    must: str
    most: int
    too_many: str

    def read(self, context: Context) -> tuple[tuple[str, str], ...]:
        """The pairs in the order given; of two with one key the last."""
        given = context.get(self.name)
        pairs = given.items() if isinstance(given, dict) else map(self._split, comma_list(as_text(given)))
        found = {str(key): str(value) for key, value in pairs}
        for key, value in found.items():
            if not self.first.fullmatch(key) or not self.second.fullmatch(value):
                raise self.refuse(self.must, f"{key}={value}"[:LONGEST_SHOWN])
        if len(found) > self.most:
            raise self.complain(self.too_many)
        return tuple(found.items())

    def describe_values(self) -> str:
        """Both ways to write them."""
        return "`key=value` with commas between, or an object in `cdk.json`"

    def _split(self, pair: str) -> tuple[str, str]:
        key, equals, value = pair.partition("=")
        if not equals:
            raise self.refuse(self.must, pair[:LONGEST_SHOWN])
        return key.strip(), value.strip()
