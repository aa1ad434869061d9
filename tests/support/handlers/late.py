"""A Lambda handler whose model is not ready at the first call."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """503 as long as the file ``MARK`` is not there, which the first call writes."""
    mark = Path(os.environ["MARK"])
    if not mark.exists():
        mark.touch()
        body = {"error": "the model is being prepared", "type": "ModelNotReady"}
        return {"statusCode": 503, "body": json.dumps(body)}
    return {"model": "a/b", "engine": "none", "precision": "fp32"}
