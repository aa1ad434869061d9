"""Uploads: what the controls of the page hand on."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pillow_heif
import pytest
from gradio.data_classes import FileData, ImageData
from PIL import Image

from playground.form_field import FormField
from tests.support import sounds

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Gradio leaves files open
@pytest.mark.parametrize(
    ("form", "suffix"), [("HEIF", ".heic"), ("AVIF", ".avif"), ("TIFF", ".tiff"), ("BMP", ".bmp")]
)
def test_a_phones_picture_is_sent_as_it_is(tmp_path: Path, form: str, suffix: str) -> None:
    pillow_heif.register_heif_opener()
    file = tmp_path / f"picture{suffix}"
    Image.new("RGB", (64, 64), "red").save(file, form)
    field = FormField(("inputs",), "image", {})
    held = field.component().preprocess(ImageData(path=str(file)))
    assert base64.b64decode(field.read(held)) == file.read_bytes()


@pytest.mark.parametrize(("kind", "suffix"), [("m4a", ".m4a"), ("webm", ".webm"), ("3gp, amr", ".3gp")])
def test_a_phones_recording_is_sent_as_it_is(tmp_path: Path, kind: str, suffix: str) -> None:
    file = tmp_path / f"memo{suffix}"
    file.write_bytes(sounds.made(kind, seconds=0.2))
    field = FormField(("inputs",), "audio", {})
    held = field.component().preprocess(FileData(path=str(file)))
    assert base64.b64decode(field.read(held)) == file.read_bytes()
