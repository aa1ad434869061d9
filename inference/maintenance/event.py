"""Check an event of the function; errors name the field and its limit."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields as fields_of
from typing import TYPE_CHECKING, Any

from inference.errors import BadRequest, InvalidField, printable
from inference.fields import Choice, Flag, Integer, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.fields import Field

ACTIONS = ("list", "verify", "remove", "prefetch", "prune")
NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"

# These values never become part of a path. They are only compared with names found on the cache.
MODEL = Text("model", "a model's id", 96, pattern=rf"^{NAME}(/{NAME})?\Z")
COMMIT = Text("commit", "40 hexadecimal digits", 40, pattern=r"^[0-9a-f]{40}\Z")
ARTIFACT = Text("artifact", "an artifact's name, as list shows it", 128, pattern=rf"^{NAME}\Z")
REPAIR = Flag("repair", "put what is damaged aside, so that it is made again", default=False)
FORCE = Flag("force", "also what is being prepared or was loaded a short time ago", default=False)
DRY_RUN = Flag("dry_run", "only tell", default=False)
UNUSED_DAYS = Integer("unused_days", "remove what was not loaded for so long", 1, 3650, default=30)
NEXT = Text("next", "where an earlier answer stopped", 512)

TAKES: dict[str, tuple[Field, ...]] = {
    "list": (MODEL,),
    "verify": (MODEL, REPAIR, NEXT),
    "remove": (MODEL, COMMIT, ARTIFACT, FORCE),
    "prune": (UNUSED_DAYS, DRY_RUN),
}


@dataclass(frozen=True)
class Event:
    """A checked event; fields that its action does not take keep their defaults."""

    action: str
    model: str | None = None
    commit: str | None = None
    artifact: str | None = None
    repair: bool = False
    force: bool = False
    dry_run: bool = False
    unused_days: int = 30
    next: str | None = None
    task: str | None = None

    @property
    def acts(self) -> bool:
        """Whether the event changes anything."""
        if self.action == "prune":
            return not self.dry_run
        return self.action in ("remove", "prefetch") or self.repair

    @property
    def asked(self) -> dict[str, Any]:
        """The fields that were set, for the log."""
        values = {each.name: getattr(self, each.name) for each in fields_of(self)}
        return {name: value for name, value in values.items() if value != getattr(type(self), name, None)}


def read(event: Any, tasks: Sequence[str]) -> Event:
    """Check the event of a direct invoke; ``tasks`` can be prefetched."""
    if not isinstance(event, dict):
        raise BadRequest('the event must be a JSON object like {"action": "list"}')
    action = Choice("action", "what to do", ACTIONS).read(event.get("action"), "action")
    takes = TAKES.get(action, (Choice("task", "a function's task", tuple(tasks)),))
    known = {field.name: field for field in takes}
    values = {}
    for name, value in event.items():
        if name == "action":
            continue
        if name not in known:
            allowed = ", ".join(("action", *known))
            raise InvalidField(printable(name), f"is unknown to {action}; known: {allowed}")
        if value is not None:
            values[name] = known[name].read(value, name)
    if action == "remove" and "model" not in values:
        raise InvalidField("model", "is required: what is to be removed must be named")
    return Event(action, **values)
