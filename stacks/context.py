"""One context value in, one checked Python value out; every complaint names the key and what is allowed.

``-c key=value`` gives text, ``cdk.json`` gives JSON. Both are read as text, so that both follow the same
rules. A missing or empty value means "not given", so that ``-c key=`` from a script keeps the default.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class OptionError(ValueError):
    """A context value, or a name, that cannot work; the message is fit to be shown alone."""


def text(context: Mapping[str, Any], key: str) -> str | None:
    """The value as text, or ``None`` when it is not given."""
    value = context.get(key)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(str(item) for item in value) or None
    return None if value is None else str(value).strip() or None


def choice(context: Mapping[str, Any], key: str, allowed: Sequence[str], default: str | None = None) -> str:
    """One of a few words; the first is the default unless another is."""
    value = text(context, key) or default or allowed[0]
    if value not in allowed:
        raise OptionError(f"context key {key!r} must be one of {', '.join(allowed)}; not {value!r}")
    return value


def flag(context: Mapping[str, Any], key: str) -> bool:
    """``true`` or ``false``; false by default."""
    return choice(context, key, ("false", "true")) == "true"


def whole_number(context: Mapping[str, Any], key: str, low: int, high: int) -> int | None:
    """A whole number within limits, or ``None`` when it is not given."""
    value = text(context, key)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal()) or not low <= int(value) <= high:
        raise OptionError(f"context key {key!r} must be a whole number from {low} to {high}; not {value!r}")
    return int(value)


def matching(context: Mapping[str, Any], key: str, pattern: str, example: str) -> str | None:
    """Text of a known form, or ``None`` when it is not given."""
    value = text(context, key)
    if value is not None and not re.fullmatch(pattern, value, re.ASCII):
        raise OptionError(f"context key {key!r} must look like {example}; not {value!r}")
    return value


def words(context: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A comma list, without blanks and repeats; empty when it is not given."""
    parts = (part.strip() for part in (text(context, key) or "").split(","))
    return tuple(dict.fromkeys(part for part in parts if part))
