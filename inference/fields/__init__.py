"""Declared request fields: one declaration checks a value and describes it to clients.

Every ``read`` takes any JSON value and either returns a clean one or raises an error that names the field
and the limit. Names follow the Hub's task specifications.
"""

from inference.fields.field import Field, describe, json_type
from inference.fields.grammar import Form, Grammar, ResponseFormat
from inference.fields.lists import Items, Several, Words
from inference.fields.media import Media
from inference.fields.objects import Group, Record, read_all
from inference.fields.scalars import Choice, Flag, FlagOrWord, Integer, Neutral, Number, Text

__all__ = [
    "Choice",
    "Field",
    "Flag",
    "FlagOrWord",
    "Form",
    "Grammar",
    "Group",
    "Integer",
    "Items",
    "Media",
    "Neutral",
    "Number",
    "Record",
    "ResponseFormat",
    "Text",
    "Several",
    "Words",
    "describe",
    "json_type",
    "read_all",
]
