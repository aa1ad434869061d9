"""Cohere's own client."""

from __future__ import annotations

import cohere

from tests.clients.python import asked


def rerank(url: str) -> None:
    client = cohere.ClientV2(asked.KEY, base_url=f"{url}rerank", timeout=asked.TIMEOUT_S)
    ranked = client.rerank(model="default", query=asked.QUERY, documents=asked.RANKED, top_n=2)
    assert [each.index for each in ranked.results][0] == asked.BEST
    assert len(ranked.results) == 2
