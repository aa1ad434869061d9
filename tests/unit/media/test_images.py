"""Pictures from callers: every mode, every orientation, and whatever is no picture."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inference.errors import InvalidField
from inference.media.images import decode, has_more_frames
from inference.media.pixels import MAX_PIXELS
from tests.support.png import png

pillow_heif.register_heif_opener()  # to write HEIC; the function's package only reads it
INPUT_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def file_of(picture: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()


def corners(picture: Image.Image) -> list[tuple[int, ...]]:
    """Top left, top right, bottom left."""
    right, bottom = picture.width - 1, picture.height - 1
    return [tuple(picture.getpixel(at)) for at in ((0, 0), (right, 0), (0, bottom))]  # type: ignore[arg-type]


@pytest.mark.parametrize("form", INPUT_FORMATS)
def test_each_format_is_read_as_rgb(form: str) -> None:
    picture = Image.new("RGB", (40, 30), RED)
    found = decode(file_of(picture, form, **({} if form == "TIFF" else {"quality": 95})))
    assert not has_more_frames(found)
    assert (found.mode, found.size) == ("RGB", (40, 30))
    assert np.asarray(found).reshape(-1, 3).mean(0) == pytest.approx(RED, abs=4)


def test_a_lossless_picture_keeps_every_pixel() -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (37, 53, 3), dtype=np.uint8)
    assert (np.asarray(decode(file_of(Image.fromarray(pixels)))) == pixels).all()


@pytest.mark.parametrize(
    ("picture", "form", "expected"),
    [
        (Image.new("1", (4, 4), 1), "PNG", WHITE),
        (Image.new("L", (4, 4), 100), "PNG", (100, 100, 100)),
        (Image.new("LA", (4, 4), (100, 255)), "PNG", (100, 100, 100)),
        (Image.new("LA", (4, 4), (100, 0)), "PNG", WHITE),
        (Image.new("RGBA", (4, 4), (*RED, 255)), "PNG", RED),
        (Image.new("RGBA", (4, 4), (*RED, 0)), "PNG", WHITE),
        (Image.new("RGBA", (4, 4), (*RED, 51)), "PNG", (255, 204, 204)),
        (Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", RED),
        (Image.new("I;16", (4, 4), 0x80FF), "PNG", (128, 128, 128)),
        (Image.new("I;16", (4, 4), 0xFFFF), "PNG", WHITE),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else None,
)
def test_each_mode_becomes_rgb(picture: Image.Image, form: str, expected: tuple[int, int, int]) -> None:
    found = decode(file_of(picture, form))
    assert found.mode == "RGB"
    assert found.getpixel((1, 1)) == pytest.approx(expected, abs=3 if form == "JPEG" else 0)


@pytest.mark.parametrize("transparency", [1, b"\xff\x00\x80"], ids=["one colour", "a table"])
def test_a_palette_with_transparent_colours(transparency: Any) -> None:
    picture = Image.new("P", (3, 1))
    picture.putpalette([*RED, *GREEN, *BLUE])
    for x in range(3):
        picture.putpixel((x, 0), x)
    found = decode(file_of(picture, transparency=transparency))
    assert [found.getpixel((x, 0)) for x in (0, 1)] == [RED, WHITE]
    assert found.getpixel((2, 0)) == (BLUE if transparency == 1 else (127, 127, 255))


TURNED = {
    1: [RED, GREEN, BLUE],
    2: [GREEN, RED, WHITE],
    3: [WHITE, BLUE, GREEN],
    4: [BLUE, WHITE, RED],
    5: [RED, BLUE, GREEN],
    6: [BLUE, RED, WHITE],
    7: [WHITE, GREEN, BLUE],
    8: [GREEN, WHITE, RED],
}


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", sorted(TURNED))
def test_a_picture_is_turned_as_the_camera_noted(form: str, orientation: int) -> None:
    picture = Image.new("RGB", (2, 2))
    for at, colour in zip([(0, 0), (1, 0), (0, 1), (1, 1)], [RED, GREEN, BLUE, WHITE], strict=True):
        picture.putpixel(at, colour)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if form == "WEBP" else {}
    assert corners(decode(file_of(picture, form, exif=exif, **options))) == TURNED[orientation]


@pytest.mark.parametrize("form", ["AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_picture_of_a_phone_is_turned_once(form: str, orientation: int) -> None:
    """Such files say it twice, in a box of their own and in EXIF."""
    picture = Image.new("RGB", (64, 64))
    for at, colour in zip([(0, 0), (32, 0), (0, 32), (32, 32)], [RED, GREEN, BLUE, WHITE], strict=True):
        picture.paste(colour, (*at, at[0] + 32, at[1] + 32))
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = np.asarray(corners(decode(file_of(picture, form, exif=exif.tobytes(), quality=95))))
    assert found == pytest.approx(np.asarray(TURNED[orientation]), abs=40)


def test_notes_that_cannot_be_read_do_not_spoil_the_picture() -> None:
    data = file_of(Image.new("RGB", (8, 4), RED), exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xffgarbage")
    assert decode(data).size == (8, 4)


def test_only_the_first_frame_is_shown() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    lossless = {"WEBP": {"lossless": True}}
    for form in ("PNG", "WEBP", "GIF", "TIFF", "AVIF"):
        options = {"save_all": True, "append_images": frames[1:], **lossless.get(form, {})}
        found = decode(file_of(frames[0], form, **options))
        assert found.getpixel((0, 0)) == pytest.approx(RED, abs=8), form
        assert has_more_frames(found), form


@pytest.mark.parametrize("form", ["PPM", "ICO", "PDF", "EPS", "TGA", "JPEG2000", "DDS"])
def test_other_formats_are_refused_whatever_pillow_knows(form: str) -> None:
    with pytest.raises(InvalidField, match=r"^inputs: cannot be read as a PNG, JPEG, WebP, GIF"):
        decode(file_of(Image.new("RGB", (32, 32)), form))


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP", b"http://example.com/cat.png", b"/etc/hostname"],
    ids=["nothing", "a PNG's first bytes", "a WebP's first bytes", "a URL", "a path"],
)
def test_what_is_no_picture_is_refused_and_the_place_is_named(data: bytes) -> None:
    with pytest.raises(InvalidField, match=r"^inputs\[3\]: cannot be read as a PNG"):
        decode(data, "inputs[3]")


@pytest.mark.parametrize("form", INPUT_FORMATS)
def test_a_file_that_was_cut_off_is_refused(form: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = file_of(Image.fromarray(pixels), form)
    for size_bytes in (len(data) // 4, len(data) // 2, len(data) - 200):
        with pytest.raises(InvalidField, match="is it whole"):
            decode(data[:size_bytes])


def test_a_picture_at_the_limit_is_read_and_one_past_it_is_not() -> None:
    assert decode(png(8000, MAX_PIXELS // 8000)).size == (8000, MAX_PIXELS // 8000)
    with pytest.raises(InvalidField, match=r"has 32,008,000 pixels; the limit is 32,000,000"):
        decode(png(8000, MAX_PIXELS // 8000 + 1))


@pytest.mark.parametrize("size", [(3, 301), (301, 3), (30_000, 1)])
def test_a_hair_thin_picture_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidField, match="100 times"):
        decode(png(*size))


def test_an_animation_that_claims_a_huge_canvas_is_refused() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    data = bytearray(file_of(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=10))
    place = data.index(b"VP8X") + 12
    data[place : place + 6] = struct.pack("<I", 11_999)[:3] * 2
    with pytest.raises(InvalidField, match=r"has 144,000,000 pixels"):
        decode(bytes(data))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(INPUT_FORMATS), st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_damage_is_an_error_of_ours_or_another_picture(form: str, at: int, junk: bytes) -> None:
    picture = Image.fromarray(np.random.default_rng(2).integers(0, 256, (20, 20, 3), dtype=np.uint8))
    data = bytearray(file_of(picture, form))
    at %= len(data)
    data[at : at + len(junk)] = junk
    try:
        assert decode(bytes(data)).mode == "RGB"
    except InvalidField as error:
        assert error.message.startswith("inputs: ")
