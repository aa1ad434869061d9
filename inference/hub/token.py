"""The Hub token of gated models: read from Secrets Manager when a download needs it, and kept nowhere."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from inference.errors import HubUnreachable, ModelUnavailable

if TYPE_CHECKING:
    from inference.deadline import Deadline
    from inference.errors import HubletError

LONGEST_WAIT_S = 5.0
ATTEMPTS = 2
TOKEN = r"[\x21-\x7e]{1,512}"
"""What a header can carry: a library that refuses a header quotes it."""
PASSING = ("InternalServiceError", "ThrottlingException", "TooManyRequestsException")
WHAT = "the secret with the Hub token"


class HubToken:
    """Read anew each time, so that a rotated secret works at once."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def read(self, deadline: Deadline) -> str:
        """The token; what keeps it from us is said without the secret, its name or its account."""
        import boto3  # half a second and 34 MB, for the first call of a gated model alone
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

        wait_s = max(0.1, min(LONGEST_WAIT_S, deadline.remaining_s / (2 * ATTEMPTS)))
        config = Config(connect_timeout=wait_s, read_timeout=wait_s, retries={"total_max_attempts": ATTEMPTS})
        try:
            region = self._arn.split(":")[3]
            client = boto3.Session().client("secretsmanager", region_name=region, config=config)
            answer = client.get_secret_value(SecretId=self._arn)
        except ClientError as error:
            raise _refusal(error.response) from None
        except HTTPClientError as error:
            raise _no_answer(type(error).__name__) from None
        except BotoCoreError as error:
            raise _unreadable(type(error).__name__) from None
        return _token(answer.get("SecretString"))


def _refusal(response: dict[str, Any]) -> HubletError:
    code = str(response.get("Error", {}).get("Code", ""))
    if code in PASSING or response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return _no_answer(code)
    return _unreadable(code)


def _unreadable(reason: str) -> ModelUnavailable:
    return ModelUnavailable(f"the model needs a Hub token, and {WHAT} cannot be read: {reason}")


def _no_answer(reason: str) -> HubUnreachable:
    return HubUnreachable(f"{WHAT} could not be read: {reason}", retry_after_s=30)


def _token(secret: Any) -> str:
    """Plain text, or a JSON object with one entry, which is what the console makes by default."""
    text = secret.strip() if isinstance(secret, str) else ""
    if text.startswith("{"):
        try:
            values = list(json.loads(text).values())
        except ValueError:
            values = []
        text = values[0] if len(values) == 1 and isinstance(values[0], str) else ""
    if not re.fullmatch(TOKEN, text):
        raise ModelUnavailable(
            f"the model needs a Hub token, and {WHAT} holds none: it must be the token as plain text, or "
            "JSON with one entry"
        )
    return text
