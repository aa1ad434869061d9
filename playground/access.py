"""What lets a call in: a key, or a signature with the user's AWS credentials (SigV4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_VARIABLE = "HUBLET_KEY"
"""Named the same for ``make run``."""
FUNCTION_URL = re.compile(r"\.lambda-url\.([a-z0-9-]+)\.on\.aws$")
"""The host of a function URL, with its region (AWS Lambda developer guide, "Lambda function URLs")."""


class NoCredentials(Exception):
    """A call that needs a signature, and no AWS credentials to sign it with."""


@dataclass(frozen=True)
class Access:
    """How calls are let in; a key is never shown or stored."""

    key: str | None = None
    profile: str | None = None

    def headers(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers to send: with the key where there is one, else signed where the URL is AWS's."""
        if self.key:
            return {**headers, "authorization": f"Bearer {self.key}"}
        region = region_of(url)
        return self._signed(method, url, body, headers, region) if region else dict(headers)

    def _signed(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], region: str
    ) -> dict[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError
        from botocore.session import Session

        try:
            credentials = Session(profile=self.profile).get_credentials()
        except BotoCoreError as error:
            raise NoCredentials(f"no AWS credentials: {error}") from error
        if credentials is None:
            raise NoCredentials(
                f"no AWS credentials to sign with; run `aws configure`, set AWS_PROFILE, or set "
                f"{KEY_VARIABLE} where the functions ask for a key"
            )
        request = AWSRequest(method, url, data=body, headers=dict(headers))
        SigV4Auth(credentials, "lambda", region).add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}


def region_of(url: str) -> str | None:
    """The region of a function URL in AWS; ``None`` for any other."""
    found = FUNCTION_URL.search(urlsplit(url).hostname or "")
    return found.group(1) if found else None
