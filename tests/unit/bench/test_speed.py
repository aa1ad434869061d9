"""The benchmark's arithmetic and its cases; its figures are never asserted."""

from __future__ import annotations

import copy
import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import matplotlib.font_manager  # noqa: F401  (its first import on a machine asks fc-list for the fonts)
import pytest
from tokenizers import Tokenizer

from bench.cost.prices import million_calls_usd, read_prices
from bench.speed import compare, ratios, warm
from bench.speed.cases import CASES
from bench.speed.cases.bpe_tokenizer import make_bpe
from bench.speed.cases.encoders import TOKENIZER
from bench.speed.cases.words import WORDS, make_text
from bench.speed.measure import make_repository, top_answer
from bench.speed.plots import PLOTS, draw_all
from bench.speed.report import markdown
from inference.tasks import task_names
from tests.support.bench_case import CASE

if TYPE_CHECKING:
    from bench.speed.cases.case import Case

PRICES = {
    "source": "https://example.org/prices",
    "region": "us-east-1",
    "date": "2026-01-01",
    "lambda": {"million_requests": 0.5, "gb_second": {"x86_64": 0.00002, "arm64": 0.00001}},
}
MACHINE = {"cores": 2, "cpu": "any", "vnni": True, "measured": "2026-01-01"}


def test_ratios_are_medians_of_pairs() -> None:
    assert ratios.summarize(CASE) == pytest.approx(
        {
            "cold_faster": 10.0,
            "cold_to_baseline": 1.0,
            "slow_cold_faster": 7.0,
            "warm_faster": 4.0,
            "warm_to_baseline": 1.25,
            "memory": 0.4,
            "memory_to_baseline": 1.25,
            "bytes": 0.25,
            "first_invoke_memory": 1.5,
            "overhead_ms": 2.0,
        }
    )


def test_measured_slow_starts_come_before_computed_ones() -> None:
    case = copy.deepcopy(CASE)
    case["uncached"]["pairs"] = [{"ours": 1.0, "peer": 8.0, "baseline": 1.0}]
    assert ratios.summarize(case)["slow_cold_faster"] == 8.0
    document = {"machine": MACHINE, "prices": PRICES}
    assert "computed" not in markdown({**document, "cases": [case]})
    assert "computed" in markdown({**document, "cases": [CASE]})


def test_a_million_calls_cost_their_billed_milliseconds_and_their_requests() -> None:
    assert million_calls_usd(10.0, 1024, "x86_64", PRICES) == pytest.approx(0.2 + 0.5)
    assert million_calls_usd(9.2, 512, "aarch64", PRICES) == pytest.approx(0.05 + 0.5)


def test_the_price_file_has_what_the_cost_needs() -> None:
    read = read_prices()
    assert {"source", "region", "date"} < set(read)
    # 1 GB for 100 ms, as the price page's unit says: a tenth of the price of a GB-second, a million times.
    assert million_calls_usd(100, 1024, "x86_64", read) == pytest.approx(1.66667 + 0.20)


def test_the_tables_have_a_line_a_case_and_even_columns() -> None:
    chat = copy.deepcopy(CASE) | {"model": "smollm2-135m", "weights": "real", "variables": {}}
    chat["warm_ms"][0]["output_tokens"] = 64
    text = markdown({"machine": MACHINE, "prices": PRICES, "cases": [CASE, chat]})
    for table in text.split("\n\n"):
        lines = [line for line in table.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) <= 1
    assert text.count("| smollm2-135m |") == 3
    assert "1600 → 6400 (8000)" in text  # tokens a second
    assert "int8 is forced: distilbert.\n" in text


def test_pictures_are_svg_with_their_text(tmp_path: Path) -> None:
    files = draw_all([CASE], tmp_path)
    assert [file.stem for file in files] == list(PLOTS)
    for file in files:
        ElementTree.parse(file)
        assert "distilbert" in file.read_text()
    assert "5.00 → 0.50" in (tmp_path / "cold.svg").read_text()


def test_a_case_that_is_measured_again_takes_its_old_place() -> None:
    first, second = {"model": CASES[0].name, "new": False}, {"model": CASES[1].name, "new": False}
    document = {"cases": [second]}
    compare.add_case(document, first)
    compare.add_case(document, {**second, "new": True})
    assert document["cases"] == [first, {**second, "new": True}]


def test_engine_times_come_from_the_log() -> None:
    lines = ["plain text", '{"message": "loading"}', '{"inference_ms": 3.5}', '{"inference_ms": null}']
    assert list(warm.read_log_values(lines, "inference_ms")) == [3.5]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([{"label": "good", "score": 0.9}, {"label": "bad", "score": 0.1}], "good"),
        ([[{"label": "good", "score": 0.9}]], "good"),
        ([{"summary_text": "short"}], "short"),
        ({"text": "said"}, "said"),
        (["a label"], "a label"),
    ],
)
def test_the_gist_of_an_answer(answer: Any, expected: str) -> None:
    assert top_answer(answer) == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_names_what_there_is(case: Case) -> None:
    assert case.task in task_names()
    assert importlib.util.find_spec(f"bench.speed.baselines.{case.kind}")
    assert importlib.util.find_spec(f"bench.speed.peers.{case.kind}")
    assert case.threads == 2
    assert (case.precision == "auto") == (case.weights == "real" or case.kind == "picture")
    assert (case.package is not None) == (case.weights == "real")


def test_cases_have_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_texts_have_as_many_tokens_as_they_say() -> None:
    word_pieces = Tokenizer.from_file(str(TOKENIZER / "tokenizer.json"))
    word_pieces.no_truncation()
    assert len(word_pieces.encode(make_text(126)).ids) == 128
    assert len(make_bpe(2_000).encode(make_text(300)).ids) == 300


def test_a_made_up_vocabulary_has_the_size_and_the_special_tokens_asked_for() -> None:
    tokenizer = make_bpe(1_000, before=("<s>", "<pad>"), after=("<mask>",))
    assert sorted(tokenizer.get_vocab().values()) == list(range(1_000))
    assert (tokenizer.token_to_id("<pad>"), tokenizer.token_to_id("<mask>")) == (1, 999)
    assert tokenizer.decode(tokenizer.encode(" ".join(WORDS)).ids) == " ".join(WORDS)
    assert make_bpe(1_000).to_str() == make_bpe(1_000).to_str()


def test_a_repository_is_made_once_in_a_folder_that_is_named_relatively(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "config.json").write_text("{}")

    monkeypatch.chdir(tmp_path)
    case = replace(CASES[0], make=make)
    for _ in range(2):
        assert list(make_repository(case, Path("build")).iterdir()) == [
            Path("build", case.repository, "config.json")
        ]
    assert len(made) == 1
    assert [path.name for path in Path("build", case.repository).parent.iterdir()] == [case.name]
