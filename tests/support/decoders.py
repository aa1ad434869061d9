"""A decoder without a process, for unit tests: the child's own function, called here."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField
from inference.media.child import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass
class InProcess:
    """In the place of a :class:`inference.media.decoder.Decoder`."""

    module: str

    def start(self) -> None:
        """There is nothing to start."""

    def decode(
        self, data: bytes, job: Mapping[str, Any], at: str, limit_s: float = 0.0
    ) -> Iterator[bytes | Mapping[str, Any]]:
        child = importlib.import_module(self.module)
        child.register()
        blocks: list[bytes] = []
        try:
            end = child.decode(job, data, blocks.append)
        except Unreadable as error:
            raise InvalidField(at, str(error)) from None
        yield from blocks
        yield end
