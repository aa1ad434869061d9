"""A new task's file: that of the plainest task of the same kind, with another name and model."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference import tasks

PLAINEST = {"text-classification": "emotion"}
"""Where several tasks are as long as each other."""
CHANGED = ("name", "summary", "model", "alternatives")
"""Arguments of ``Task`` that a new task has its own of."""


@dataclass(frozen=True)
class NewTask:
    """What is asked for."""

    name: str
    model: str
    pipeline_tag: str
    revision: str | None = None
    """A commit, if the Hub told one."""
    summary: str | None = None


def known_tags() -> list[str]:
    """Pipeline tags that some task can be the pattern of, sorted."""
    return sorted(_patterns())


def pattern(pipeline_tag: str) -> str:
    """The task whose file the new one is made from."""
    return _patterns()[pipeline_tag]


@cache
def _patterns() -> dict[str, str]:
    """Pipeline tag -> its shortest task file."""
    found: dict[str, str] = {}
    for source in tasks.task_sources():
        if not source.is_own:
            tag = tasks.get_task(source.name).pipeline_tag
            found[tag] = min(found.get(tag, source.name), source.name, key=lambda name: len(_read(name)))
    return found | PLAINEST


def _read(name: str) -> str:
    return Path(tasks.__file__).with_name(f"{name}.py").read_text(encoding="utf-8")


def write_source(task: NewTask) -> str:
    """The file's text."""
    source = _without_comments(_read(pattern(task.pipeline_tag)))
    lines = source.splitlines(keepends=True)
    call = _find_call(ast.parse(source))
    new = _arguments(task)
    for keyword in sorted(call.keywords, key=lambda each: each.value.lineno, reverse=True):
        if keyword.arg in CHANGED:
            first, last = keyword.value.lineno - 1, keyword.value.end_lineno or 0
            lines[first:last] = [new[keyword.arg]] if keyword.arg in new else []
    text = "".join(lines)
    return re.sub(r'\A""".*?"""', lambda _: f'"""{_title(task)}"""', text, count=1, flags=re.DOTALL)


def _arguments(task: NewTask) -> dict[str, str]:
    model = _quoted(task.model) + (f", revision={_quoted(task.revision)}" if task.revision else "")
    if len(model) > 90:
        model = model.replace(", ", ",\n        ")
        model = f"\n        {model},\n    "
    return {
        "name": f"    name={_quoted(task.name)},\n",
        "summary": f"    summary={_quoted(_summary(task))},\n",
        "model": f"    model=Model({model}),\n",
    }


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _summary(task: NewTask) -> str:
    return task.summary or f"Answers with {task.model}."


def _title(task: NewTask) -> str:
    return f"{task.name.replace('_', ' ').capitalize()}: {task.pipeline_tag} by {task.model}."


def _find_call(tree: ast.Module) -> ast.Call:
    """``Task(...)``, which every task file assigns to ``TASK``."""
    return next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if [getattr(target, "id", "") for target in node.targets] == ["TASK"]
    )


def _without_comments(source: str) -> str:
    """They speak of the other model."""
    lines = source.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            kept = lines[row - 1][:column].rstrip()
            lines[row - 1] = f"{kept}\n" if kept else ""
    return "".join(lines)
