"""Paths and payload templates of the Amazon States Language (its specification, "Payload Template")."""

from __future__ import annotations

import re
from typing import Any

FORMAT = re.compile(r"States\.Format\('([^']*)', (\$[\w.]*)\)")


def fill(template: Any, data: Any, context: Any = None) -> Any:
    """The template with a value for each key that ends in ``.$``; ``context`` is what ``$$`` stands for."""
    if isinstance(template, list):
        return [fill(each, data, context) for each in template]
    if not isinstance(template, dict):
        return template
    return {
        name.removesuffix(".$"): resolve(value, data, context)
        if name.endswith(".$")
        else fill(value, data, context)
        for name, value in template.items()
    }


def resolve(path: str, data: Any, context: Any = None) -> Any:
    """The value at ``$.a.b`` or ``$$.a.b``, or of ``States.Format`` with one argument.

    Raises :class:`KeyError` where nothing is there, as an execution would fail.
    """
    if found := FORMAT.fullmatch(path):
        return found[1].replace("{}", str(resolve(found[2], data, context)))
    root, *names = path.split(".")
    value = {"$": data, "$$": context}[root]
    for name in names:
        value = value[name]
    return value


def put(path: str, data: dict[str, Any], value: Any) -> dict[str, Any]:
    """The data with a value at ``$.name``."""
    return {**data, path.removeprefix("$."): value}
