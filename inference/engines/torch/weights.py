"""A torch model with the weights of its repository, and none that a library made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.errors import ModelUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read(model_class: Any, folder: Path | str, *, unread: Sequence[str] = (), **options: Any) -> Any:
    """The model in fp32, from safetensors, with no code but the library's own, never the network.

    ``from_pretrained`` fills a weight that is not there with random numbers, and only warns: that is another
    answer at each start. Here :class:`ModelUnavailable` names it. What is ``unread`` may be missing.
    """
    import torch

    model, info = model_class.from_pretrained(
        str(folder),
        dtype=torch.float32,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        output_loading_info=True,
        **options,
    )
    missing = sorted(name for name in info["missing_keys"] if not any(part in name for part in unread))
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ModelUnavailable(
            f"its repository has no weights for {missing[0]}{more}, which this task reads; "
            "it was made for another one"
        )
    return model.eval()
