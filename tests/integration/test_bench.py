"""A case of each kind in miniature: all three contenders start, answer, and are measured."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bench.cost.prices import read_prices
from bench.speed import first_call, lists, measure, streaming
from bench.speed.cases import CASES
from bench.speed.contenders import BaselineContender, create_contender
from bench.speed.ratios import summarize
from bench.speed.report import markdown
from local.hub.server import HubServer
from tests.support.models.heads import make_model

if TYPE_CHECKING:
    from pathlib import Path

    from bench.speed.cases.case import Case

CONTENDERS = {"ours", "peer", "baseline"}
# A kind is the same code for ours, the peer and the baseline; its cases differ in the model alone.
TINY = list({case.kind: case for case in CASES}.values())


def miniature(case: Case) -> Case:
    """Random weights, one thread, one call: nothing here is about speed."""
    return replace(
        case,
        make=case.make_tiny,
        weights="random",
        package=None,
        workloads=tuple(replace(workload, calls=1) for workload in case.workloads[:1]),
        batch=case.batch and replace(case.batch, calls=1),
        memory_mb=1769,
        variables={**case.variables, "OMP_NUM_THREADS": "1"},
    )


async def answers(case: Case, build: Path) -> dict[str, Any]:
    """Each contender's answer to the case's first workload, from a fresh process and again."""
    folder = measure.make_repository(case, build)
    inputs = case.workloads[0].make_inputs()
    cache = build / "cache"
    cache.mkdir()
    with HubServer(build) as hub:
        ours, peer = (create_contender(name, case, folder, cache, hub.url) for name in ("ours", "peer"))
        try:
            await ours.cold(inputs)
            (manifest,) = cache.glob("artifacts/*/*/*/manifest.json")
            assert json.loads(manifest.read_text())["engine"] != "transformers"
            baseline = BaselineContender(case, manifest.parent)
            try:
                await baseline.cold(inputs)
                await peer.cold(inputs)
                for contender in (ours, peer, baseline):
                    assert len(await contender.warm(inputs, 2)) == 2
                return {contender.name: contender.answer for contender in (ours, peer, baseline)}
            finally:
                await baseline.end()
        finally:
            await ours.end()
            await peer.end()


@pytest.mark.slow
@pytest.mark.parametrize("case", TINY, ids=lambda case: case.name)
def test_a_case_answers_with_all_contenders(case: Case, tmp_path: Path) -> None:
    found = asyncio.run(answers(miniature(case), tmp_path))
    assert found.keys() == CONTENDERS
    if case.kind == "picture":  # each one from other noise
        return
    # One engine on one artifact says one thing, however it is called.
    assert measure.top_answer(found["ours"]) == measure.top_answer(found["baseline"])
    assert measure.top_answer(found["peer"])


@pytest.mark.slow
def test_a_case_is_measured_from_beginning_to_end(tmp_path: Path) -> None:
    case = miniature(next(case for case in CASES if case.name == "distilbert"))
    figures = asyncio.run(measure.measure(case, tmp_path, pairs=1))
    assert {name for pair in figures["cold_s"] for name in pair} == CONTENDERS
    assert [entry["label"] for entry in figures["warm_ms"]] == ["128 tokens", "16 × 128 tokens"]
    assert figures["uncached"]["fetched_bytes"]["ours"] > 1_000_000
    assert all(ratio > 0 for ratio in summarize(figures).values())
    assert summarize(figures)["overhead_ms"] < 1_000
    machine = {"cores": 2, "cpu": "any", "vnni": True, "measured": "2026-01-01"}
    assert "distilbert" in markdown({"machine": machine, "prices": read_prices(), "cases": [figures]})
    assert not list(tmp_path.glob("cache*"))


def test_a_repository_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "config.json").write_text("{}")
        raise RuntimeError("no more")

    case = replace(CASES[0], make=fail)
    with pytest.raises(RuntimeError, match="no more"):
        measure.make_repository(case, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_case_whose_package_is_missing_says_so(tmp_path: Path) -> None:
    case = replace(CASES[0], package="no_such_package")
    with pytest.raises(measure.Unavailable, match="no_such_package"):
        measure.make_repository(case, tmp_path)


@pytest.mark.timeout(600)
def test_both_ways_of_a_first_call_are_measured(template: Path, tmp_path: Path) -> None:
    (case,) = (case for case in CASES if case.name == "distilbert")
    seconds = first_call.measure(miniature(case), template, 1, tmp_path)
    assert {way: len(taken_s) for way, taken_s in seconds.items()} == {"direct": 1, "relay": 1}
    assert all(taken_s[0] > 0 for taken_s in seconds.values())


@pytest.mark.timeout(600)
def test_streams_and_a_second_turn_are_measured(tmp_path: Path) -> None:
    rows = asyncio.run(streaming.measure(miniature(streaming.CASE), 1, tmp_path, words=20))
    assert [row.get("prompt") for row in rows] == [*streaming.PROMPTS, None]
    *prompts, second = rows
    assert all(row["first_ms"] > 0 and 0 < row["first_of_whole"] <= 1 and row["per_s"] > 0 for row in prompts)
    assert all(row["engine_ms"] > 0 and row["torch_ms"] > 0 for row in prompts)
    assert second["kept_ms"] > 0 and second["anew_ms"] > 0
    assert second["alike"] == second["of"] == 1
    assert "| same answers | 1 of 1 |" in streaming.tables(rows)


@pytest.mark.filterwarnings("default")  # torch's export warns
def test_all_sides_embed_lists_alike_and_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, artifact = make_model(tmp_path / "model", lists.TAG, "bert"), tmp_path / "artifact"
    artifact.mkdir()
    sentences = ["One text.", "Another one.", "And a third."]
    monkeypatch.setattr("inference.convert.proofs.texts.read", lambda: sentences)
    lists.convert(repository, artifact, 1, "fp32")
    texts = {"a few": ["One.", "Two texts, and more words."] * 3}
    (row,) = lists.measure(repository, artifact, 2, 1, texts)
    assert min(*row["per_second"].values(), *row["times"].values(), row["memory"]) > 0
    assert re.search(r"^\| a few \| [0-9,]+/s \|", lists.table(iter([row])), re.MULTILINE)
    vectors = {side: lists.load(side, repository, artifact, 2)(texts["a few"]) for side in lists.SIDES}
    assert vectors["parallel"] == vectors["one by one"]
    assert np.array(vectors["torch"]) == pytest.approx(np.array(vectors["parallel"]), abs=1e-4)
