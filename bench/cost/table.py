"""The bill and its alternatives as a table for the terminal and for Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.cost import alternatives
from bench.cost.bill import MODEL_GB, NETWORK, BillLine, MonthlyUse, Prices, lines
from bench.cost.prices import MB_PER_GB
from bench.cost.relay import relay_facts
from bench.cost.stack_template import StackTemplate, architecture, memory_gb

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


FIRST_DOWNLOAD = ", and so is the first download, which a gateway bills by the GB"


def report(template: dict[str, Any], use: MonthlyUse, known: str, prices: Prices) -> str:
    """The table, and a list of its assumptions."""
    bill = lines(template, use, prices)
    stack = StackTemplate(template)
    function = stack.function(use.task)
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
        *_storage(stack, alternatives.total(bill).idle, prices),
        f"List prices of {prices['region']}, {prices['date']} (bench/cost/prices.toml). Cold starts are left "
        f"out{'' if stack.is_relayed else FIRST_DOWNLOAD}.",
    ]
    return _table(rows) + "\n" + "\n".join(f"- {fact}" for fact in facts) + "\n"


def _storage(stack: StackTemplate, idle_usd: float, prices: Prices) -> list[str]:
    if stack.is_relayed:
        return relay_facts(stack, idle_usd, prices)
    return [f"On the cache is a model of {MODEL_GB} GB; idle, it has been left alone for 30 days."]


def _table(rows: Sequence[BillLine]) -> str:
    cells = [("US dollars a month", "idle", "in use")]
    cells += [(row.what, f"{row.idle:,.2f}", f"{row.in_use:,.2f}") for row in rows]
    first, *others = (max(len(row[column]) for row in cells) for column in range(3))
    text = [
        f"| {what.ljust(first)} | {idle.rjust(others[0])} | {in_use.rjust(others[1])} |"
        for what, idle, in_use in cells
    ]
    rule = f"|{'-' * (first + 2)}|{'-' * (others[0] + 1)}:|{'-' * (others[1] + 1)}:|"
    return "\n".join([text[0], rule, *text[1:]]) + "\n"


def _break_even(template: dict[str, Any], use: MonthlyUse, prices: Prices) -> list[str]:
    """The break-even with an endpoint that is always on, with the network and without it."""

    def cost(keeps: Callable[[BillLine], bool]) -> Callable[[float], float]:
        def at(calls_per_s: float) -> float:
            asked = MonthlyUse(use.task, calls_per_s, use.seconds_per_call)
            return sum(line.in_use for line in lines(template, asked, prices) if keeps(line))

        return at

    always_on = alternatives.hf_endpoint(prices).in_use
    whole = alternatives.break_even_calls_per_s(cost(lambda line: True), always_on)
    alone = alternatives.break_even_calls_per_s(
        cost(lambda line: not line.what.startswith(NETWORK)), always_on
    )
    aside = "" if whole == alone else f"; network aside, which all functions share, {_from(alone)}"
    return [
        f"One endpoint that is always on costs less than the stack {_from(whole)}{aside}. It is one model's, "
        "and may not keep up."
    ]


def _from(calls_per_s: float | None) -> str:
    return "at any number of calls" if calls_per_s is None else f"from {calls_per_s:.3g} calls a second on"


def _free(function: dict[str, Any], use: MonthlyUse, prices: Prices) -> str:
    calls = use.calls_a_month(prices)
    gb_seconds = calls * use.seconds_per_call * memory_gb(function)
    saved = alternatives.free_tier_usd(gb_seconds, calls, architecture(function), prices)
    return (
        f"Not taken off: Lambda's free tier, {saved:,.2f} of this where nothing else in the account uses it."
    )
