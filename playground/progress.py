"""A wait, drawn: a bar with the stage and the time that is left, or that something is going on."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playground.running import Waiting

STAGES = {
    "": "Running",
    "starting": "Preparing the model",
    "preparing": "Preparing the model",
    "looking": "Asking the Hub for the model",
    "downloading": "Downloading the model",
    "checking": "Checking what came",
    "loading": "Loading the model",
}
"""Stages in words; those of a conversion say what they do."""


def bar(waiting: Waiting, what: str = "") -> str:
    """HTML; ``what`` names whose wait it is where there are several."""
    stage = STAGES.get(waiting.stage, f"Converting the model: {waiting.stage}")
    if waiting.share is None:
        left, value = f"{waiting.seconds:.0f} s so far", ""
    else:
        left = f"about {waiting.remaining_s:.0f} s left"
        value = f' value="{waiting.share:.3f}" max="1"'
    said = escape(f"{what}: {stage}" if what else stage)
    return (
        f'<div class="wait" role="status"><p>{said}, {left}</p>'
        f'<progress aria-label="{said}"{value}></progress></div>'
    )


def started() -> str:
    """HTML for the moment before anything is known."""
    return '<div class="wait" role="status"><p>Running</p><progress aria-label="Running"></progress></div>'
