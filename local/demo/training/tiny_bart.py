"""What the demo models that rewrite text share: a small BART, its special tokens, and how it is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

from local.demo.training.loop import learning_rate_at
from local.demo.training.tokenizer import use_portable_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tokenizers import Tokenizer

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
START, PAD, END, UNKNOWN = range(len(SPECIAL))
NO_LABEL = -100
WIDTH = 96
LEARNING_RATE = 2e-3


def build_model(vocabulary: int, positions: int, max_length: int) -> Any:
    """Make the untrained network; its output starts and ends with ``</s>``, as in BART."""
    config = BartConfig(
        vocab_size=vocabulary,
        d_model=WIDTH,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=256,
        decoder_ffn_dim=256,
        max_position_embeddings=positions,
        dropout=0.0,
        bos_token_id=START,
        pad_token_id=PAD,
        eos_token_id=END,
        decoder_start_token_id=END,
        forced_eos_token_id=None,
    )
    model = BartForConditionalGeneration(config)
    model.generation_config.update(max_length=max_length, num_beams=1, early_stopping=False)
    return model


def collate(sources: list[list[int]], targets: list[list[int]]) -> dict[str, torch.Tensor]:
    """Padded token ids, their mask, and the padded ids of what is to be written."""
    ids = _padded(sources, PAD)
    return {"input_ids": ids, "attention_mask": (ids != PAD).long(), "labels": _padded(targets, NO_LABEL)}


def _padded(rows: list[list[int]], filler: int) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [filler] * (width - len(row)) for row in rows])


def fit(model: Any, batches: Iterable[dict[str, torch.Tensor]], steps: int, every: int) -> None:
    """Train on ``steps`` batches with a short warm-up and a cosine; say how far it is ``every`` so many."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate_at((step + 1) / steps))
    model.train()
    for step, batch in enumerate(batches):
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % every == 0:
            print(f"step {step + 1} of {steps}: loss {loss.item():.5f}", flush=True)
    model.eval()


def save(model: Any, tokenizer: Tokenizer, positions: int, out: Path) -> None:
    """Write what AutoModel and AutoTokenizer read, in half precision."""
    out.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(out)
    names = zip(("bos_token", "pad_token", "eos_token", "unk_token"), SPECIAL, strict=True)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=positions, **dict(names))
    fast.save_pretrained(out)
    use_portable_name(out / "tokenizer_config.json")
