"""Context values as text: ``-c key=value`` gives text, ``cdk.json`` gives JSON, and both mean the same.

A missing or empty value means "not given", so that ``-c key=`` from a script keeps the default.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class OptionError(ValueError):
    """A context value, or a name, that cannot work; the message is fit to be shown alone."""


def as_text(value: Any) -> str:
    """A JSON value as it would be written on the command line; empty for ``None``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return "" if value is None else str(value).strip()


def read_text(context: Mapping[str, Any], key: str) -> str | None:
    """What was given, or ``None``."""
    return as_text(context.get(key)) or None


def comma_list(text: str | None) -> tuple[str, ...]:
    """The parts between commas, without blanks and repeats."""
    parts = (part.strip() for part in (text or "").split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or ``None`` where no word is alike."""
    return next(iter(get_close_matches(word.lower(), list(known), n=1)), None)


def suggest(word: str | None) -> str:
    """The end of a complaint about an unknown word; empty where there is nothing to suggest."""
    return f" (did you mean {word!r}?)" if word else ""
