"""Refusals in the Hub's own form: the client tells them apart by a header, since HEAD has no body."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class HubError(Exception):
    """Becomes a reply with X-Error-Code, which huggingface_hub turns into its typed exceptions."""

    def __init__(self, status: int, code: str, message: str, commit: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {"X-Error-Code": code, "X-Error-Message": message}
        if commit:  # lets the client remember that this commit lacks the file
            self.headers["X-Repo-Commit"] = commit


class RangeError(HubError):
    """A range that begins after the end: storage answers this one, so it has no Hub code."""

    def __init__(self, size: int) -> None:
        super().__init__(416, "", "Requested range not satisfiable")
        self.headers = {"Content-Range": f"bytes */{size}"}


async def reply(request: Request, error: Exception) -> Response:
    """Starlette's handler for both; what the caller sent is never echoed back."""
    assert isinstance(error, HubError)
    return JSONResponse({"error": str(error)}, error.status, error.headers)
