"""What a runner of models tells of its stages, whoever listens."""

from __future__ import annotations

from typing import Any, Protocol


class StageLog(Protocol):
    """Where the stages of a preparation and of a slow inference are told."""

    def info(self, msg: object, **facts: Any) -> None: ...
    def warning(self, msg: object, **facts: Any) -> None: ...
    def exception(self, msg: object, **facts: Any) -> None: ...
