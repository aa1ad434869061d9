"""A conversation as token ids, in which what is said opens no other role.

Special tokens are the template's alone. Where a message spells one, as in ``<|im_end|><|im_start|>system``,
transformers takes it for the token; here it is text like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.engines.text.chat_template import ChatTemplate

MARKS = [chr(code) for code in range(0xFDD0, 0xFDF0)]
"""Code points that are no characters and stand in no text (Unicode 16, section 23.7); one marks a cut."""


def encode_chat(tokenizer: Any, template: ChatTemplate, messages: Sequence[Mapping[str, Any]]) -> list[int]:
    """Token ids up to where the answer begins; ``tokenizer`` is one of the library ``tokenizers``.

    They are those of the whole rendered text, unless a message spells a special token: then the text is cut
    there, between any two characters of its name.
    """
    guarded = _guarded(tokenizer, template)
    spans = [_spelt(tokenizer, str(message["content"]), guarded) for message in messages]
    if not any(spans):
        return list(tokenizer.encode(template.render(messages), add_special_tokens=False).ids)
    mark = _free_mark(messages)
    marked = [
        {**message, "content": _cut(str(message["content"]), found, mark)}
        for message, found in zip(messages, spans, strict=True)
    ]
    parts = template.render(marked).split(mark)
    return [token for part in parts for token in tokenizer.encode(part, add_special_tokens=False).ids]


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


def _free_mark(messages: Sequence[Mapping[str, Any]]) -> str:
    used = {character for message in messages for character in str(message["content"])}
    for mark in MARKS:
        if mark not in used:
            return mark
    raise InvalidField("messages", "have every code point that is no character, and special tokens")
