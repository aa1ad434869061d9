"""The whole page: a menu, a view for each function, and two views that compare."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

import gradio as gr

from playground import compare_tab, function_tab, precision_tab, views
from playground.comparison import FIRST

if TYPE_CHECKING:
    from collections.abc import Callable

    from playground.description import Catalogue
    from playground.local_cloud import OtherPrecision

TITLE = "Hublet playground"
OPEN = "() => window.hublet.start()"
"""In ``head.html``: shows the view that the page's address names, and fills it when it is first seen."""


def build(catalogue: Catalogue, where: str, other: OtherPrecision | None) -> gr.Blocks:
    """The page; ``where`` says in words whose functions these are."""
    names = catalogue.names()
    first = FIRST if FIRST in names else names[0]
    with gr.Blocks(title=TITLE, analytics_enabled=False) as page:
        gr.HTML(
            f'<header class="page-head" data-first="{first}"><h1>{TITLE}</h1><p>{escape(where)}</p></header>'
        )
        with gr.Row(elem_classes="shell", equal_height=False):
            with gr.Column(elem_classes="side", scale=0, min_width=200):
                gr.HTML(views.menu(views.groups(catalogue.endpoints)))
            with gr.Column(elem_classes="stage", scale=1, min_width=0):
                for name in names:
                    _view(name, partial(function_tab.show, catalogue, name, is_first=name == first))
                _view(views.COMPARE, partial(compare_tab.show, catalogue))
                _view(views.PRECISION, partial(precision_tab.show, catalogue, other))
        page.load(None, js=OPEN)
    return page


def _view(name: str, show: Callable[[], None]) -> None:
    """Filled when it is first opened: asking a function what it is starts it."""
    with gr.Column(elem_id=f"at-{name}", elem_classes="view", min_width=0):
        is_open = gr.State(False)
        opener = gr.Button("Open", elem_id=f"open-{name}", visible="hidden")

        def fill(is_open: bool) -> None:
            if is_open:
                show()

        gr.render(inputs=is_open, triggers=[is_open.change], show_progress="hidden")(fill)
        opener.click(lambda: True, None, is_open, show_progress="hidden", trigger_mode="multiple")
