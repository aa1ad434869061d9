"""The bill and its alternatives as a table that reads well in a terminal and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench import alternatives
from bench.bill import MODEL_GB, WAY_OUT, Line, Prices, Use, lines
from bench.cost import MB_PER_GB
from bench.deployed import Deployed, architecture, memory_gb

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def report(template: dict[str, Any], use: Use, known: str, prices: Prices) -> str:
    """The table, and what it rests on."""
    bill = lines(template, use, prices)
    function = Deployed(template).function(use.task)
    memory_mb = round(memory_gb(function) * MB_PER_GB)
    elsewhere = [
        alternatives.aws_sample(use, prices),
        alternatives.sagemaker_serverless(memory_mb, use, prices),
        alternatives.hf_endpoint(prices),
    ]
    rows = [*bill, alternatives.total(bill), *(other for other in elsewhere if other)]
    calls = use.calls_a_month(prices)
    facts = [
        f"`{use.task}`, {memory_mb:,} MB, {use.calls_per_s:g} calls a second ({calls:,.0f} a month), "
        f"{use.seconds_per_call:g} s a call ({known}).",
        *_break_even(template, use, prices),
        _free(function, use, prices),
        f"On the cache is a model of {MODEL_GB} GB; idle, it has been left alone for 30 days.",
        f"List prices of {prices['region']}, {prices['date']} (bench/prices.toml). Cold starts are left out, "
        "and the first download, which a gateway bills by the GB.",
    ]
    return _table(rows) + "\n" + "\n".join(f"- {fact}" for fact in facts) + "\n"


def _table(rows: Sequence[Line]) -> str:
    cells = [("US dollars a month", "idle", "in use")]
    cells += [(row.what, f"{row.idle:,.2f}", f"{row.in_use:,.2f}") for row in rows]
    first, *others = (max(len(row[column]) for row in cells) for column in range(3))
    text = [
        f"| {what.ljust(first)} | {idle.rjust(others[0])} | {in_use.rjust(others[1])} |"
        for what, idle, in_use in cells
    ]
    rule = f"|{'-' * (first + 2)}|{'-' * (others[0] + 1)}:|{'-' * (others[1] + 1)}:|"
    return "\n".join([text[0], rule, *text[1:]]) + "\n"


def _break_even(template: dict[str, Any], use: Use, prices: Prices) -> list[str]:
    """Against the endpoint that is always on: with the way out to the Hub, and without."""

    def cost(keeps: Callable[[Line], bool]) -> Callable[[float], float]:
        def at(calls_per_s: float) -> float:
            asked = Use(use.task, calls_per_s, use.seconds_per_call)
            return sum(line.in_use for line in lines(template, asked, prices) if keeps(line))

        return at

    always_on = alternatives.hf_endpoint(prices).in_use
    whole = alternatives.break_even_calls_per_s(cost(lambda line: True), always_on)
    alone = alternatives.break_even_calls_per_s(
        cost(lambda line: not line.what.startswith(WAY_OUT)), always_on
    )
    return [
        f"One endpoint that is always on costs less than the stack {_from(whole)}; network aside, which all "
        f"functions share, {_from(alone)}. It is one model's, and may not keep up."
    ]


def _from(calls_per_s: float | None) -> str:
    return "at any number of calls" if calls_per_s is None else f"from {calls_per_s:.3g} calls a second on"


def _free(function: dict[str, Any], use: Use, prices: Prices) -> str:
    calls = use.calls_a_month(prices)
    gb_seconds = calls * use.seconds_per_call * memory_gb(function)
    saved = alternatives.free_tier(gb_seconds, calls, architecture(function), prices)
    return (
        f"Not taken off: Lambda's free tier, {saved:,.2f} of this where nothing else in the account uses it."
    )
