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
SHORTEST_WAIT_S = 3.0
"""What a function answers for the time that is left once its own guess is over: it no longer knows."""


def bar(waiting: Waiting, what: str = "") -> str:
    """HTML; ``what`` names whose wait it is where there are several."""
    stage = STAGES.get(waiting.stage, f"Converting the model: {waiting.stage}")
    if waiting.remaining_s is None or waiting.share is None:
        left, value = f"{waiting.seconds:.0f} s so far", ""
    elif waiting.remaining_s <= SHORTEST_WAIT_S and waiting.stage not in STAGES:
        left, value = f"longer than usual, {waiting.seconds:.0f} s so far", ""
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
