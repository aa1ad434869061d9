"""What a function URL answers to pages: the ``Cors`` of the template, as Lambda adds it by itself.

Source: Lambda developer guide, "Cross-origin resource sharing (CORS)"; Lambda API reference, ``Cors``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

ANY = "*"


@dataclass(frozen=True)
class Cors:
    """Which pages may call, and what they may send and see."""

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age_s: int = 0

    @classmethod
    def of_url(cls, properties: Mapping[str, Any]) -> Cors:
        """From the properties of an ``AWS::Lambda::Url``; without ``Cors`` no page may call."""
        given = properties.get("Cors", {})
        names = ("AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders")
        origins, methods, headers, exposed = (tuple(given.get(name, ())) for name in names)
        return cls(origins, methods, headers, exposed, int(given.get("MaxAge", 0)))

    def preflight(self, request: Request) -> Response | None:
        """The answer to a page's question, which the function never sees; ``None``: this is none."""
        is_asked = request.method == "OPTIONS" and "access-control-request-method" in request.headers
        if not self.origins or not is_asked:
            return None
        from starlette.responses import Response  # who reads the template alone may not have it

        answer = Response()
        if self._admits(request):
            answer.headers["access-control-allow-methods"] = ",".join(self.methods)
            answer.headers["access-control-allow-headers"] = ",".join(self.headers)
            answer.headers["access-control-max-age"] = str(self.max_age_s)
        return self.marked(request, answer)

    def marked(self, request: Request, answer: Response) -> Response:
        """An answer that a page may read, if its origin is listed."""
        if not self.origins:
            return answer
        answer.headers["vary"] = "origin"
        if self._admits(request):
            answer.headers["access-control-allow-origin"] = request.headers["origin"]
            if self.exposed:
                answer.headers["access-control-expose-headers"] = ",".join(self.exposed)
        return answer

    def _admits(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        return origin is not None and (origin in self.origins or ANY in self.origins)
