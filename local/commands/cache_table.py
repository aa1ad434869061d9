"""Show answers of the ``cache`` function as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.commands.run import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = ("model", "commit", "what", "precision", "MB", "made", "loaded", "state")
COMMIT_CHARS = 8


def show(action: str, answer: dict[str, Any]) -> str:
    """A table, if there is anything to show, and a summary line."""
    shown = {"list": _list, "verify": _verify, "prefetch": _prefetch}.get(action, _removed)(answer)
    if answer.get("repeated"):
        return f"an earlier delivery of this event gave this answer:\n{shown}"
    return shown


def _list(answer: dict[str, Any]) -> str:
    rows = [row for model in answer["models"] for row in _rows(model)]
    free_bytes = answer["free_bytes"]
    free = "" if free_bytes is None else f", {_mb(free_bytes)} MB free"
    total = f"{len(answer['models'])} models, {_mb(answer['size_bytes'])} MB{free}"
    return f"{aligned([COLUMNS, *rows])}\n{total}" if rows else total


def _rows(model: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    name = model["model"]
    for commit in model["commits"]:
        short = commit["commit"][:COMMIT_CHARS]
        for each in commit["downloads"]:
            state = "complete" if each["complete"] else "unfinished"
            yield name, short, "download", "", _mb(each["size_bytes"]), "", "", state
        for each in commit["artifacts"]:
            times = (_day(each["made"]), _day(each["loaded"]))
            what, precision = each["form"] or each["artifact"], each["precision"] or ""
            yield name, short, what, precision, _mb(each["size_bytes"]), *times, each["state"]
    for each in model["leftovers"]:
        yield name, "", each["kind"], "", _mb(each["size_bytes"]), _day(each["changed"]), "", "left behind"
    if model["preparing"]:
        yield name, "", "", "", "", "", "", "being prepared"


def _verify(answer: dict[str, Any]) -> str:
    lines = [
        f"{_name(each)}: {each['problem']}{', put aside' if each['repaired'] else ''}"
        for each in answer["damaged"]
    ]
    lines += [f"{_name(each)}: not looked at, {each['why']}" for each in answer["skipped"]]
    lines.append(
        f"{answer['checked']} checked, {_mb(answer['checked_bytes'])} MB; {len(answer['damaged'])} damaged"
    )
    if "next" in answer:
        lines.append(f'the time was over; go on with ARGS=\'{{"next": "{answer["next"]}"}}\'')
    return "\n".join(lines)


def _removed(answer: dict[str, Any]) -> str:
    if "removed" not in answer:
        return str(answer.get("problem", answer))
    verb = "would go" if answer.get("dry_run") else "removed"
    lines = [f"{_name(each)}: {verb}{_why(each)}" for each in answer["removed"]]
    lines += [f"{_name(each)}: left alone{_why(each)}" for each in answer.get("skipped", ())]
    return "\n".join([*lines, f"{len(answer['removed'])} {verb}, {_mb(answer['freed_bytes'])} MB"])


def _prefetch(answer: dict[str, Any]) -> str:
    lines = [f"{name}: asked to prepare" for name in answer.get("asked", ())]
    return "\n".join(
        [*lines, *(f"{each['function']}: not asked, {each['why']}" for each in answer.get("failed", ()))]
    )


def _name(line: dict[str, Any]) -> str:
    what = line.get("artifact") or line.get("leftover") or ("download" if "download" in line else "")
    return " ".join(part for part in (line["model"], line.get("commit", "")[:COMMIT_CHARS], what) if part)


def _why(line: dict[str, Any]) -> str:
    return f" ({line['why']})" if "why" in line else ""


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f}"


def _day(time: str | None) -> str:
    return "" if time is None else time[:16].replace("T", " ")
