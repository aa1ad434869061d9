"""The custom resource that empties the bucket when the stack is destroyed: S3 deletes no full bucket."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import TYPE_CHECKING, Any

from inference.relay.bucket import RelayUnreachable

if TYPE_CHECKING:
    from inference.relay.bucket import Bucket

SETTLES_S = 15.0
"""A factory that is at work finds its lease gone at its next heartbeat, and its last write has arrived."""
ANSWER_S = 30
NO_BUCKET = "NoSuchBucket"
"""Somebody deleted it by hand: then nothing is left to do."""


def answer(event: dict[str, Any], bucket: Bucket) -> dict[str, Any]:
    """Do what CloudFormation asks, and tell it, whatever happened; it would wait an hour for a word."""
    reason = ""
    if event["RequestType"] == "Delete":
        try:
            for wait_s in (SETTLES_S, 0.0):
                bucket.abort_uploads()
                bucket.delete(bucket.keys(""))
                time.sleep(wait_s)
        except RelayUnreachable as error:
            reason = "" if error.code == NO_BUCKET else error.message
        except Exception as error:  # without an answer CloudFormation waits until its own timeout
            reason = f"the bucket could not be emptied: {type(error).__name__}"
    outcome = {
        "Status": "FAILED" if reason else "SUCCESS",
        "Reason": reason or "done",
        "PhysicalResourceId": event.get("PhysicalResourceId") or "empty-bucket",
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    request = urllib.request.Request(
        event["ResponseURL"], json.dumps(outcome).encode(), {"content-type": ""}, method="PUT"
    )
    urllib.request.urlopen(request, timeout=ANSWER_S).close()
    return {"outcome": outcome["Status"].lower()}
