"""What the page shows, in groups: a view for each function, and two that compare."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from inference.tasks import all_tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playground.endpoints import Endpoint

GROUPS = {
    "Text": (
        "text-classification",
        "zero-shot-classification",
        "token-classification",
        "fill-mask",
        "question-answering",
        "summarization",
        "translation",
        "text2text-generation",
    ),
    "Conversation": ("text-generation",),
    "Search": ("feature-extraction", "sentence-similarity", "text-ranking"),
    "Pictures": ("text-to-image", "image-classification", "zero-shot-image-classification"),
    "Sound": ("automatic-speech-recognition",),
}
"""Heading -> pipeline tags, in the order of the page."""
OTHERS = "More"
COMPARE, PRECISION = "compare", "precision"
COMPARISONS = {COMPARE: "Compare models", PRECISION: "Compare precision"}


@dataclass(frozen=True)
class View:
    """One entry of the menu."""

    name: str
    """In the page's address, after the number sign."""
    title: str


def groups(endpoints: Sequence[Endpoint]) -> dict[str, list[View]]:
    """Heading -> views, without headings that have none; a kind of task that has no group comes after."""
    found: dict[str, list[View]] = {heading: [] for heading in (*GROUPS, OTHERS)}
    for endpoint in endpoints:
        found[_heading(endpoint)].append(View(endpoint.name, title(endpoint.name)))
    found["Compare"] = [View(name, words) for name, words in COMPARISONS.items()]
    return {heading: views for heading, views in found.items() if views}


def title(name: str) -> str:
    """``question-answering`` -> ``Question answering``."""
    return name.replace("-", " ").capitalize()


def menu(found: dict[str, list[View]]) -> str:
    """HTML: links in groups, and the same as one field for a narrow window."""
    lists = "".join(
        f"<h2>{escape(heading)}</h2><ul>"
        + "".join(f'<li><a href="#{each.name}">{escape(each.title)}</a></li>' for each in views)
        + "</ul>"
        for heading, views in found.items()
    )
    options = "".join(
        f'<optgroup label="{escape(heading)}">'
        + "".join(f'<option value="{each.name}">{escape(each.title)}</option>' for each in views)
        + "</optgroup>"
        for heading, views in found.items()
    )
    return (
        f'<nav class="menu" aria-label="Functions">{lists}</nav>'
        f'<label class="menu-field">Function <select id="menu-field">{options}</select></label>'
    )


def _heading(endpoint: Endpoint) -> str:
    tag = endpoint.task or _known_tags().get(endpoint.name)
    return next((heading for heading, tags in GROUPS.items() if tag in tags), OTHERS)


def _known_tags() -> dict[str, str]:
    """A deployed function's kind is known before it is asked, if it is one of ours."""
    return {task.function_name: task.pipeline_tag for task in all_tasks()}
