"""What a function says about itself (``GET /`` and its OpenAPI document), read once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.demo.recipes import OWNER
from playground.access import NoCredentials
from playground.client import Client, Reply, Unreachable
from playground.refusal import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playground.endpoints import Endpoint

CONVERSATION = "v1/chat/completions"
AT_ONCE = 8
"""Functions asked at the same time; each is started by being asked."""


@dataclass(frozen=True)
class Description:
    """One function, as it describes itself."""

    endpoint: Endpoint
    document: Mapping[str, Any]
    openapi: Mapping[str, Any]

    @property
    def task(self) -> str:
        """The Hub's name for this kind of task."""
        return str(self.document["task"])

    @property
    def models(self) -> list[str]:
        """Those that a request may name, the default first; beside demo models there are no others."""
        return [self.document["model"], *([] if self.is_demo else self.document["alternatives"])]

    @property
    def is_demo(self) -> bool:
        """Whether a demo model of the project stands in for the task's own."""
        return str(self.document["model"]).startswith(f"{OWNER}/demo-")

    @property
    def is_ready(self) -> bool:
        """Whether the model was prepared when the function was asked."""
        return bool(self.document["engine"])

    @property
    def note(self) -> str:
        """What has to stand beside every answer of the default model; mostly nothing."""
        return self.endpoint.note

    @property
    def media_kind(self) -> str | None:
        """``image`` or ``audio`` where a request's whole body may be the input."""
        content = self.openapi["paths"]["/"]["post"]["requestBody"]["content"]
        kinds = [kind.partition("/")[0] for kind in content]
        return next((kind for kind in kinds if kind in ("image", "audio")), None)

    @property
    def has_conversation(self) -> bool:
        return f"/{CONVERSATION}" in self.document["routes"]


@dataclass
class Catalogue:
    """All functions; each is asked when its tab is first opened, so that none is started for nothing."""

    endpoints: list[Endpoint]
    client: Client
    _known: dict[str, Description] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def names(self) -> list[str]:
        return [endpoint.name for endpoint in self.endpoints]

    def endpoint(self, name: str) -> Endpoint:
        return next(endpoint for endpoint in self.endpoints if endpoint.name == name)

    def describe(self, name: str) -> Description:
        """Ask the function, if it was not asked yet; :class:`Unreachable` if it does not say."""
        known = self._known.get(name)
        if known is None:
            endpoint = self.endpoint(name)
            document = _document(self.client.get(endpoint), name)
            openapi = _document(self.client.get(endpoint, "openapi.json"), name)
            known = Description(endpoint, document, openapi)
            with self._lock:
                self._known[name] = known
        return known

    def settled(self, name: str) -> Description:
        """Asked again where the model was not ready: then engine, precision and drift are not known."""
        with self._lock:
            known = self._known.get(name)
            if known and not known.document["engine"]:
                del self._known[name]
        return self.describe(name)

    def of_kind(self, task: str) -> list[Description]:
        """All functions of a kind of task, asked at once; those that do not answer are left out."""
        names = [endpoint.name for endpoint in self.endpoints if endpoint.task in (None, task)]
        with ThreadPoolExecutor(AT_ONCE) as threads:
            found = threads.map(self._describe_or_none, names)
            return [each for each in found if each and each.task == task]

    def _describe_or_none(self, name: str) -> Description | None:
        try:
            return self.describe(name)
        except (Unreachable, NoCredentials):
            return None


def _document(reply: Reply, name: str) -> Mapping[str, Any]:
    if reply.status != 200 or not reply.is_json:
        raise Unreachable(f"{name} does not say what it is: {words(reply)}")
    document: Mapping[str, Any] = reply.json()
    return document
