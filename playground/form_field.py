"""One field of a form: made from the JSON Schema by which a function describes it."""

from __future__ import annotations

import base64
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import pi_heif

from playground import labels

if TYPE_CHECKING:
    from collections.abc import Mapping

pi_heif.register_heif_opener()  # Gradio opens what is uploaded with Pillow, before it hands it on

LONG_TEXT_CHARS = 500
"""A text that may be longer gets several lines."""
WIDEST_SLIDER = 10_000
"""A wider range is no slider: one step of it would be less than a pixel."""
SUFFIXES = (
    (b"\x89PNG", ".png"),
    (b"\xff\xd8", ".jpg"),
    (b"RIFF", ".wav"),
    (b"OggS", ".ogg"),
    (b"fLaC", ".flac"),
    (b"GIF8", ".gif"),
    (b"BM", ".bmp"),
    (b"II*\0", ".tiff"),
    (b"MM\0*", ".tiff"),
    (b"\x1a\x45\xdf\xa3", ".webm"),
    (b"ID3", ".mp3"),
)
"""How files begin, for those that come without a name."""
YES_NO: dict[Any, str] = {False: "no", True: "yes"}


@dataclass(frozen=True)
class FormField:
    """A name, what kind of control it gets, and the schema with its limits."""

    path: tuple[str, ...]
    """Where its value stands in the request, like ``("parameters", "top_k")``."""
    kind: str
    """``text``, ``lines``, ``number``, ``choice``, ``flag``, ``image`` or ``audio``."""
    schema: Mapping[str, Any] = field(compare=False)
    help: str = ""
    takes_several: bool = False
    """Whether it may also be a list of such values."""

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def label(self) -> str:
        return labels.label(self.name, self.kind)

    def component(self, value: Any = None, *, visible: bool = True) -> Any:
        """The control, set to a JSON value."""
        makers = {
            "text": self._text,
            "lines": self._text,
            "number": self._number,
            "choice": self._choice,
            "flag": self._flag,
            "image": self._image,
            "audio": self._audio,
        }
        return makers[self.kind](self.shown(value), visible)

    def shown(self, value: Any) -> Any:
        """A JSON value as the control takes it."""
        if self.kind == "lines" or (self.kind == "text" and isinstance(value, list)):
            return "\n".join(value if isinstance(value, list) else _split(value))
        if self.kind in ("image", "audio"):
            return _file(value[0] if isinstance(value, list) else value)
        if value is None and self.kind == "number":
            return self.schema["minimum"]
        return value

    def read(self, value: Any) -> Any:
        """What the control holds as a JSON value; ``None`` where it holds nothing."""
        if value is None or value == "":
            return None
        if self.kind == "lines":
            return [line for line in (each.strip() for each in str(value).splitlines()) if line]
        if self.kind in ("image", "audio"):
            return base64.b64encode(Path(value).read_bytes()).decode()
        if self.kind == "number" and self.schema["type"] == "integer" and float(value).is_integer():
            return int(value)
        return value

    # Gradio takes a control for read-only where an event fills it, as the examples do, unless told otherwise.
    def _text(self, value: Any, visible: bool) -> gr.Textbox:
        is_long = self.kind == "lines" or self.schema.get("maxLength", 0) > LONG_TEXT_CHARS
        return gr.Textbox(
            value,
            label=self.label,
            info=f"{self.help.rstrip('.')}, one on each line." if self.kind == "lines" else self.help,
            lines=3 if is_long else 1,
            max_lines=12 if is_long else 1,
            interactive=True,
            visible=visible,
        )

    def _number(self, value: Any, visible: bool) -> gr.Slider | gr.Number:
        low, high = self.schema["minimum"], self.schema["maximum"]
        step = self.schema.get("multipleOf", 1) if self.schema["type"] == "integer" else 0.01
        about = f"{self.help} From {low:,} to {high:,}."
        if high - low > WIDEST_SLIDER:
            shown: dict[str, Any] = {"minimum": low, "maximum": high}
            return gr.Number(value, label=self.label, info=about, interactive=True, visible=visible, **shown)
        more: dict[str, Any] = {"step": step, "interactive": True, "visible": visible}
        return gr.Slider(low, high, value, label=self.label, info=about, **more)

    def _choice(self, value: Any, visible: bool) -> gr.Radio:
        choices = [(YES_NO.get(each, each), each) for each in self.schema["enum"]]
        return gr.Radio(
            choices,
            value=value or self.schema["enum"][0],
            label=self.label,
            info=self.help,
            interactive=True,
            visible=visible,
        )

    def _flag(self, value: Any, visible: bool) -> gr.Checkbox:
        return gr.Checkbox(
            value is not False, label=self.label, info=self.help, interactive=True, visible=visible
        )

    def _image(self, value: Any, visible: bool) -> gr.Image:
        return gr.Image(
            value,
            label=self.label,
            type="filepath",
            sources=["upload"],
            height=260,
            buttons=[],
            interactive=True,
            visible=visible,
        )

    def _audio(self, value: Any, visible: bool) -> gr.Audio:
        return gr.Audio(
            value,
            label=self.label,
            type="filepath",
            sources=["upload", "microphone"],
            buttons=[],
            interactive=True,
            visible=visible,
        )


def field_of(path: tuple[str, ...], schema: Mapping[str, Any], media_kind: str | None = None) -> FormField:
    """The field that fits a schema, alternatives of it included."""
    about = schema.get("description", "")
    options = schema.get("anyOf", [schema])
    first = options[0]
    is_list = first.get("type") == "array"
    kind = "lines" if is_list else _kind(first, media_kind)
    several = not is_list and any(option.get("type") == "array" for option in options)
    return FormField(path, kind, first, about, several)


def _kind(schema: Mapping[str, Any], media_kind: str | None) -> str:
    if "enum" in schema:
        return "choice"
    if schema.get("contentEncoding") == "base64":
        return media_kind or "image"
    kinds = {"boolean": "flag", "integer": "number", "number": "number", "string": "text"}
    return kinds[schema["type"]]


def _split(value: Any) -> list[str]:
    return [part.strip() for part in str(value or "").split(",") if part.strip()]


def _file(value: Any) -> str | None:
    """Base64, or the path of a file that is there already, as the path of a file."""
    if not value:
        return None
    data = base64.b64decode(value)
    suffix = next((suffix for start, suffix in SUFFIXES if data.startswith(start)), ".bin")
    with tempfile.NamedTemporaryFile(suffix=suffix, prefix="example-", delete=False) as file:
        file.write(data)
    return file.name
