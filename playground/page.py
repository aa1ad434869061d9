"""The whole page: one tab a function, and one to compare models."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import gradio as gr

from playground import compare_tab, function_tab

if TYPE_CHECKING:
    from playground.description import Catalogue

TITLE = "Hublet playground"


def build(catalogue: Catalogue, where: str) -> gr.Blocks:
    """The page; ``where`` says in words whose functions these are."""
    names = catalogue.names()
    first = compare_tab.FIRST if compare_tab.FIRST in names else names[0]
    with gr.Blocks(title=TITLE, analytics_enabled=False) as page:
        gr.HTML(f'<header class="page-head"><h1>{TITLE}</h1><p>{escape(where)}</p></header>')
        with gr.Tabs(selected=first, overflow_behavior="wrap", elem_id="functions"):
            for name in names:
                with gr.Tab(name, id=name) as tab:
                    _when_opened(tab, page if name == first else None, catalogue, name)
            with gr.Tab("Compare", id="compare") as tab:
                _when_opened(tab, None, catalogue, None)
    return page


def _when_opened(tab: gr.Tab, page: gr.Blocks | None, catalogue: Catalogue, name: str | None) -> None:
    """Fill a tab when it is first opened: asking a function what it is starts it."""
    is_open = gr.State(False)

    def fill(opened: bool) -> None:
        if not opened:
            return
        if name is None:
            compare_tab.show(catalogue)
        else:
            function_tab.show(catalogue, name)

    gr.render(inputs=is_open, triggers=[is_open.change], show_progress="minimal")(fill)
    open_ = page.load if page else tab.select
    open_(lambda: True, None, is_open, show_progress="hidden")
