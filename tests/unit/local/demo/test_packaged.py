"""The two file formats that packages carry weights in, read back from files made for the purpose."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local.demo.packaged import ctranslate_file, gguf
from local.demo.packaged import whisper as packaged_whisper

if TYPE_CHECKING:
    from pathlib import Path


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def gguf_file(path: Path, tensors: list[tuple[str, tuple[int, ...], int, bytes]]) -> Path:
    """A file with one value of several kinds each, and the given tensors: name, shape, kind, bytes."""
    values = [
        text("general.name") + struct.pack("<I", 8) + text("tiny"),
        text("count") + struct.pack("<II", 4, 7),
        text("rate") + struct.pack("<If", 6, 0.5),
        text("flag") + struct.pack("<I?", 7, True),
        text("words") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("ü"),
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values)) + b"".join(values)
    body = b""
    for name, shape, kind, data in tensors:
        sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape))
        head += text(name) + sizes + struct.pack("<IQ", kind, len(body))
        body += data + b"\0" * (-len(data) % 32)
    path.write_bytes(head + b"\0" * (-len(head) % 32) + body)
    return path


def test_gguf_values_and_tensors(tmp_path: Path) -> None:
    plain = np.arange(6, dtype=np.float32).reshape(2, 3)
    low, high = np.arange(16, dtype=np.uint8) % 16, np.arange(16, dtype=np.uint8)[::-1] % 16
    four_bits = struct.pack("<ee", 0.5, -2.0) + (low | high << 4).tobytes()
    eight = np.arange(-16, 16, dtype=np.int8)
    eight_bits = struct.pack("<e", 0.25) + eight.tobytes() + struct.pack("<e", 2.0) + eight.tobytes()
    file = gguf.read(
        gguf_file(
            tmp_path / "tiny.gguf",
            [
                ("plain", (2, 3), gguf.F32, plain.tobytes()),
                ("four", (1, 32), gguf.Q4_1, four_bits),
                ("eight", (2, 32), gguf.Q8_0, eight_bits),
            ],
        )
    )
    words = {"general.name": "tiny", "count": 7, "rate": 0.5, "flag": True, "words": ["a", "ü"]}
    assert file.metadata == words
    np.testing.assert_array_equal(file.tensors["plain"], plain)
    np.testing.assert_array_equal(file.tensors["four"][0], np.concatenate([low, high]) * 0.5 - 2.0)
    np.testing.assert_array_equal(file.tensors["eight"], [eight * 0.25, eight * 2.0])


def test_what_is_no_gguf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"PK\x03\x04" + bytes(64))
    with pytest.raises(ValueError, match="other is no GGUF file"):
        gguf.read(tmp_path / "other")


def test_whisper_comes_back_from_ctranslate_as_it_was(tmp_path: Path) -> None:
    """CTranslate2's own converter writes what ours reads: every tensor under its old name."""
    model = tiny_whisper(tmp_path / "model")
    converted(tmp_path / "model", model, tmp_path / "converted")
    state = packaged_whisper.rename(ctranslate_file.read(tmp_path / "converted" / "model.bin"))
    expected = {
        name: tensor.numpy() for name, tensor in model.state_dict().items() if name != "proj_out.weight"
    }
    assert state.keys() == expected.keys()
    for name, tensor in expected.items():
        np.testing.assert_array_equal(state[name], tensor, err_msg=name)


def test_another_version_of_the_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(struct.pack("<I", 99))
    with pytest.raises(ValueError, match="version 99"):
        ctranslate_file.read(tmp_path / "model.bin")


def tiny_whisper(folder: Path) -> Any:
    import torch
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=64, d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=24, max_target_positions=16,
        max_source_positions=32, decoder_start_token_id=1, eos_token_id=2, pad_token_id=2, bos_token_id=2,
        suppress_tokens=None, begin_suppress_tokens=None,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config)
    with torch.no_grad():  # biases and norms too, which start as zeros and ones
        for parameter in model.parameters():
            parameter.normal_()
    model.save_pretrained(folder)
    return model.eval()


def converted(snapshot: Path, model: Any, folder: Path) -> None:
    from inference.convert.ctranslate import weights as ctranslate_weights

    folder.mkdir()
    names = [f"<{index}>" for index in range(model.config.vocab_size)]
    ctranslate_weights.write(model, snapshot, names, "float32", folder)
