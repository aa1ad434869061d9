"""A load that fails on bytes that are not what was published, which comparing sizes does not see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.errors import HubletError, ModelNotReady

if TYPE_CHECKING:
    from inference.artifact import Artifact
    from inference.engines.engine import Engine, Loader
    from inference.model_files import ModelFiles


def checked(load: Loader, files: ModelFiles) -> Loader:
    """The same loader; where a library makes nothing of an artifact, its bytes are compared with its hashes.

    If they differ the artifact is set aside, and :class:`ModelNotReady` tells the caller to come again:
    the next call has it made anew. Any other failure is raised as it is.
    """

    def load_or_set_aside(artifact: Artifact, pipeline_tag: str, threads: int) -> Engine:
        try:
            return load(artifact, pipeline_tag, threads)
        except (HubletError, MemoryError):
            raise
        except Exception as error:
            if not files.set_aside_if_damaged(artifact):
                raise
            said = "the model's files on the cache were damaged; the next call has them made again"
            raise ModelNotReady(said, retry_after_s=1) from error

    return load_or_set_aside
