"""What all OpenAI bodies share: optional fields by name, and which model is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.fields import Field
    from inference.task import Model, Task

PLACEHOLDERS = ("dummy", "default", "tgi")
"""What clients send where a URL alone says which model is meant; huggingface_hub sends ``dummy``."""


def read(
    document: Mapping[str, Any],
    fields: Sequence[Field],
    required: str,
    neutral: Mapping[str, tuple[Any, ...]],
) -> dict[str, Any]:
    """Checked values by name; ``neutral`` names options that are accepted only where they change nothing."""
    known = {field.name: field for field in fields}
    for name, value in document.items():
        if name in neutral:
            if value is not None and value not in neutral[name]:
                raise InvalidField(name, "is not supported with this value")
        elif name not in known and name not in ("model", "user"):
            raise InvalidField(printable(name), f"is not supported; known: {', '.join(known)}")
    if document.get(required) is None:
        raise InvalidField(required, "is required")
    return {
        name: field.default if document.get(name) is None else field.read(document[name], name)
        for name, field in known.items()
    }


def choose_model(task: Task, name: Any) -> Model:
    """The named model; a client's placeholder and the function's own name mean the default."""
    return task.choose_model(None if name in (*PLACEHOLDERS, task.function_name) else name)
