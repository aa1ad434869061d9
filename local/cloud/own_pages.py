"""Pages of the web are kept out: a browser sends a form anywhere, this machine included."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from local.cloud.loopback_server import OWN_NAMES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class OwnPages:
    """Lets in what no page sent, and pages of this machine; browsers name the page in ``Origin``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI asks."""
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        if origin is None or _host(origin) in OWN_NAMES:
            await self._app(scope, receive, send)
            return
        told = "pages of this machine may call the local cloud, and no others"
        await JSONResponse({"Message": told}, 403)(scope, receive, send)


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).hostname
    except ValueError:
        return None
