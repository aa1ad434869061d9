"""The keys that open a function's URL; all that is known of them here is their SHA-256."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from inference.errors import Unauthorized

SCHEME = "bearer"


@dataclass(frozen=True)
class Keys:
    """Any of them opens: two are valid while one takes the other's place. None at all opens to everybody."""

    sha256: tuple[str, ...]
    """In lower-case hexadecimal digits."""

    def check(self, headers: Any) -> None:
        """Let a call in by its ``Authorization`` header, or refuse it; how long that takes tells nothing."""
        if not self.sha256:
            return
        key = _bearer(headers)
        if not key:
            raise Unauthorized("a key is needed: send the header Authorization: Bearer <key>")
        given = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        matches = [compare_digest(given, known) for known in self.sha256]
        if not any(matches):
            raise Unauthorized("the key is wrong, or is no longer valid")


def _bearer(headers: Any) -> str:
    """The key in the header, whatever the case of the header's name and scheme; empty where there is none."""
    items = headers.items() if isinstance(headers, dict) else ()
    value = next((str(value) for name, value in items if str(name).lower() == "authorization"), "")
    scheme, _, key = value.strip().partition(" ")
    return key.strip() if scheme.lower() == SCHEME else ""
