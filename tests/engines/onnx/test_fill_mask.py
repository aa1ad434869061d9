"""Fill-mask against transformers' own pipeline: one mask or several, targets, masks far into a text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from inference.engines.onnx import engine as onnx
from inference.engines.onnx.heads import fill_mask
from inference.engines.text.tokenizer import TextTokenizer
from inference.errors import InvalidField
from inference.task import Call
from tests.support.models.heads import FAMILIES, LONG, TEXTS, WINDOW, converted, make_model, on_torch

if TYPE_CHECKING:
    from pathlib import Path

TAG = "fill-mask"
MASK = "<mask>"
MASKED = [
    MASK,
    f"Maria Santos moved from {MASK} to Oslo.",
    f"ünïcödé cafe\u0301 {MASK} 🎉👩‍👩‍👧 日本語",
    f"שלום {MASK} مرحبا, 東京",
    f"Is it , really{MASK}? Yes !",
    f"Literally </s> and <pad> beside {MASK}.",
]
TWO = f"Maria {MASK} moved to {MASK}."

pytestmark = pytest.mark.filterwarnings("default")


class Pair:
    """A head, and the pipeline that it must answer like."""

    def __init__(self, snapshot: Path) -> None:
        from transformers import pipeline

        self.pipeline = pipeline(TAG, model=str(snapshot), device="cpu")
        self.head = on_torch(snapshot, TAG)

    def compare(self, texts: list[str], head: Any = None, **options: Any) -> None:
        """All but the scores equal, and those to 1e-4."""
        for text, found in zip(texts, call(head or self.head, texts, **options), strict=True):
            expected = self.pipeline(text, **options)
            for mine, theirs in zip(flat(found), flat(expected), strict=True):
                assert {**mine, "score": 0} == {**theirs, "score": 0}
                assert mine["score"] == pytest.approx(theirs["score"], abs=1e-4)


def flat(answers: list[Any]) -> list[dict[str, Any]]:
    return [entry for answer in answers for entry in (answer if isinstance(answer, list) else [answer])]


def call(head: Any, texts: list[str], **parameters: Any) -> list[list[Any]]:
    result: list[list[Any]] = head.run(Call(texts, parameters, is_list=True)).results
    return result


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(make_model(tmp_path_factory.mktemp(request.param), TAG, request.param))


def test_fillings_are_those_of_transformers(pair: Pair) -> None:
    pair.compare(MASKED)
    pair.compare(MASKED, top_k=1)
    pair.compare(MASKED[:2], top_k=40)
    assert len(call(pair.head, MASKED)[0]) == 5


def test_several_masks_are_filled_one_by_one(pair: Pair) -> None:
    pair.compare([TWO], top_k=3)
    found = call(pair.head, [TWO], top_k=3)[0]
    assert [len(fillings) for fillings in found] == [3, 3]
    assert all(MASK in entry["sequence"] for entry in flat(found))


def test_targets_are_tokens(pair: Pair) -> None:
    known = call(pair.head, MASKED[1:2], top_k=3)[0]
    tokens = [pair.pipeline.tokenizer.convert_ids_to_tokens(entry["token"]) for entry in known]
    pair.compare(MASKED[1:2], targets=tokens)
    pair.compare(MASKED[1:2], targets=[*tokens, tokens[0]], top_k=2)
    for target in ("Lisbon to Oslo", ""):
        with pytest.raises(InvalidField, match=r"parameters.targets\[1\]: must be one token of this model"):
            call(pair.head, MASKED[:1], targets=[tokens[0], target])


def test_a_target_is_a_word_within_a_text(pair: Pair) -> None:
    """Where the vocabulary has it with its blank only, as byte-level ones have most words."""
    raw = pair.head._tokenizer.raw
    pieces = ((piece[1:], number) for piece, number in raw.get_vocab().items() if piece[:1] in ("Ġ", "▁"))
    words = [(word, number) for word, number in pieces if word.isalpha() and raw.token_to_id(word) is None]
    for word, number in words[:3]:
        (answers,) = call(pair.head, MASKED[1:2], targets=[word])
        assert [entry["token"] for entry in flat([answers])] == [number]


def test_a_text_without_the_mask_is_told_what_it_is(pair: Pair) -> None:
    for text in ("No gap here.", "", "[MASK]"):
        with pytest.raises(InvalidField, match=r"^inputs\[1\]: must hold the mask token of .* model, <mask>"):
            call(pair.head, [MASKED[0], text])


def test_a_mask_in_a_long_text_is_filled_from_what_stands_around_it(pair: Pair) -> None:
    import torch

    text = f"{LONG} The end of {MASK}. {TEXTS[1]}"
    found = call(pair.head, [text])[0]
    tokenizer = pair.pipeline.tokenizer
    whole = tokenizer(text, verbose=False).input_ids
    assert len(whole) > 3 * WINDOW
    filled = [found[0]["token"] if id_ == tokenizer.mask_token_id else id_ for id_ in whole]
    assert found[0]["sequence"] == tokenizer.decode(filled, skip_special_tokens=True)
    # Windows half over each other: of those that hold the mask, the one that sees most on its poorer side.
    room, count = WINDOW - 2, len(whole) - 2
    at = whole.index(tokenizer.mask_token_id) - 1
    starts = range(0, count - room // 2, room - room // 2)
    sees = {
        first: min(at - first if first else count, first + room - 1 - at if first + room < count else count)
        for first in starts
        if first <= at < first + room
    }
    start = max(sees, key=lambda first: sees[first])
    ids = [whole[0], *whole[1:-1][start : start + room], whole[-1]]
    with torch.inference_mode():
        logits = pair.pipeline.model(torch.tensor([ids])).logits[0, 1 + at - start].double().numpy()
    scores = np.exp(logits - logits.max())
    assert found[0]["token"] == scores.argmax()
    assert found[0]["score"] == pytest.approx(scores.max() / scores.sum(), abs=1e-4)
    assert pair.head.run(Call([LONG + MASK], {}, is_list=True)).truncated == 0


def test_a_batch_answers_as_its_texts_do_alone(pair: Pair) -> None:
    texts = [*MASKED, TWO, LONG + MASK]
    assert call(pair.head, texts) == [call(pair.head, [text])[0] for text in texts]


def test_limits_that_are_kept_one_by_one_may_not_add_up_to_too_much(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each filling carries its whole text, and each mask a score for the whole vocabulary."""
    masked = f"{MASK} of Oslo. " * 200
    with pytest.raises(InvalidField, match=r"parameters.top_k: 100 words for each mask, each with its whole"):
        call(pair.head, [masked * 3], top_k=100)
    vocabulary = pair.head._tokenizer.raw.get_vocab_size()
    monkeypatch.setattr(fill_mask, "MOST_SCORES", 199 * vocabulary)
    with pytest.raises(InvalidField, match=r"^inputs\[0\]: has 200 masks; at most 199 are filled at once"):
        call(pair.head, [masked])
    assert len(call(pair.head, [masked.replace(MASK, "All", 1)], top_k=1)[0]) == 199


def test_it_tells_how_many_tokens_it_read(pair: Pair) -> None:
    outcome = pair.head.run(Call(MASKED, {}, is_list=True))
    read = pair.pipeline.tokenizer(MASKED, verbose=False)["input_ids"]
    assert outcome.tokens == sum(map(len, read))
    outcome = pair.head.run(Call([LONG + MASK], {}, is_list=True))
    assert outcome.tokens <= WINDOW  # only the window with the mask


def test_spaces_before_marks_are_undone_where_the_repository_asks(tmp_path: Path) -> None:
    import json

    snapshot = make_model(tmp_path / "model", TAG, "xlm-roberta")
    config = json.loads((snapshot / "tokenizer_config.json").read_text())
    config["clean_up_tokenization_spaces"] = True
    (snapshot / "tokenizer_config.json").write_text(json.dumps(config))
    pair = Pair(snapshot)
    pair.compare(MASKED)
    assert " it, re" in call(pair.head, MASKED)[4][0]["sequence"]


def test_a_converted_model_answers_the_same(tmp_path: Path) -> None:
    snapshot = make_model(tmp_path / "model", TAG, "roberta")
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "fp32", (*MASKED, *TEXTS))
    assert artifact.manifest.drift["top_5_overlap"] == 1.0
    assert artifact.manifest.drift["max_score_difference"] < 1e-4
    Pair(snapshot).compare([*MASKED, TWO], onnx.load(artifact, TAG, 1))


def test_int8_says_how_far_it_is_from_torch(tmp_path: Path) -> None:
    snapshot = make_model(tmp_path / "model", TAG, "roberta", spread=0.1)
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "int8", (*MASKED, *TEXTS))
    figures = artifact.manifest.drift
    assert figures["masks"] > len(MASKED)
    assert figures["top_5_overlap"] > 0.5
    assert 0 < figures["max_score_difference"] < 0.5
    assert len(call(onnx.load(artifact, TAG, 1), MASKED)[0]) == 5


PROTEIN_TOKENS = ("<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWCXBUZO.-", "<null_1>", "<mask>")
PROTEINS = [
    "MKT<mask>LLVAGC",
    "MKTAYIAKQ RQISF <mask> K",
    f"{'MKTAYIAKQRQISF' * 6}<mask>{'GATTACA' * 9}",
    "mkta<mask>J??LL<null_1>.-",
]


def test_the_letters_of_a_protein_are_filled(tmp_path: Path) -> None:
    """ESM-2, whose tokenizer transformers has in Python only."""
    import torch
    from transformers import EsmConfig, EsmForMaskedLM, EsmTokenizer

    snapshot = tmp_path / "model"
    snapshot.mkdir()
    (snapshot / "vocab.txt").write_text("\n".join(PROTEIN_TOKENS))
    named = {"tokenizer_class": "EsmTokenizer", "cls_token": "<cls>", "eos_token": "<eos>"}
    (snapshot / "tokenizer_config.json").write_text(
        json.dumps(
            {
                **named,
                "model_max_length": 1024,
                "pad_token": "<pad>",
                "mask_token": "<mask>",
                "unk_token": "<unk>",
            }
        )
    )
    torch.manual_seed(7)
    config = EsmConfig(
        vocab_size=len(PROTEIN_TOKENS), mask_token_id=len(PROTEIN_TOKENS) - 1, pad_token_id=1, hidden_size=32,
        num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, max_position_embeddings=1026,
        position_embedding_type="rotary", token_dropout=True, emb_layer_norm_before=False,
    )  # fmt: skip
    EsmForMaskedLM(config).save_pretrained(snapshot)
    pair = Pair(snapshot)
    theirs = EsmTokenizer.from_pretrained(snapshot)
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "fp32", tuple(PROTEINS))
    ours = TextTokenizer(artifact.folder)
    for text in PROTEINS:
        assert ours.encode(text).inputs["input_ids"][0].tolist() == theirs(text)["input_ids"]
    assert artifact.manifest.drift["top_1_agreement"] == 1.0
    pair.compare(PROTEINS, onnx.load(artifact, TAG, 1), top_k=4)
