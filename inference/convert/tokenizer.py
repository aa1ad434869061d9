"""A repository's tokenizer as transformers reads it, in the two files that serving reads."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING, Any

from inference.cache import errors as cache_errors
from inference.cache.files import replace_text
from inference.convert import limits, protein_tokenizer
from inference.engines.text.tokenizer import VOCABULARIES, read_json
from inference.errors import ModelUnavailable

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_REASON = 300
FILES = ("tokenizer.json", "tokenizer_config.json")


def write_tokenizer(snapshot: Path, folder: Path) -> None:
    """Write ``tokenizer.json``, and ``tokenizer_config.json`` with what the library adds to the repository's.

    Many repositories hold only a vocabulary, and leave the special tokens, or which inputs the model is
    given, to the defaults of a class in transformers. Nothing is written where the repository has no
    vocabulary, or a tokenizer that is written in Python. Raises :class:`ModelUnavailable` for one that the
    library cannot read. Files are replaced, never written to: the folder's
    may be links.
    """
    from transformers import AutoTokenizer

    if not any((snapshot / name).exists() for name in VOCABULARIES):
        return
    try:
        tokenizer = AutoTokenizer.from_pretrained(snapshot, local_files_only=True, trust_remote_code=False)
    except ImportError as error:  # such as MeCab's dictionaries, which no image has
        told = " ".join(str(error).split())[:LONGEST_REASON]
        raise ModelUnavailable(f"its tokenizer needs a package that is not here: {told}") from error
    except Exception as error:  # whatever a repository's files make the library raise
        is_ours = isinstance(error, OSError) and cache_errors.is_ours(error)
        if is_ours or limits.is_out_of_memory(error):
            raise
        traceback.print_exc()
        names = ", ".join(name for name in VOCABULARIES if (snapshot / name).exists())
        raise ModelUnavailable(
            f"its tokenizer cannot be made of {names} ({type(error).__name__}); see the log"
        ) from error
    if protein_tokenizer.reads_proteins(tokenizer):
        backend = protein_tokenizer.written_down(tokenizer)
    elif tokenizer.is_fast:
        backend = tokenizer.backend_tokenizer
    else:
        return
    special = {role: token for role, token in tokenizer.special_tokens_map.items() if isinstance(token, str)}
    config = {
        **special,
        **read_json(snapshot / "tokenizer_config.json"),
        "model_max_length": tokenizer.model_max_length,
        "model_input_names": tokenizer.model_input_names,
        "truncation_side": tokenizer.truncation_side,
        "clean_up_tokenization_spaces": tokenizer.clean_up_tokenization_spaces,
    }
    texts = (backend.to_str(), json.dumps(config, ensure_ascii=False, indent=1))
    for name, text in zip(FILES, texts, strict=True):
        replace_text(folder / name, text)


def write_vocabulary(tokenizer: Any, folder: Path) -> None:
    """Write ``tokenizer.json`` alone.

    The library's own ``save`` passes over an error of ``close``, which is where NFS tells that a write did
    not arrive.
    """
    replace_text(folder / FILES[0], tokenizer.backend_tokenizer.to_str())
