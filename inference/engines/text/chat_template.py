"""A repository's chat template: messages -> prompt, character for character as transformers renders it.

The template is somebody else's program. It runs in jinja2's sandbox, sees plain JSON values only, and
gets the same helpers as in transformers 5 (``utils/chat_template_utils.py``).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REASONING = ("reasoning_content", "thinking", "reasoning")
"""Names that a message's reasoning is passed under; templates read the first, a few the second."""


class ChatTemplate:
    """A compiled template and the special tokens that it may name."""

    def __init__(self, source: str, special_tokens: Mapping[str, str]) -> None:
        self._source = source
        self._template = _environment().from_string(source)
        self._special_tokens = dict(special_tokens)

    def names(self, text: str) -> bool:
        """Whether the template has this text in it."""
        return text in self._source

    def render(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Any] | None = None) -> str:
        """The prompt up to where the assistant's answer begins."""
        values = {
            "messages": [_with_reasoning(message) for message in messages],
            "tools": tools,
            "documents": None,
            "add_generation_prompt": True,
        }
        try:
            return str(self._template.render(**self._special_tokens, **values))
        except (
            Exception
        ) as error:  # whatever somebody else's program does; it worked when the model was converted
            raise InvalidField(
                "inputs", f"the model's chat template refuses them: {str(error)[:200]}"
            ) from error


def _environment() -> Any:
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_generation_tag(), loopcontrols]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = lambda format: datetime.now().strftime(format)
    environment.globals["dict"] = _Dict()
    environment.globals["namespace"] = _namespace()
    return environment


def _generation_tag() -> Any:
    """``{% generation %}`` marks the assistant's words for training; here its body is simply rendered."""
    from jinja2 import nodes
    from jinja2.ext import Extension

    class Generation(Extension):
        tags = {"generation"}

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

        def _body(self, caller: Any) -> Any:
            return caller()

    return Generation


def _namespace() -> Any:
    """``namespace`` without underscored names, which would reach Python's internals."""
    from jinja2.exceptions import SecurityError
    from jinja2.utils import Namespace

    class PlainNamespace(Namespace):
        def __init__(*args: Any, **kwargs: Any) -> None:
            self, *rest = args  # so that a template may write namespace(self=...)
            values = dict(*rest, **kwargs)
            for name in values:
                check(name)
            Namespace.__init__(self, values)

        def __setitem__(self, name: str, value: Any) -> None:
            check(name)
            Namespace.__setitem__(self, name, value)

    def check(name: Any) -> None:
        if isinstance(name, str) and name.startswith("_"):
            raise SecurityError("a namespace holds no names with a leading underscore")

    return PlainNamespace


class _Dict:
    """``dict`` as templates call it, without the type's own attributes."""

    def __call__(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return dict(*args, **kwargs)

    def fromkeys(self, *args: Any) -> dict[Any, Any]:
        return dict.fromkeys(*args)


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: Any = None,
    separators: Any = None,
    sort_keys: bool = False,
) -> str:
    """Plain JSON: jinja2's own filter escapes HTML, which a model never saw in training."""
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _raise_exception(message: str) -> None:
    from jinja2 import TemplateError

    raise TemplateError(message)


def _with_reasoning(message: Mapping[str, Any]) -> dict[str, Any]:
    found = next((message[name] for name in REASONING if message.get(name) is not None), None)
    if found is None:
        return dict(message)
    return {"thinking": found, **message, "reasoning_content": found}
