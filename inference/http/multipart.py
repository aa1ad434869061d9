"""A body of ``multipart/form-data`` -> its fields: text as text, files as bytes (RFC 7578)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.errors import BadRequest, InvalidField, printable
from inference.fields import Choice, Text
from inference.http.request import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inference.http.request import Request
    from inference.task import Task

MOST_PARTS = 100
FILE = "file"
"""What many clients call the part that has the input."""
LISTED = "[]"
"""At the end of a name: one of several values."""


class Form:
    """What the parser's callbacks gather: for each part its headers and its bytes."""

    def __init__(self) -> None:
        self.parts: list[tuple[dict[bytes, bytes], bytearray]] = []
        self.is_whole = False
        self._name = bytearray()
        self._value = bytearray()

    def begin(self) -> None:
        if len(self.parts) == MOST_PARTS:
            raise BadRequest(f"the form has more than {MOST_PARTS} parts")
        self.parts.append(({}, bytearray()))

    def add_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end_header(self) -> None:
        self.parts[-1][0][bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def add_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1][1].extend(memoryview(data)[start:end])

    def end(self) -> None:
        self.is_whole = True


def fields_of(request: Request) -> dict[str, Any]:
    """The fields of a request whose body is a form."""
    request.check_encoding()
    return read(request.body, request.headers["content-type"])


def read(body: bytes, content_type: str) -> dict[str, Any]:
    """Field name -> ``str``, or ``bytes`` of a file; a list where a name comes twice or ends in ``[]``.

    Raises :class:`BadRequest` for a body that is no whole form, or has more than ``MOST_PARTS`` parts.
    """
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise BadRequest("the form names no boundary in its content type")
    form = Form()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": form.begin,
                "on_header_field": form.add_name,
                "on_header_value": form.add_value,
                "on_header_end": form.end_header,
                "on_part_data": form.add_data,
                "on_end": form.end,
            },
        )
        parser.write(body)
    except FormParserError:  # its text may quote the body
        raise BadRequest("the body is no multipart form") from None
    if not form.is_whole:
        raise BadRequest("the form is cut off: its last boundary is missing")
    return _gathered(_fields(form))


def _fields(form: Form) -> Iterator[tuple[str, str | bytes]]:
    from python_multipart.multipart import parse_options_header

    for headers, data in form.parts:
        options = parse_options_header(headers.get(b"content-disposition", b""))[1]
        if b"name" not in options:
            raise BadRequest("a part of the form has no name")
        name = options[b"name"].decode(errors="replace")
        yield name, bytes(data) if b"filename" in options else _text(data, name)


def _text(data: bytearray, name: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidField(
            printable(name), "is not valid UTF-8; a file needs a filename in its part"
        ) from None


def _gathered(fields: Iterator[tuple[str, str | bytes]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for full_name, value in fields:
        name = full_name.removesuffix(LISTED)
        if name in found:
            before = found[name]
            found[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            found[name] = [value] if full_name != name else value
    return found


def document(fields: Mapping[str, Any], task: Task) -> dict[str, Any]:
    """A form's fields as a JSON body would have them.

    A file may be called ``file``. Values of a form are texts, so what a task wants as a number, as true or
    false, or as an object is read as JSON.
    """
    texts = {field.name for field in task.parameters if isinstance(field, Text | Choice)}
    others = {field.name for field in task.parameters} | {"parameters", "options", "stream"}
    shown: dict[str, Any] = {}
    for name, value in fields.items():
        own = "inputs" if name == FILE and "inputs" not in fields else name
        shown[own] = _of_json(value, name) if name in others - texts else _of_file(value, name, task)
    return shown


def _of_json(value: Any, name: str) -> Any:
    """A text that is no JSON stays one; the field that reads it says what it wants."""
    try:
        return parse_json(value.encode()) if isinstance(value, str) else value
    except BadRequest:
        if name in ("parameters", "options"):
            raise InvalidField(name, "must be a JSON object") from None
        return value


def _of_file(value: Any, name: str, task: Task) -> Any:
    """An uploaded text is a text; a task of pictures or sound gets the bytes."""
    if isinstance(value, bytes) and task.media_kind is None:
        return _text(bytearray(value), name)
    return value
