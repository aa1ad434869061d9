"""A delivery in a bucket, as a factory leaves it, without a conversion."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from inference.relay.records import Delivery, file_key, manifest_key, name_of
from tests.support.artifacts import COMMIT, HEAD, SENTIMENT
from tests.support.models.manifests import manifest

if TYPE_CHECKING:
    from inference.relay.bucket import Bucket
    from inference.task import Model

FILES = {"config.json": b"{}", "onnx/model.onnx": b"weights of a model"}
BRANCH = replace(SENTIMENT.model, revision="main", sha256=())
NAME = name_of(BRANCH, SENTIMENT.pipeline_tag, "auto")
MAKING = "a" * 32


def made_delivery(model: Model = BRANCH, commit: str = COMMIT, resolved_s: float = 1.0) -> Delivery:
    files = {
        name: {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in FILES.items()
    }
    made = manifest("onnx", HEAD, model=model.id, commit=commit, precision="int8", seconds=0.1, files=files)
    return Delivery(model.id, model.revision, resolved_s, MAKING, made)


def put_delivery(bucket: Bucket, delivery: Delivery, name: str = NAME) -> str:
    """Files first, the manifest last; returns the manifest's key."""
    for file, content in FILES.items():
        bucket.write(file_key(name, delivery.making, file), content)
    bucket.write(manifest_key(name), delivery.to_bytes())
    return manifest_key(name)
