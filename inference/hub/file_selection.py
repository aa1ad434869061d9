"""Which files of a repository serving needs: weights that cannot run code, configurations, tokenizers."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from inference.errors import ModelUnavailable, printable
from inference.hub import diffusers_index, repository_forms
from inference.hub.repository_forms import PICKLE
from inference.jobs.refused import Refused

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

# Weights as safetensors: pickle weights can run code when read, and are fetched only where a task allows it
# by name. Code files are never fetched at all.
WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.spm", "*.jinja", "bpe.codes")
TABLE = "[0-9]_StaticEmbedding/model.safetensors"
WANTED_BELOW = (
    *("*/config.json", "[0-9]_Dense/model.safetensors"),
    *(TABLE, "[0-9]_StaticEmbedding/tokenizer.json"),
)
"""One folder down: how sentence-transformers repositories say what they pool, and their layers after that."""
GRAPH, GRAPH_BYTES = "onnx/model.onnx", 2_000_000_000
"""A repository's own graph, and the most that one file of ONNX holds."""
MOST_BYTES = 10**12
"""Of a file that a Hub lists: more than any model's."""


def choose_files(
    siblings: list[RepoSibling],
    pickle_weights: bool = False,
    own_graph: bool = False,
    pickle_option: str = "<task>.pickle_weights=true",
) -> list[RepoSibling]:
    """The files that serving needs: top-level ones, or the parts of a diffusers pipeline.

    A repository, or a part of a pipeline, that has no safetensors weights is refused; so is an adapter.
    """
    _check_sizes(siblings)
    names = [file.rfilename for file in siblings]
    if any(file.rfilename == diffusers_index.INDEX for file in siblings):
        return _choose_parts(siblings)
    files = [file for file in siblings if _is_wanted(file.rfilename)]
    if own_graph:
        files += [file for file in siblings if file.rfilename == GRAPH and (file.size or 0) < GRAPH_BYTES]
    if any(_is_weights(file.rfilename) for file in files):
        return files
    pickled = [file for file in siblings if pickle_weights and file.rfilename == PICKLE]
    files += pickled
    if not pickled:
        held = repository_forms.describe(names, pickle_option)
        told = f"the repository has no safetensors weights at its top level, but {held}"
        raise Refused(ModelUnavailable(told))
    return files


def _check_sizes(siblings: list[RepoSibling]) -> None:
    """Sizes come from outside, and decide what is reserved, waited for and refused."""
    for file in siblings:
        size = file.size
        if size is not None and not (type(size) is int and 0 <= size <= MOST_BYTES):
            told = f"the Hub lists {printable(file.rfilename)} with a size that no file has"
            raise Refused(ModelUnavailable(told))


def _is_weights(name: str) -> bool:
    """An adapter's weights are no model's; a table of vectors may stand in a folder."""
    if "/" in name:
        return fnmatch.fnmatch(name, TABLE)
    return name.endswith(".safetensors") and not name.startswith("adapter_")


def _choose_parts(siblings: list[RepoSibling]) -> list[RepoSibling]:
    files = [file for file in siblings if diffusers_index.is_wanted(file.rfilename)]
    if lacking := diffusers_index.parts_without_weights([file.rfilename for file in files]):
        told = f"the repository has no safetensors weights of {', '.join(lacking)}"
        raise Refused(ModelUnavailable(told))
    return files


def _is_wanted(name: str) -> bool:
    if "/" in name:
        return name.count("/") == 1 and any(fnmatch.fnmatch(name, wanted) for wanted in WANTED_BELOW)
    return any(fnmatch.fnmatch(name, wanted) for wanted in WANTED)
