"""What the Hub says of a model, asked once and not waited for long."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hublet.failure import Failure

TIMEOUT_S = 5.0
MOST_BYTES = 8_000_000
COMMIT = re.compile(r"[0-9a-f]{40}")
NAME_SAYS = (
    (r"(whisper|wav2vec2|hubert|wavlm)", "automatic-speech-recognition"),
    (r"(^|[-_/])(clip|siglip)", "zero-shot-image-classification"),
    (r"\b(opus-mt|nllb|m2m100|mbart)", "translation"),
    (r"(cnn|xsum|summar|pegasus)", "summarization"),
    (r"(mnli|zero-?shot)", "zero-shot-classification"),
    (r"(squad|question-answering)", "question-answering"),
    (r"(\bner\b|-ner|token-classification)", "token-classification"),
    (r"(^|[-_])(vit|resnet|convnext|deit|swin)", "image-classification"),
    (r"(minilm|mpnet|\bbge\b|\be5\b|gte|embed)", "feature-extraction"),
    (r"(instruct|chat|-it$)", "text-generation"),
    (r"(sentiment|emotion|spam|toxic|language-detection|classif|sst)", "text-classification"),
)
"""What a model's name suggests that it is for, where the Hub cannot be asked."""


class NoAnswer(Exception):
    """The Hub was not reached."""


@dataclass(frozen=True)
class HubFacts:
    """A model's page, as far as a task needs it."""

    pipeline_tag: str | None
    commit: str | None
    has_safetensors: bool


def ask_hub(hub_url: str, model: str) -> HubFacts:
    """The model's facts; :class:`Failure` where the Hub has none to show, :class:`NoAnswer` without a Hub."""
    url = f"{hub_url.rstrip('/')}/api/models/{quote(model)}"
    request = urllib.request.Request(url, headers={"user-agent": "hublet"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
            page: Any = json.loads(reply.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        if error.code in (401, 403, 404):
            raise Failure(f"--model: {hub_url} shows no model {model} to everybody ({error.code})") from error
        raise NoAnswer(str(error)) from error
    except (OSError, ValueError) as error:
        raise NoAnswer(str(error)) from error
    return _read_page(page)


def _read_page(page: Any) -> HubFacts:
    if not isinstance(page, dict):
        raise NoAnswer("no model's page")
    files = [str(each.get("rfilename")) for each in page.get("siblings") or [] if isinstance(each, dict)]
    tag, commit = page.get("pipeline_tag"), str(page.get("sha"))
    return HubFacts(
        tag if isinstance(tag, str) else None,
        commit if COMMIT.fullmatch(commit) else None,
        any(name.endswith(".safetensors") for name in files),
    )


def guess_tag(model: str) -> str | None:
    """What the name suggests, or ``None``."""
    name = model.rpartition("/")[2].lower()
    return next((tag for words, tag in NAME_SAYS if re.search(words, name)), None)
