"""What the Hub and the network say, in our words; numbers from outside are never taken as they are."""

from __future__ import annotations

import errno
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from inference.cache import errors as cache_errors
from inference.errors import LONGEST_RETRY_S, CacheFull, HubUnreachable, InternalError
from inference.hub.errors import USUAL_RESET_S, explain, reset_after_s

HUB = Path("/nowhere")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"RateLimit": '"resolvers";r=0;t=300'}, 300),
        ({"ratelimit": '"resolvers";r=0; t=12'}, 12),
        ({"RateLimit": '"resolvers";r=0;t=1e999'}, USUAL_RESET_S),
        ({"RateLimit": '"resolvers";r=0;t=nan'}, USUAL_RESET_S),
        ({"RateLimit": '"resolvers";r=0;t=soon', "Retry-After": "7"}, 7),
        ({"Retry-After": "99999999999999999999"}, LONGEST_RETRY_S),
        ({"Retry-After": "-4"}, 0),
        ({"Retry-After": "soon"}, USUAL_RESET_S),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, LONGEST_RETRY_S),
        ({}, USUAL_RESET_S),
    ],
)
def test_a_wait_that_the_hub_names_is_a_number_within_an_hour(
    headers: dict[str, str], seconds: float
) -> None:
    assert reset_after_s(headers) == seconds


def test_a_date_is_a_wait_from_now() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    assert 290 < reset_after_s({"Retry-After": later}) <= 300


@pytest.mark.parametrize(
    "error",
    [
        ssl.SSLError(ssl.SSLErrorNumber.SSL_ERROR_SSL, "certificate verify failed"),
        ssl.SSLCertVerificationError(1, "self-signed certificate"),
        ssl.SSLError(ssl.SSLErrorNumber.SSL_ERROR_SYSCALL, "the connection was cut"),
        socket.gaierror(socket.EAI_AGAIN, "no name server answers"),
        ConnectionResetError(errno.ECONNRESET, "reset"),
        TimeoutError("timed out"),
        PermissionError(errno.EPERM, "a firewall refuses the connection"),
    ],
)
def test_what_the_network_says_is_not_told_of_the_cache(error: OSError) -> None:
    """OpenSSL counts its own errors from 1, which is also EPERM."""
    assert not cache_errors.is_ours(error)
    told = explain(error, "a/b", "main", HUB).error
    assert isinstance(told, HubUnreachable)
    assert "cache" not in told.message


def test_what_a_file_says_is() -> None:
    for number, kind in ((errno.EPERM, InternalError), (errno.EIO, InternalError), (errno.EDQUOT, CacheFull)):
        told = explain(OSError(number, "no", "/nowhere/file"), "a/b", "main", HUB).error
        assert isinstance(told, kind)
        assert "the model cache" in told.message
