"""Errors in the Hub's format. The client reads the kind from a header, since HEAD has no body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request


class HubError(Exception):
    """An error response with X-Error-Code, from which huggingface_hub makes its typed exceptions."""

    def __init__(self, status: int, code: str, message: str, commit: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {"X-Error-Code": code, "X-Error-Message": message}
        if commit:  # the client remembers that this commit does not have the file
            self.headers["X-Repo-Commit"] = commit


class RangeError(HubError):
    """A range that starts after the end of the file. The storage answers this, so there is no Hub code."""

    def __init__(self, size: int) -> None:
        super().__init__(416, "", "Requested range not satisfiable")
        self.headers = {"Content-Range": f"bytes */{size}"}


async def reply(request: Request, error: Exception) -> Response:
    """Starlette's exception handler; the answer never contains input of the caller."""
    assert isinstance(error, HubError)
    return JSONResponse({"error": str(error)}, error.status, error.headers)
