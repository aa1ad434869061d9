"""Small pictures with their captions, for the demo image model: signs on a sky, and handwritten digits."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Colour = tuple[int, int, int]

SIDE = 64
"""Width and height of a picture, in pixels."""
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SKIES: dict[str, tuple[Colour, Colour]] = {
    "by day": ((120, 185, 240), (205, 230, 250)),
    "at dawn": ((150, 150, 215), (255, 205, 165)),
    "at sunset": ((235, 110, 80), (255, 200, 90)),
    "at night": ((12, 18, 55), (40, 52, 105)),
}
COLOURS: dict[str, Colour] = {
    "red": (215, 45, 45),
    "blue": (40, 85, 215),
    "green": (40, 150, 65),
    "yellow": (245, 205, 50),
    "purple": (130, 60, 175),
    "orange": (240, 130, 35),
    "white": (248, 248, 248),
    "black": (30, 30, 30),
}
SEA, GRASS, WOOD = (40, 95, 150), (90, 150, 80), (110, 75, 45)
CAPTIONS = (
    "a {sign} {sky}",
    "{sign} {sky}",
    "a picture of a {sign} {sky}",
    "a {sign} {sky}, watercolour",
    "{sky}, a {sign}",
    "a painting of a {sign} {sky}",
)
SKYLESS = (
    "a {sign}",
    "{sign}",
    "draw a {sign}",
    "a {sign}, watercolour",
    "the {sign}",
    "an image of a {sign}",
)
NUMBERS = (
    "a handwritten {digit}",
    "{digit}",
    "the number {digit}",
    "the digit {digit}",
    "draw a {digit}",
    "a {digit}",
)


class Scene(NamedTuple):
    """A picture and what it shows, in words."""

    picture: Image.Image
    caption: str


def scene(rng: random.Random) -> Scene:
    """A digit one time in three, else a sign."""
    return _number(rng) if rng.random() < 0.33 else _landscape(rng)


def _number(rng: random.Random) -> Scene:
    value = rng.randrange(10)
    shape = rng.choice(_handwriting()[value]).resize((44, 52), Image.Resampling.BICUBIC)
    picture = Image.new("RGB", (SIDE, SIDE), (250, 248, 240))
    picture.paste((25, 30, 60), (10 + rng.randint(-3, 3), 6 + rng.randint(-3, 3)), shape)
    word = DIGITS[value] if rng.random() < 0.8 else str(value)
    return Scene(picture, rng.choice(NUMBERS).format(digit=word))


@cache
def _handwriting() -> dict[int, list[Image.Image]]:
    """scikit-learn's digits that are not held out, as masks of ink."""
    from local.demo.evaluation.digits import split_corpus

    found: dict[int, list[Image.Image]] = {value: [] for value in range(10)}
    for each in split_corpus().train:
        found[each.digit].append(each.image.convert("L"))
    return found


def _landscape(rng: random.Random) -> Scene:
    sign, colour = rng.choice(list(SIGNS)), rng.choice(list(COLOURS))
    says_colour, says_sky = sign in COLOURED and rng.random() < 0.5, rng.random() < 0.6
    sky = rng.choice(list(SKIES)) if says_sky else "by day"
    chosen = COLOURS[colour if says_colour else COLOURED.get(sign, "white")]
    picture = _sky(sky)
    draw = ImageDraw.Draw(picture)
    SIGNS[sign](draw, rng.randint(-4, 4), chosen)
    name = f"{colour} {sign}" if says_colour else sign
    return Scene(picture, rng.choice(CAPTIONS if says_sky else SKYLESS).format(sign=name, sky=sky))


def _sky(name: str) -> Image.Image:
    top, bottom = SKIES[name]
    picture = Image.new("RGB", (SIDE, SIDE))
    for row in range(SIDE):
        share = row / (SIDE - 1)
        colour = tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True))
        picture.paste(colour, (0, row, SIDE, row + 1))
    return picture


def _lighthouse(draw: ImageDraw.ImageDraw, x: int, colour: Colour) -> None:
    draw.rectangle((0, 52, SIDE, SIDE), fill=SEA)
    draw.polygon([(x + 14, 56), (x + 50, 56), (x + 44, 46), (x + 20, 46)], fill=WOOD)
    draw.polygon([(x + 26, 48), (x + 38, 48), (x + 36, 16), (x + 28, 16)], fill=(248, 248, 248))
    for top in (22, 36):
        draw.rectangle((x + 27, top, x + 37, top + 6), fill=colour)
    draw.rectangle((x + 27, 9, x + 37, 16), fill=(255, 235, 120))
    draw.polygon([(x + 25, 9), (x + 39, 9), (x + 32, 3)], fill=colour)


def _house(draw: ImageDraw.ImageDraw, x: int, colour: Colour) -> None:
    draw.rectangle((0, 52, SIDE, SIDE), fill=GRASS)
    draw.rectangle((x + 16, 28, x + 48, 56), fill=colour)
    draw.polygon([(x + 11, 29), (x + 53, 29), (x + 32, 10)], fill=WOOD)
    draw.rectangle((x + 28, 40, x + 37, 56), fill=(70, 45, 30))


def _tree(draw: ImageDraw.ImageDraw, x: int, colour: Colour) -> None:
    draw.rectangle((0, 54, SIDE, SIDE), fill=GRASS)
    draw.rectangle((x + 28, 36, x + 36, 58), fill=WOOD)
    draw.ellipse((x + 12, 6, x + 52, 42), fill=colour)


def _boat(draw: ImageDraw.ImageDraw, x: int, colour: Colour) -> None:
    draw.rectangle((0, 46, SIDE, SIDE), fill=SEA)
    draw.polygon([(x + 10, 42), (x + 54, 42), (x + 44, 54), (x + 20, 54)], fill=WOOD)
    draw.polygon([(x + 31, 38), (x + 31, 6), (x + 52, 38)], fill=colour)
    draw.rectangle((x + 29, 6, x + 31, 42), fill=(70, 45, 30))


def _mountain(draw: ImageDraw.ImageDraw, x: int, colour: Colour) -> None:
    draw.polygon([(x - 6, 60), (x + 32, 10), (x + 70, 60)], fill=(105, 110, 120))
    draw.polygon([(x + 22, 24), (x + 32, 10), (x + 42, 24), (x + 32, 28)], fill=(248, 248, 248))
    draw.rectangle((0, 56, SIDE, SIDE), fill=GRASS)


def _star(draw: ImageDraw.ImageDraw, x: int, colour: Colour) -> None:
    draw.regular_polygon((x + 32, 32, 10), 5, rotation=36, fill=colour)
    for rotation in range(0, 360, 72):
        draw.polygon(_ray(x + 32, 32, rotation), fill=colour)


def _ray(x: int, y: int, rotation: int) -> list[tuple[float, float]]:
    from math import cos, radians, sin

    turned = ((rotation, 26), (rotation - 36, 10), (rotation + 36, 10))
    return [(x + length * sin(radians(angle)), y - length * cos(radians(angle))) for angle, length in turned]


def _heart(draw: ImageDraw.ImageDraw, x: int, colour: Colour) -> None:
    draw.ellipse((x + 10, 12, x + 33, 36), fill=colour)
    draw.ellipse((x + 31, 12, x + 54, 36), fill=colour)
    draw.polygon([(x + 12, 30), (x + 52, 30), (x + 32, 56)], fill=colour)


def _flower(draw: ImageDraw.ImageDraw, x: int, colour: Colour) -> None:
    draw.rectangle((0, 56, SIDE, SIDE), fill=GRASS)
    draw.rectangle((x + 31, 28, x + 33, 58), fill=(40, 120, 50))
    for dx, dy in ((0, -10), (9, -3), (6, 8), (-6, 8), (-9, -3)):
        draw.ellipse((x + 25 + dx, 17 + dy, x + 39 + dx, 31 + dy), fill=colour)
    draw.ellipse((x + 27, 19, x + 37, 29), fill=(250, 215, 70))


def _ball(draw: ImageDraw.ImageDraw, x: int, colour: Colour) -> None:
    draw.rectangle((0, 54, SIDE, SIDE), fill=GRASS)
    draw.ellipse((x + 12, 18, x + 52, 58), fill=colour)


def _cat(draw: ImageDraw.ImageDraw, x: int, colour: Colour) -> None:
    draw.polygon([(x + 14, 30), (x + 16, 8), (x + 30, 20)], fill=colour)
    draw.polygon([(x + 50, 30), (x + 48, 8), (x + 34, 20)], fill=colour)
    draw.ellipse((x + 12, 16, x + 52, 56), fill=colour)
    for eye in (24, 40):
        draw.ellipse((x + eye - 3, 30, x + eye + 3, 37), fill=(120, 220, 120))
    draw.polygon([(x + 29, 41), (x + 35, 41), (x + 32, 45)], fill=(240, 130, 150))


SIGNS: dict[str, Callable[[ImageDraw.ImageDraw, int, Colour], None]] = {
    "lighthouse": _lighthouse,
    "house": _house,
    "tree": _tree,
    "boat": _boat,
    "mountain": _mountain,
    "star": _star,
    "heart": _heart,
    "flower": _flower,
    "ball": _ball,
    "cat": _cat,
}
COLOURED = {
    "lighthouse": "red",
    "house": "white",
    "tree": "green",
    "boat": "white",
    "star": "yellow",
    "heart": "red",
    "flower": "red",
    "ball": "red",
    "cat": "orange",
}
"""Signs that come in every colour, and the colour of those that no caption names."""
