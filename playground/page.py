"""The whole page: one tab a function, one to compare models, and one to compare forms of a model."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground import compare_tab, function_tab, precision_tab
from playground.comparison import FIRST

if TYPE_CHECKING:
    from collections.abc import Callable

    from playground.description import Catalogue
    from playground.local_cloud import OtherPrecision

TITLE = "Hublet playground"


def build(catalogue: Catalogue, where: str, other: OtherPrecision | None) -> gr.Blocks:
    """The page; ``where`` says in words whose functions these are."""
    names = catalogue.names()
    first = FIRST if FIRST in names else names[0]
    with gr.Blocks(title=TITLE, analytics_enabled=False) as page:
        gr.HTML(f'<header class="page-head"><h1>{TITLE}</h1><p>{escape(where)}</p></header>')
        with gr.Tabs(selected=first, overflow_behavior="wrap", elem_id="functions"):
            for name in names:
                with gr.Tab(name, id=name) as tab:
                    open_ = page.load if name == first else tab.select
                    _when(open_, partial(function_tab.show, catalogue, name))
            with gr.Tab("Compare", id="compare") as tab:
                _when(tab.select, partial(compare_tab.show, catalogue))
            with gr.Tab("Compare precision", id="precision") as tab:
                _when(tab.select, partial(precision_tab.show, catalogue, other))
    return page


def _when(opened: Any, show: Callable[[], None]) -> None:
    """Fill a tab when it is first opened: asking a function what it is starts it."""
    is_open = gr.State(False)

    def fill(is_open: bool) -> None:
        if is_open:
            show()

    gr.render(inputs=is_open, triggers=[is_open.change], show_progress="minimal")(fill)
    opened(lambda: True, None, is_open, show_progress="hidden")
