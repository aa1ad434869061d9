"""A form on the page: examples that fill it, its controls, the button that sends it, and settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.form import Request, form_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playground.description import Description
    from playground.form import Form

EACH_LINE = "One input on each line"
MAIN_ACT = "main-act"
"""Class of the button that Ctrl+Enter presses."""


@dataclass(frozen=True)
class FormView:
    """The controls, in the order in which an event hands over their values."""

    form: Form
    fields: list[Any]
    is_list: Any
    chosen: Any
    model: Any
    """``None`` where there is no choice."""
    act: gr.Button
    stop: gr.Button

    @property
    def controls(self) -> list[Any]:
        """What an event takes as inputs; :meth:`request` reads their values."""
        return [*self.fields, self.is_list, self.chosen, *([self.model] if self.model else [])]

    def busy(self, is_busy: bool) -> dict[Any, Any]:
        """Updates: while something runs, Stop stands in place of the button that began it."""
        return {self.act: gr.update(visible=not is_busy), self.stop: gr.update(visible=is_busy)}

    def request(self, values: Sequence[Any]) -> Request:
        """The request that the controls describe."""
        count = len(self.fields)
        request = self.form.request(values[:count], values[count + 1] or (), is_list=bool(values[count]))
        if not self.model:
            return request
        picked = values[count + 2]
        is_default = picked == self.model.choices[0][1]
        return Request(request.inputs, request.parameters, None if is_default else picked)

    def filled(self, request: Request) -> list[Any]:
        """Updates of all controls that show a request."""
        chosen = _chosen(self.form, request)
        updates = [
            gr.update(
                value=field.shown(value), visible=field not in self.form.optional or field.name in chosen
            )
            for field, value in zip(_fields(self.form), self.form.values(request), strict=True)
        ]
        updates += [gr.update(value=isinstance(request.inputs, list)), gr.update(value=chosen)]
        if self.model:
            updates.append(gr.update(value=request.model or self.model.choices[0][1]))
        return updates


def show(description: Description, act: str, *, with_model: bool = True) -> FormView:
    """Put the form on the page, filled with the first example; ``act`` stands on the button that sends it."""
    form = form_of(description)
    examples = [(each["title"], form.read_example(each["body"])) for each in description.document["examples"]]
    first = examples[0][1]
    values = dict(zip(_fields(form), form.values(first), strict=True))
    buttons = _examples(examples)
    fields = [field.component(values[field]) for field in form.inputs]
    is_list = gr.Checkbox(
        isinstance(first.inputs, list), label=EACH_LINE, interactive=True, visible=form.takes_several
    )
    fields += [field.component(values[field]) for field in form.required]
    model = _model(description) if with_model else None
    send = gr.Button(act, variant="primary", elem_classes=MAIN_ACT)
    stop = gr.Button("Stop", visible=False)
    optional, chosen = _settings(form, values, _chosen(form, first))
    view = FormView(form, [*fields, *optional], is_list, chosen, model, send, stop)
    for button, request in buttons:
        button.click(
            lambda request=request: view.filled(request),
            None,
            view.controls,
            show_progress="hidden",
            queue=False,
        )
    return view


def _examples(examples: Sequence[tuple[str, Request]]) -> list[tuple[gr.Button, Request]]:
    with gr.Row(elem_classes="examples"):
        return [(gr.Button(title, size="sm", min_width=80), request) for title, request in examples]


def _settings(form: Form, values: dict[Any, Any], chosen: list[str]) -> tuple[list[Any], gr.CheckboxGroup]:
    """Parameters that may be left out: which are sent, and a control for each of those."""
    with gr.Accordion("Settings", open=bool(chosen), visible=bool(form.optional)):
        names = [(field.label, field.name) for field in form.optional]
        picked = gr.CheckboxGroup(names, value=chosen, label="Change these settings", interactive=True)
        fields = [field.component(values[field], visible=field.name in chosen) for field in form.optional]
    if fields:
        picked.change(
            lambda picked: [gr.update(visible=field.name in picked) for field in form.optional],
            picked,
            fields,
            show_progress="hidden",
            queue=False,
        )
    return fields, picked


def _model(description: Description) -> Any:
    models = description.models
    return gr.Radio(models, value=models[0], label="Model", interactive=True) if len(models) > 1 else None


def _fields(form: Form) -> tuple[Any, ...]:
    return (*form.inputs, *form.required, *form.optional)


def _chosen(form: Form, request: Request) -> list[str]:
    pairs = zip(_fields(form), form.values(request), strict=True)
    return [field.name for field, value in pairs if field in form.optional and value is not None]
