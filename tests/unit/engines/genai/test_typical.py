"""Locally typical sampling, by hand-made scores and against transformers' own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inference.engines.genai.scores import in_effect, is_asked, typical
from inference.engines.genai.search_options import samples
from inference.engines.text.generation_options import GenerationSettings


def test_what_is_too_likely_is_as_untypical_as_what_is_too_rare() -> None:
    """The entropy of 0.3 and ten times 0.07 is nearer to the surprise of the rare ones."""
    scores = np.log(np.array([0.3, *[0.07] * 10], dtype=np.float32))
    assert typical(scores, 0.4).tolist() == [False, *[True] * 6, *[False] * 4]
    assert typical(scores, 0.99).all()
    assert typical(scores, 0.01).sum() == 1


@given(
    arrays.arrays(np.float32, st.integers(2, 30), elements=st.floats(-8, 8, width=32), unique=True),
    st.sampled_from([0.2, 0.5, 0.9, 0.95]),
)
def test_the_same_tokens_as_transformers(scores: Any, mass: float) -> None:
    torch = pytest.importorskip("torch")
    from transformers import TypicalLogitsWarper

    warped = TypicalLogitsWarper(mass=mass)(None, torch.tensor(scores[None].astype(np.float64)))
    theirs = np.isfinite(warped.numpy()[0])
    ours = typical(scores, mass)
    logprobs = scores.astype(np.float64) - np.logaddexp.reduce(scores.astype(np.float64))
    untypical = np.abs(-logprobs + (np.exp(logprobs) * logprobs).sum())
    sums = np.exp(logprobs)[np.argsort(untypical)].cumsum()
    # Else the last digit decides which of two tokens comes first, or where the row is cut.
    assume(np.diff(np.sort(untypical)).min() > 1e-6 and np.abs(sums - mass).min() > 1e-6)
    assert ours.tolist() == theirs.tolist()


def test_forbidden_tokens_are_never_typical() -> None:
    assert typical(np.array([0.0, -np.inf, 0.0], dtype=np.float32), 0.99).tolist() == [True, False, True]


def test_it_counts_only_where_tokens_are_drawn() -> None:
    assert in_effect({"typical_p": 0.9}, {"do_sample": False})["typical_p"] is None
    drawn = in_effect({"typical_p": 0.9}, {"do_sample": True, "temperature": 0.5})
    assert (drawn["typical_p"], drawn["temperature"]) == (0.9, 0.5)
    assert is_asked(drawn, 10)
    assert not is_asked({"typical_p": 1.0}, 10)


def test_to_name_it_is_to_want_draws() -> None:
    assert samples({"typical_p": 0.9}, GenerationSettings({}, {}))
    assert not samples({"typical_p": 0.9, "do_sample": False}, GenerationSettings({}, {}))
