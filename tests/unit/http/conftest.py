"""Shared by tests of OpenAI's routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.openai_chat import Chat, make_chat

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    return make_chat(tmp_path)
