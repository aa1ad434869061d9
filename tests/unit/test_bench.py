"""The benchmark's arithmetic and its rows; its figures are never asserted."""

from __future__ import annotations

import copy
import importlib.util
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from tokenizers import Tokenizer

from bench import compare, cost, process_facts, ratios, slow_reads, warm
from bench.measure import best, repository
from bench.plots import PLOTS, draw_all
from bench.report import markdown
from bench.rows import ROWS
from bench.rows.encoders import TOKENIZER
from bench.rows.made_bpe import make_bpe
from bench.rows.words import WORDS, text_of
from inference.tasks import task_names

if TYPE_CHECKING:
    from bench.rows.row import Row

ROW: dict[str, Any] = {
    "model": "distilbert",
    "task": "sentiment",
    "weights": "random",
    "engine": "onnx",
    "precision": "int8",
    "memory_mb": 1024,
    "architecture": "x86_64",
    "variables": {"CAP": "AVX2"},
    "first_invoke": {"s": 9.0, "peak_memory_mb": 750.0},
    "cold_s": [
        {"ours": 0.5, "peer": 5.0, "floor": 0.4},
        {"ours": 0.5, "peer": 4.0, "floor": 0.5},
        {"ours": 0.5, "peer": 9.0, "floor": 0.5},
    ],
    "uncached": {
        "bytes_per_s": 100_000_000,
        "pairs": None,
        "fetched_bytes": {"ours": 50_000_000, "peer": 200_000_000, "floor": 50_000_000},
    },
    "warm_ms": [
        {
            "label": "128 tokens",
            "output_tokens": None,
            "blocks": [
                {"ours": 10.0, "inference": 9.0, "peer": 40.0, "floor": 8.0},
                {"ours": 10.0, "inference": 8.0, "peer": 30.0, "floor": 10.0},
                {"ours": 10.0, "inference": 7.5, "peer": 90.0, "floor": 5.0},
            ],
            "p50": {"ours": 10.0, "peer": 40.0, "floor": 8.0},
            "p95": {"ours": 12.0, "peer": 50.0, "floor": 9.0},
        }
    ],
    "peak_memory_mb": {"ours": 200.0, "peer": 500.0, "floor": 160.0},
}
PRICES = {
    "source": "https://example.org/prices",
    "region": "us-east-1",
    "date": "2026-01-01",
    "lambda": {"million_requests": 0.5, "gb_second": {"x86_64": 0.00002, "arm64": 0.00001}},
}
MACHINE = {"cores": 2, "cpu": "any", "vnni": True, "measured": "2026-01-01"}


def test_ratios_are_medians_of_pairs() -> None:
    assert ratios.of_row(ROW) == pytest.approx(
        {
            "cold_faster": 10.0,
            "cold_to_floor": 1.0,
            "slow_cold_faster": 7.0,
            "warm_faster": 4.0,
            "warm_to_floor": 1.25,
            "memory": 0.4,
            "memory_to_floor": 1.25,
            "bytes": 0.25,
            "first_invoke_memory": 1.5,
            "overhead_ms": 2.0,
        }
    )


def test_measured_slow_starts_come_before_computed_ones() -> None:
    row = copy.deepcopy(ROW)
    row["uncached"]["pairs"] = [{"ours": 1.0, "peer": 8.0, "floor": 1.0}]
    assert ratios.of_row(row)["slow_cold_faster"] == 8.0
    document = {"machine": MACHINE, "prices": PRICES}
    assert "computed" not in markdown({**document, "rows": [row]})
    assert "computed" in markdown({**document, "rows": [ROW]})


def test_a_million_calls_cost_their_billed_milliseconds_and_their_requests() -> None:
    assert cost.of_a_million_calls(10.0, 1024, "x86_64", PRICES) == pytest.approx(0.2 + 0.5)
    assert cost.of_a_million_calls(9.2, 512, "aarch64", PRICES) == pytest.approx(0.05 + 0.5)


def test_the_price_file_has_what_the_cost_needs() -> None:
    prices = cost.read_prices()
    assert {"source", "region", "date"} < set(prices)
    # 1 GB for 100 ms, as the price page's unit says: a tenth of the price of a GB-second, a million times.
    assert cost.of_a_million_calls(100, 1024, "x86_64", prices) == pytest.approx(1.66667 + 0.20)


def test_the_tables_have_a_line_a_row_and_even_columns() -> None:
    chat = copy.deepcopy(ROW) | {"model": "smollm2-135m", "weights": "real", "variables": {}}
    chat["warm_ms"][0]["output_tokens"] = 64
    text = markdown({"machine": MACHINE, "prices": PRICES, "rows": [ROW, chat]})
    for table in text.split("\n\n"):
        lines = [line for line in table.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) <= 1
    assert text.count("| smollm2-135m |") == 3
    assert "1600 → 6400 (8000)" in text  # tokens a second
    assert "int8 is forced: distilbert.\n" in text


def test_pictures_are_svg_with_their_text(tmp_path: Path) -> None:
    files = draw_all([ROW], tmp_path)
    assert [file.stem for file in files] == list(PLOTS)
    for file in files:
        ElementTree.parse(file)
        assert "distilbert" in file.read_text()
    assert "5.00 → 0.50" in (tmp_path / "cold.svg").read_text()


def test_a_row_that_is_measured_again_takes_its_old_place() -> None:
    first, second = {"model": ROWS[0].name, "new": False}, {"model": ROWS[1].name, "new": False}
    document = {"rows": [second]}
    compare.add(document, first)
    compare.add(document, {**second, "new": True})
    assert document["rows"] == [first, {**second, "new": True}]


def test_engine_times_come_from_the_log() -> None:
    lines = ["plain text", '{"message": "loading"}', '{"inference_ms": 3.5}', '{"inference_ms": null}']
    assert list(warm.logged(lines, "inference_ms")) == [3.5]


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
    assert best(answer) == expected


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_names_what_there_is(row: Row) -> None:
    assert row.task in task_names()
    assert importlib.util.find_spec(f"bench.floors.{row.kind}")
    assert importlib.util.find_spec(f"bench.peers.{row.kind}")
    assert row.threads == 2
    assert (row.precision == "auto") == (row.weights == "real")
    assert (row.needs is not None) == (row.weights == "real")


def test_rows_have_names_of_their_own() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_texts_have_as_many_tokens_as_they_say() -> None:
    word_pieces = Tokenizer.from_file(str(TOKENIZER / "tokenizer.json"))
    word_pieces.no_truncation()
    assert len(word_pieces.encode(text_of(126)).ids) == 128
    assert len(make_bpe(2_000).encode(text_of(300)).ids) == 300


def test_a_made_up_vocabulary_has_the_size_and_the_special_tokens_asked_for() -> None:
    tokenizer = make_bpe(1_000, before=("<s>", "<pad>"), after=("<mask>",))
    assert sorted(tokenizer.get_vocab().values()) == list(range(1_000))
    assert (tokenizer.token_to_id("<pad>"), tokenizer.token_to_id("<mask>")) == (1, 999)
    assert tokenizer.decode(tokenizer.encode(" ".join(WORDS)).ids) == " ".join(WORDS)
    assert make_bpe(1_000).to_str() == make_bpe(1_000).to_str()


def test_memory_of_what_was_started_is_seen() -> None:
    code = "import time; held = bytearray(60_000_000); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            memory = process_facts.DescendantsMemory()
            assert process.stdout
            process.stdout.readline()
            time.sleep(4 * process_facts.SAMPLE_EVERY_S)
            assert process.pid in process_facts.descendants()
            assert memory.stop() > 60
            assert process_facts.peak_memory_mb(process.pid) > 60
        finally:
            process.kill()


def test_reads_are_as_slow_as_asked_for(tmp_path: Path) -> None:
    if not slow_reads.can_limit(tmp_path):
        pytest.skip("takes the right to make block-I/O control groups, and a file system on a disk")
    size, bytes_per_s = 16_000_000, 40_000_000
    (tmp_path / "file").write_bytes(bytes(size))
    code = "import sys, time; t = time.time(); open(sys.argv[1], 'rb').read(); print(time.time() - t)"
    slow_reads.put_out_of_cache(tmp_path)
    with slow_reads.limited(tmp_path, bytes_per_s):
        command = [sys.executable, "-c", code, str(tmp_path / "file")]
        taken_s = float(subprocess.check_output(command))
    assert taken_s > 0.5 * size / bytes_per_s
    assert not list(slow_reads.BLOCK_CGROUPS.glob("hublet-bench-*"))


def test_a_repository_is_made_once_in_a_folder_that_is_named_relatively(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "config.json").write_text("{}")

    monkeypatch.chdir(tmp_path)
    row = replace(ROWS[0], make=make)
    for _ in range(2):
        assert list(repository(row, Path("build")).iterdir()) == [
            Path("build", row.repository, "config.json")
        ]
    assert len(made) == 1
    assert [path.name for path in Path("build", row.repository).parent.iterdir()] == [row.name]
