"""What all OpenAI bodies share: optional fields by name, and which model is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField, printable
from inference.task_body import is_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.fields import Field
    from inference.task import Model, Task

PLACEHOLDERS = ("dummy", "default", "tgi")
"""What clients send where a URL alone says which model is meant; huggingface_hub sends ``dummy``."""

WITHOUT_EFFECT = (
    "metadata",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "user",
)
"""Options that no answer depends on: who asks, how it is billed, stored or sped up. Any value is taken."""


def read(
    document: Mapping[str, Any],
    fields: Sequence[Field],
    required: str | tuple[str, ...],
    neutral: Mapping[str, tuple[Any, ...]],
) -> dict[str, Any]:
    """Checked values by name; ``neutral`` names options that are accepted only where they change nothing."""
    needed = (required,) if isinstance(required, str) else required
    known = {field.name: field for field in fields}
    for name, value in document.items():
        if value is None or name in (*known, "model", *WITHOUT_EFFECT):
            continue
        if name not in neutral:
            raise InvalidField(printable(name), f"is not supported; known: {', '.join(known)}")
        if value not in neutral[name]:
            raise InvalidField(name, "is not supported with this value")
    if missing := [name for name in needed if document.get(name) is None]:
        raise InvalidField(missing[0], "is required")
    return {
        name: field.default if document.get(name) is None else field.read(document[name], name)
        for name, field in known.items()
    }


def choose_model(task: Task, name: Any) -> Model:
    """The model that answers.

    Clients fill a name in by themselves: a placeholder, the function's name or URL, a default of theirs.
    Where one model is served it answers to any name. Where several are, an unknown name is refused.
    """
    if name is None or name in (*PLACEHOLDERS, "", task.function_name):
        return task.model
    if is_url(name) or (isinstance(name, str) and not task.alternatives):
        return task.model
    return task.choose_model(name)
