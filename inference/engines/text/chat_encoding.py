"""A conversation as token ids, in which what is said opens no other role.

Special tokens are the template's alone. Where a message spells one, as in ``<|im_end|><|im_start|>system``,
transformers takes it for the token; here it is text like any other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from inference.engines.text.chat_template import ChatTemplate

MARKS = [chr(code) for code in range(0xFDD0, 0xFDF0)]
"""Code points that are no characters and stand in no text (Unicode 16, section 23.7); one marks a cut."""


OURS = re.compile("[a-z_]+")
"""Names that templates ask for, such as ``content``; a caller's are cut where they hold anything else."""
FIXED = ("role", "type")
"""Names whose values templates compare."""


def encode_chat(
    tokenizer: Any,
    template: ChatTemplate,
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Any] | None = None,
) -> list[int]:
    """Token ids up to where the answer begins; ``tokenizer`` is one of the library ``tokenizers``.

    They are those of the whole rendered text, unless a message or a tool spells a special token: then the
    text is cut there, between any two characters of its name.
    """
    guarded = _guarded(tokenizer, template)
    texts = set(_texts([messages, tools]))
    spans = {text: found for text in texts if (found := _spelt(tokenizer, text, guarded))}
    if not spans:
        return list(tokenizer.encode(template.render(messages, tools), add_special_tokens=False).ids)
    mark = _free_mark(texts)

    def cut(text: str) -> str:
        return _cut(text, spans.get(text, []), mark)

    parts = template.render(_mapped(list(messages), cut), tools and _mapped(tools, cut)).split(mark)
    return [token for part in parts for token in tokenizer.encode(part, add_special_tokens=False).ids]


def _texts(value: Any) -> Iterator[str]:
    """Every text of a JSON value that a caller chose."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if not OURS.fullmatch(name):
                yield name
            if name not in FIXED:
                yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """The same value with each of those texts changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {
            name if OURS.fullmatch(name) else change(name): inner if name in FIXED else _mapped(inner, change)
            for name, inner in value.items()
        }
    return [_mapped(inner, change) for inner in value] if isinstance(value, (list, tuple)) else value


def _guarded(tokenizer: Any, template: ChatTemplate) -> set[int]:
    """Special tokens; also others that the template writes, for some models' roles are no special tokens."""
    added = tokenizer.get_added_tokens_decoder()
    return {
        number
        for number, token in added.items()
        if token.special or (token.content.strip() and template.names(token.content))
    }


def _spelt(tokenizer: Any, text: str, guarded: set[int]) -> list[tuple[int, int]]:
    """Where a text has what the tokenizer, with all that it normalizes, takes for such a token."""
    encoded = tokenizer.encode(text, add_special_tokens=False)
    pairs = zip(encoded.ids, encoded.offsets, strict=True)
    return [(start, end) for token, (start, end) in pairs if token in guarded and end > start]


def _cut(text: str, spans: list[tuple[int, int]], mark: str) -> str:
    for start, end in reversed(spans):
        text = text[:start] + mark + mark.join(text[start:end]) + mark + text[end:]
    return text


def _free_mark(texts: Iterable[str]) -> str:
    used = {character for text in texts for character in text}
    for mark in MARKS:
        if mark not in used:
            return mark
    raise InvalidField("messages", "have every code point that is no character, and special tokens")
