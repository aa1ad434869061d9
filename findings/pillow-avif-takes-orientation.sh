#!/usr/bin/env bash
# Saving a picture as AVIF turns it on its side in the next format: Pillow takes the orientation out of the caller's Exif.
#
# Versions: pillow 13.0.0.
# Guess: save(..., exif=picture.getexif()) reads the Exif, so the same picture can be saved in several formats, one after another.
# Behaviour: the AVIF encoder writes the turn as a property of its own (irot, imir), and pops the tag from the object that it was
#   given. That object is the picture's own. What is saved next has no orientation, and exif_transpose of the picture itself does
#   nothing any more. The order of the formats decides. With exif.tobytes() nothing happens. WebP and JPEG take nothing.
# Output seen: JPEG alone: (32, 64), as it was photographed. AVIF, then JPEG: (64, 32), sideways; the source's tag is None.
# Source: src/PIL/AvifImagePlugin.py of pillow 13.0.0, _save: "exif_orientation = exif_data.pop(...)".
# For whoever serves models: a service that keeps an AVIF and a JPEG of each upload shows, or classifies, the second one sideways.
#   No size or status differs. Give bytes, or a copy, or turn the pixels before anything is saved.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pillow==13.0.0
cat > "$work/run.py" <<'PY'
import io

from PIL import ExifTags, Image, ImageOps

TURN = 6  # what a phone writes that is held upright


def photographed() -> Image.Image:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = TURN
    file = io.BytesIO()
    Image.new("RGB", (64, 32), (200, 30, 30)).save(file, "JPEG", exif=exif)
    return Image.open(file)


def saved(picture: Image.Image, form: str, exif: object) -> tuple[int, int]:
    """The size of what comes back, upright."""
    file = io.BytesIO()
    picture.save(file, form, exif=exif)
    return ImageOps.exif_transpose(Image.open(file)).size


plain = photographed()
assert saved(plain, "JPEG", plain.getexif()) == (32, 64)
assert saved(plain, "WEBP", plain.getexif()) == (32, 64)
assert saved(plain, "JPEG", plain.getexif()) == (32, 64), "these two take nothing"
print("JPEG alone:", saved(plain, "JPEG", plain.getexif()))

taken = photographed()
assert saved(taken, "AVIF", taken.getexif()) == (32, 64), "the AVIF itself is right"
after = saved(taken, "JPEG", taken.getexif())
print("AVIF, then JPEG:", after, "the source's tag:", taken.getexif().get(ExifTags.Base.Orientation))
assert after == (64, 32)
assert ImageOps.exif_transpose(taken).size == (64, 32), "the source itself lies on its side"

given = photographed()
saved(given, "AVIF", given.getexif().tobytes())
assert saved(given, "JPEG", given.getexif()) == (32, 64), "bytes are left alone"
PY
"$work/venv/bin/python" "$work/run.py"
