"""A repository that cannot be read says what it holds instead, and what to do."""

from __future__ import annotations

import pytest
from huggingface_hub.hf_api import RepoSibling

from inference.hub.file_selection import choose_files
from inference.jobs.refused import Refused

OPTION = "spam.pickle_weights=true"
FORMS = {
    "pytorch_model.bin, a pickle file.*set spam.pickle_weights=true": ["config.json", "pytorch_model.bin"],
    "a LoRA adapter.*merge it": ["adapter_config.json", "adapter_model.safetensors", "tokenizer.json"],
    "GGUF files": ["model-Q4_K_M.gguf", "README.md"],
    "GLiNER": ["gliner_config.json", "pytorch_model.bin"],
    "weights of CTranslate2": ["config.json", "model.bin", "vocabulary.txt"],
    "ONNX graphs only": ["config.json", "onnx/model.onnx", "tokenizer.json"],
    "TensorFlow": ["config.json", "tf_model.h5"],
    "Flax": ["config.json", "flax_model.msgpack"],
    "pickle files that transformers cannot read": ["pytorch_model.bin"],
    "folders of another library": ["0_CLIPModel/model.safetensors", "modules.json"],
    "no weights of any kind": ["README.md"],
}


@pytest.mark.parametrize(("told", "names"), FORMS.items(), ids=list(FORMS))
def test_a_form_is_named_with_what_to_do(told: str, names: list[str]) -> None:
    with pytest.raises(Refused, match=f"no safetensors weights at its top level, but .*{told}"):
        choose_files([RepoSibling(rfilename=name) for name in names], pickle_option=OPTION)


def test_pickle_weights_are_taken_where_they_are_allowed() -> None:
    files = [RepoSibling(rfilename=name) for name in ("config.json", "pytorch_model.bin")]
    assert [file.rfilename for file in choose_files(files, pickle_weights=True)] == [
        "config.json",
        "pytorch_model.bin",
    ]


def test_a_table_of_vectors_may_stand_in_a_folder() -> None:
    names = ["modules.json", "0_StaticEmbedding/model.safetensors", "0_StaticEmbedding/tokenizer.json"]
    assert [file.rfilename for file in choose_files([RepoSibling(rfilename=name) for name in names])] == names
