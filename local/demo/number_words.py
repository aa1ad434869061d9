"""Whole numbers as English words, split into training and test numbers of the translation model."""

from __future__ import annotations

import random
from functools import cache
from typing import NamedTuple

LIMIT = 1_000_000
"""Numbers from 0 to one less than this."""
HELD_OUT = 500
SPLIT_SEED = 1729
UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
SMALL = UNITS + TEENS
TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS = tuple(dict.fromkeys([*SMALL, *TENS, "hundred", "thousand", "and", "a"]))


class Style(NamedTuple):
    """Different ways to say the same number."""

    says_and: bool = True
    """"one hundred and five", as the British do, or "one hundred five"."""
    says_a: bool = False
    """"a hundred" for "one hundred", at the front only."""


BRITISH = Style()


def spell(number: int, style: Style = BRITISH) -> str:
    """A number from 0 to 999,999 in words, with hyphens as in English."""
    thousands, rest = divmod(number, 1000)
    if not thousands:
        words = _below_thousand(rest, style) if rest else SMALL[0]
    else:
        joint = " and " if rest and rest < 100 and style.says_and else " "
        words = f"{_below_thousand(thousands, style)} thousand{joint if rest else ''}"
        words += _below_thousand(rest, style) if rest else ""
    if style.says_a and words.startswith(("one hundred", "one thousand")):
        words = "a" + words.removeprefix("one")
    return words


def _below_thousand(number: int, style: Style) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(rest)
    joint = " and " if style.says_and else " "
    return f"{SMALL[hundreds]} hundred" + (joint + _below_hundred(rest) if rest else "")


def _below_hundred(number: int) -> str:
    if number < 20:
        return SMALL[number]
    tens, units = divmod(number, 10)
    return TENS[tens] + (f"-{SMALL[units]}" if units else "")


@cache
def held_out() -> frozenset[int]:
    """The test numbers, which no training sentence contains; the same on every machine."""
    return frozenset(random.Random(SPLIT_SEED).sample(range(1000, LIMIT), HELD_OUT))


def draw_number(rng: random.Random) -> int:
    """A random training number; each length from one to six digits is equally likely."""
    while True:
        number = rng.randrange(10 ** rng.randint(1, 6))
        if number not in held_out():
            return number
