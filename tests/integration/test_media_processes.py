"""The processes that decode files: what they may do, and what becomes of one that does not answer."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from inference.errors import DeadlineExceeded, InvalidField
from inference.media import audio, decoder
from inference.media.audio import RATE, decode
from inference.media.decoder import Decoder
from tests.support import sounds

SHORT = sounds.made("rf64")


def wav_of_zeros(seconds: int) -> bytes:
    """8-bit, so small; it takes a second to decode."""
    return sounds.encoded(np.zeros(8_000), 8_000, "wav", "pcm_u8")[:78] + bytes(8_000 * seconds)


def test_a_file_that_takes_too_long_is_ended_and_the_next_one_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decode(SHORT)  # so that the process is there
    long = wav_of_zeros(seconds=1_700)
    with pytest.raises(DeadlineExceeded, match="not decoded in time"):
        decode(long, limit_s=0.02)
    monkeypatch.setattr(decoder, "LONGEST_S", 0.02)
    with pytest.raises(InvalidField, match="takes longer than"):
        decode(long)
    monkeypatch.undo()
    assert decode(SHORT).shape == (2 * RATE,)


def test_a_decoder_that_dies_costs_one_file() -> None:
    process = audio.DECODER._running()
    process.kill()
    process.wait()
    assert decode(SHORT).shape == (2 * RATE,)


def test_a_decoder_that_does_not_start_is_no_files_fault() -> None:
    with pytest.raises(RuntimeError, match="did not start"):
        list(Decoder("inference.media.nowhere").decode(b"RIFF", {}, "inputs"))


def test_a_decoding_process_knows_no_credentials_and_may_open_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    probe = Decoder("tests.support.probing_child")
    found = next(each for each in probe.decode(b"file", {}, "inputs") if isinstance(each, dict))
    probe._end()
    assert found == {
        "size": 4,
        "has_canary": False,
        "opens": "OSError",
        "writes": "OSError",
        "connects": "PermissionError" if sys.platform == "linux" else "OSError",
    }
