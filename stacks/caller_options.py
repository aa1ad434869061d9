"""Context keys about who may call, and where the Hub token is; no value of theirs is a secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stacks.context import OptionError, choice, flag, text, words

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTH = ("iam", "key", "none")
SHA256 = r"[0-9a-f]{64}"
MOST_KEYS = 2
"""One in use and one that takes its place."""
# The full ARN: a policy that names the secret without the six characters at its end matches nothing.
SECRET_ARN = r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}"


def auth(context: Mapping[str, Any]) -> str:
    """Who may call the URLs; everybody only by a second word."""
    accepted = flag(context, "i_accept_public")
    chosen = choice(context, "auth", AUTH)
    if chosen == "none" and not accepted:
        raise OptionError(
            "context key 'auth': 'none' lets anybody on the internet call the functions at your cost; "
            "add -c i_accept_public=true if that is what you want"
        )
    return chosen


def key_sha256(context: Mapping[str, Any], auth: str) -> tuple[str, ...]:
    """The SHA-256 of the keys; what was given instead is never shown, since it may be a key."""
    given = tuple(value.lower() for value in words(context, "key_sha256"))
    if given and auth != "key":
        raise OptionError(f"context key 'key_sha256' is for auth=key, and would do nothing with auth={auth}")
    if auth == "key" and not given:
        raise OptionError(
            "context key 'auth': 'key' also needs key_sha256, the SHA-256 of a key; `make key` makes both"
        )
    if len(given) > MOST_KEYS or not all(re.fullmatch(SHA256, value) for value in given):
        raise OptionError(
            "context key 'key_sha256' must be one SHA-256 in hexadecimal (64 digits), or two with a comma "
            "between. What was given is not shown here; if it was a key, make a new one with `make key`: a "
            "command line is no place for a key"
        )
    return given


def hf_token_secret_arn(context: Mapping[str, Any], egress: str) -> str | None:
    """The secret with the Hub token; of no use to functions that cannot reach the Hub."""
    arn = text(context, "hf_token_secret_arn")
    if arn is None:
        return None
    if not re.fullmatch(SECRET_ARN, arn, re.ASCII):
        raise OptionError(
            "context key 'hf_token_secret_arn' must be the full ARN of a Secrets Manager secret, with the "
            "six characters at its end. What was given is not shown here; if it was a token, revoke it"
        )
    if egress == "none":
        raise OptionError(
            "context key 'hf_token_secret_arn' needs a way out: with egress=none neither Secrets Manager nor "
            "the Hub can be reached, and nothing is ever downloaded"
        )
    return arn
