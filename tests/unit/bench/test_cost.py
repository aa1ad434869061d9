"""The bill by hand: a small template, round prices, and every line calculated beside it."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from bench.cost import alternatives, batch, bill, call_length, monthly
from bench.cost.batch import BatchUse
from bench.cost.bill import BillLine, MonthlyUse
from bench.cost.prices import read_prices
from bench.cost.relay import MODELS, Preparation
from bench.cost.stack_template import StackTemplate
from bench.cost.table import report
from inference.tasks import all_tasks
from stacks.options import keys
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SOURCES_CHECKED = {"page", "copies", "not"}
# A month of 1,000 hours is 3,600,000 seconds.
PRICES: dict[str, Any] = {
    "source": "https://example.org/lambda",
    "region": "us-east-1",
    "date": "2026-01-01",
    "hours_a_month": 1000,
    "lambda": {
        "checked": "page",
        "million_requests": 0.5,
        "ephemeral_gb_second": 0.000001,
        "gb_second": {"x86_64": 0.00002, "arm64": 0.00001},
        "provisioned_gb_second": {"x86_64": 0.000005, "arm64": 0.000004},
        "provisioned_call_gb_second": {"x86_64": 0.00001, "arm64": 0.000008},
        "free": {"million_requests": 1, "gb_seconds": 400_000},
    },
    "vpc": {"checked": "page", "nat_gateway_hour": 0.04, "nat_gateway_gb": 0.04, "public_ipv4_hour": 0.005},
    "privatelink": {"checked": "page", "interface_endpoint_hour": 0.01},
    "efs": {
        "checked": "page",
        "gb_month": 0.3,
        "elastic_read_gb": 0.03,
        "infrequent_gb_month": 0.02,
        "infrequent_access_gb": 0.01,
    },
    "s3": {"checked": "page", "gb_month": 0.02, "thousand_puts": 0.005},
    "eventbridge": {"checked": "page", "million_events": 1.0},
    "ecr": {"checked": "page", "gb_month": 0.1},
    "cloudwatch": {
        "checked": "copies",
        "not_checked": ["metric"],
        "log_gb": 0.5,
        "log_gb_month": 0.03,
        "alarm_metric": 0.1,
        "dashboard": 3.0,
        "metric": 0.3,
        "xray_million_traces": 5.0,
    },
    "kms": {"checked": "page", "key": 1.0},
    "sagemaker_serverless": {
        "checked": "not",
        "gb_second": 0.00003,
        "data_gb": 0.02,
        "most_memory_mb": 6144,
    },
    "hf_endpoint": {"checked": "page", "name": "small", "hour": 0.03},
    "step_functions": {
        "checked": "page",
        "million_express_requests": 1.0,
        "express_gb_second": 0.00002,
        "express_memory_mb": 64,
        "thousand_transitions": 0.025,
    },
    "sagemaker_batch": {"checked": "page", "name": "two vCPU", "vcpus": 2, "hour": 0.36},
}
FUNCTION: dict[str, Any] = {
    "MemorySize": 2048,
    "Architectures": ["x86_64"],
    "Environment": {"Variables": {"TASK": "sentiment"}},
}
LOGS = {"RetentionInDays": 365}
USE = MonthlyUse("sentiment", calls_per_s=1, seconds_per_call=0.5)
CALLS = 3_600_000


def template(**resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """A stack with one function, and what a test adds by type without the ``AWS::``."""
    always = {"Function": ("Lambda::Function", FUNCTION), "Logs": ("Logs::LogGroup", LOGS)}
    found = {**always, **resources}
    return {
        "Resources": {id: {"Type": f"AWS::{kind}", "Properties": each} for id, (kind, each) in found.items()}
    }


def cost(use: MonthlyUse = USE, **resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    found = bill.lines(template(**resources), use, PRICES)
    return {line.what: (line.idle, pytest.approx(line.in_use)) for line in found}


def test_calls_cost_their_time_their_requests_and_their_log() -> None:
    log_gb = CALLS * bill.LOG_BYTES_A_CALL / 1e9
    assert cost() == {
        "ECR, the image (at most)": (pytest.approx(0.133), 0.133),
        "Lambda, requests": (0, 3.6 * 0.5),
        # 2 GB, half a second each.
        "Lambda, time": (0, 3_600_000 * 0.00002),
        # Kept for 12 months, so that 12 months' logs lie there.
        "CloudWatch, log": (0, log_gb * 0.5 + log_gb * 12 * 0.03),
        "CloudWatch, metrics of ours": (0, 0.6),
    }


def test_memory_architecture_and_tmp_are_the_templates() -> None:
    function = FUNCTION | {"MemorySize": 1024, "Architectures": ["arm64"], "EphemeralStorage": {"Size": 1536}}
    found = cost(Function=("Lambda::Function", function))
    assert found["Lambda, time"] == (0, 1_800_000 * 0.00001)
    assert found["Lambda, /tmp"] == (0, 1_800_000 * 0.000001)


def test_a_network_costs_by_the_hour_called_or_not() -> None:
    interface = {"VpcEndpointType": "Interface", "SubnetIds": ["a", "b"]}
    found = cost(
        Nat=("EC2::NatGateway", {}),
        Address=("EC2::EIP", {}),
        Endpoint=("EC2::VPCEndpoint", interface),
        Free=("EC2::VPCEndpoint", {"VpcEndpointType": "Gateway"}),
    )
    assert found["VPC, NAT gateway"] == (40, 40)
    assert found["VPC, its public address"] == (5, 5)
    assert found["VPC, interface endpoints"] == (20, 20)


@pytest.mark.parametrize(("policies", "price"), [([], 0.3), ([{"TransitionToIA": "AFTER_30_DAYS"}], 0.02)])
def test_a_model_that_nobody_calls_rests_where_the_lifecycle_puts_it(
    policies: list[dict[str, str]], price: float
) -> None:
    found = cost(Cache=("EFS::FileSystem", {"LifecyclePolicies": policies, "ThroughputMode": "bursting"}))
    assert found["EFS, the model"] == (pytest.approx(bill.MODEL_GB * price), bill.MODEL_GB * 0.3)
    assert "EFS, reading it at cold starts" not in found


def test_elastic_throughput_bills_what_cold_starts_read() -> None:
    found = cost(Cache=("EFS::FileSystem", {"ThroughputMode": "elastic"}))
    read_gb = CALLS * bill.COLD_SHARE * bill.SERVED_GB
    assert found["EFS, reading it at cold starts"] == (0, read_gb * 0.03)


@pytest.mark.parametrize(("ready", "gb_second"), [(1, 0.00001), (2, 0.00001)])
def test_environments_that_are_kept_ready_are_paid_for_and_answer_cheaper(
    ready: int, gb_second: float
) -> None:
    alias = {
        "FunctionName": {"Ref": "Function"},
        "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": ready},
    }
    found = cost(Alias=("Lambda::Alias", alias), Other=("Lambda::Alias", {"FunctionName": {"Ref": "x"}}))
    # 2 GB for 3.6 million seconds each.
    assert found["Lambda, kept ready"] == (ready * 36, ready * 36)
    assert found["Lambda, time"] == (0, 3_600_000 * gb_second)


def test_calls_beyond_those_kept_ready_cost_as_ever() -> None:
    alias = {
        "FunctionName": {"Ref": "Function"},
        "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 1},
    }
    # Two at once, of which one is answered by the one that is ready.
    found = cost(MonthlyUse("sentiment", 4, 0.5), Alias=("Lambda::Alias", alias))
    assert found["Lambda, time"] == (0, 4 * 3_600_000 * 0.000015)


def test_watching_costs_by_the_alarm_metric_the_board_and_the_key() -> None:
    two = {"Metrics": [{"Expression": "a + b"}, {"MetricStat": {}}, {"MetricStat": {}}]}
    found = cost(
        One=("CloudWatch::Alarm", {"MetricName": "Throttles"}),
        Two=("CloudWatch::Alarm", two),
        Board=("CloudWatch::Dashboard", {}),
        Key=("KMS::Key", {}),
    )
    assert found["CloudWatch, alarms"] == (pytest.approx(0.3), 0.3)
    assert found["CloudWatch, dashboard"] == (3, 3)
    assert found["KMS, key of the alarms' topic"] == (1, 1)


FACTORY = {
    "MemorySize": 4096,
    "EphemeralStorage": {"Size": 10_240},
    "Environment": {"Variables": {"BUCKET": {"Ref": "Bucket"}, "TASKS": "sentiment"}},
}
RULES = [{"Prefix": "requests/", "ExpirationInDays": 1}, {"Prefix": "artifacts/", "ExpirationInDays": 19}]
RESTS = [{"TransitionToIA": "AFTER_7_DAYS"}, {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"}]
RELAYED = {"Variables": {"TASK": "sentiment", "BUCKET": {"Ref": "Bucket"}}}
RELAY: dict[str, Any] = {
    "Bucket": ("S3::Bucket", {"LifecycleConfiguration": {"Rules": RULES}}),
    "Factory": ("Lambda::Function", FACTORY),
    "Function": ("Lambda::Function", FUNCTION | {"Environment": RELAYED, "FileSystemConfigs": [{}]}),
    "Cache": ("EFS::FileSystem", {"ThroughputMode": "bursting", "LifecyclePolicies": RESTS}),
}


def test_a_relay_costs_its_bucket_its_events_and_making_each_model_once() -> None:
    stack = StackTemplate(template(**RELAY))
    made = Preparation.of(stack)
    # DistilBERT: 15 s to start, 25 to make, and 0.337 GB at 78 MB/s.
    assert (made.models, made.served_gb) == (1, 0.069)
    assert made.factory_s == pytest.approx(15 + 25 + 0.337 / 0.078)
    assert made.events == pytest.approx(12 + 0.6 * made.factory_s)
    found = cost(**RELAY)
    # EFS bills 2^30 bytes as a GB.
    served_gb, called_gb = (gb * 1e9 / 2**30 for gb in (0.069, 0.07))
    in_use = called_gb * 0.3 - (called_gb - served_gb) * 0.02
    assert found["EFS, all models"] == (pytest.approx(served_gb * 0.02), in_use)
    # Moved at the latest a day after the seventh without a read, which is billed as an access.
    first_days = served_gb * (8 / (365 / 12) * (0.3 - 0.02) + 0.01)
    assert found["EFS, new models' first days"] == (pytest.approx(first_days),) * 2
    assert found["ECR, both images"] == (pytest.approx(0.039), 0.039)
    a_second = 4 * 0.00002 + 9.5 * 0.000001
    assert found["Lambda, the factory"] == (pytest.approx(made.factory_s * a_second),) * 2
    in_bucket = 0.069 * 20 / (365 / 12)
    assert found["S3, models on their way"] == (pytest.approx(in_bucket * 0.02),) * 2
    assert found["S3, requests"] == (pytest.approx((made.events + 0.069 / 0.008) * 5e-6),) * 2
    assert found["EventBridge, events"] == (pytest.approx(made.events * 1e-6),) * 2
    properties = {"ThroughputMode": "elastic", "LifecyclePolicies": RESTS}
    elastic: dict[str, Any] = {"Cache": ("EFS::FileSystem", properties)}
    assert "EFS, reading it at cold starts" in cost(**RELAY | elastic)


def test_a_model_that_never_rests_in_the_month_is_not_moved() -> None:
    late: dict[str, Any] = {"LifecyclePolicies": [{"TransitionToIA": "AFTER_60_DAYS"}]}
    found = cost(**RELAY | {"Cache": ("EFS::FileSystem", late)})
    whole_month = 0.069 * 1e9 / 2**30 * (0.3 - 0.02)
    assert found["EFS, new models' first days"] == (pytest.approx(whole_month),) * 2


def test_models_that_tasks_share_are_made_once_and_unknown_ones_are_guessed() -> None:
    def function(task: str, **variables: str) -> tuple[str, dict[str, Any]]:
        return "Lambda::Function", {"Environment": {"Variables": {"TASK": task, **variables}}}

    shared = StackTemplate(template(One=function("embeddings"), Other=function("similarity")))
    assert shared.models() == {
        "sentence-transformers/all-MiniLM-L6-v2",
        "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
    }
    replaced = StackTemplate(template(One=function("spam", MODEL="acme/model")))
    assert Preparation.of(replaced).served_gb == pytest.approx(2 * 0.069)


def test_every_model_that_a_task_declares_has_its_size() -> None:
    table = tomllib.loads(MODELS.read_text())
    assert table.keys() == {task.model.id for task in all_tasks()}
    for model in table.values():
        assert model["known"] in ("bench", "parameters", "architecture")
        assert 0 < model["served"] <= model["hub"]


def test_the_report_with_a_relay_says_what_it_assumes() -> None:
    text = report(template(**RELAY), USE, "as given", PRICES)
    assert "Every model is made once in the month: 1, with 0.1 GB, in 44 s of the factory" in text
    assert "The gateway endpoint of the bucket costs nothing." in text
    assert "which a gateway bills" not in text


def test_traces_are_one_a_second_and_a_twentieth_of_the_rest() -> None:
    function = FUNCTION | {"TracingConfig": {"Mode": "Active"}}
    found = cost(MonthlyUse("sentiment", 21, 0.1), Function=("Lambda::Function", function))
    assert found["X-Ray, traces"] == (0, 2 * 3.6 * 5)


def test_the_alternatives() -> None:
    sagemaker = alternatives.sagemaker_serverless(1769, USE, PRICES)
    assert sagemaker
    assert sagemaker.what == "SageMaker Serverless, 2 GB"
    assert sagemaker.in_use == pytest.approx(3_600_000 * 0.00003 + 7.2 * 0.02)
    assert alternatives.sagemaker_serverless(6145, USE, PRICES) is None
    endpoint = alternatives.hf_endpoint(PRICES)
    assert (endpoint.idle, endpoint.in_use) == (30, 30)
    sample = alternatives.aws_sample(USE, PRICES)
    assert sample.idle == pytest.approx(90 + 0.081 + 0.133)
    seconds_gb = 1_800_000 * 8096 / 1024
    assert sample.in_use - sample.idle == pytest.approx(seconds_gb * 0.00002 + 1.8 + 3.24 * 0.5)


def test_the_free_tier_covers_no_more_than_was_used() -> None:
    assert alternatives.free_tier_usd(1000, 1000, "x86_64", PRICES) == pytest.approx(0.02 + 0.0005)
    assert alternatives.free_tier_usd(1e9, 1e9, "arm64", PRICES) == pytest.approx(4 + 0.5)


@pytest.mark.parametrize(("fixed", "slope", "expected"), [(10, 4, 5), (30, 4, None), (0, 1000, 0.03)])
def test_where_an_endpoint_that_is_always_on_becomes_cheaper(
    fixed: float, slope: float, expected: float | None
) -> None:
    found = alternatives.break_even_calls_per_s(lambda calls: fixed + slope * calls, 30)
    assert found == (None if expected is None else pytest.approx(expected, rel=1e-4))


def test_the_report_shows_all_of_it() -> None:
    text = report(template(), USE, "as given", PRICES)
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(line) for line in table}) == 1
    assert "| in all" in text
    assert "`sentiment`, 2,048 MB, 1 calls a second (3,600,000 a month), 0.5 s a call (as given)." in text
    # 0.133 + 0.6 are there at any number of calls; a call a second costs 75.4 more.
    assert "than the stack from 0.38" in text
    assert "Not taken off: Lambda's free tier, 8.50" in text


@pytest.mark.parametrize(
    ("task", "given", "seconds", "known"),
    [
        ("sentiment", 0.3, 0.3, "given"),
        ("sentiment", None, 0.02, "measured"),
        ("spam", None, 0.1, "assumed"),
        ("image", None, 120, "assumed"),
    ],
)
def test_where_the_seconds_of_a_call_come_from(
    tmp_path: Path, task: str, given: float | None, seconds: float, known: str
) -> None:
    figures = tmp_path / "bench.json"
    row = {"task": "sentiment", "warm_ms": [{"p50": {"ours": ms}} for ms in (10, 20, 60)]}
    figures.write_text(json.dumps({"cases": [row]}))
    found, source = call_length.seconds_per_call(task, given, figures)
    assert found == pytest.approx(seconds)
    assert known in source


def test_a_document_is_made_anew_between_its_marks() -> None:
    before = "a\n<!-- make cost: --rps 2 --seconds-per-call 0.5 -->\nstale\n<!-- end of make cost -->\nb\n"
    after = monthly.replace_table(before, template(), PRICES)
    assert after.startswith("a\n<!-- make cost: --rps 2 --seconds-per-call 0.5 -->\n| US dollars a month")
    assert after.endswith("\n<!-- end of make cost -->\nb\n")
    assert "2 calls a second" in after
    assert "stale" not in after
    assert monthly.replace_table(after, template(), PRICES) == after


def test_a_stack_of_any_name_is_found(tmp_path: Path) -> None:
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Other.template.json"}}
    artifacts = {"Other": stack, "Other.assets": {"type": "cdk:asset-manifest"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    (tmp_path / "Other.template.json").write_text(json.dumps(template()))
    assert monthly.read_stack_template(tmp_path) == template()


def test_every_price_names_its_page_and_how_far_it_was_checked() -> None:
    prices = read_prices()
    for section in (each for each in prices.values() if isinstance(each, dict)):
        assert section.get("source", prices["source"]).startswith("https://")
        assert section["checked"] in SOURCES_CHECKED
        assert set(section.get("not_checked", [])) <= section.keys()
    assert PRICES.keys() == prices.keys()
    assert len(alternatives.sources(prices)) == 13


def test_a_total_is_the_sum_of_its_lines() -> None:
    assert alternatives.total([BillLine("a", 1, 2), BillLine("b", 3, 4)]) == BillLine("in all", 4, 6)


FILE = BatchUse("embeddings", 1_000_000, 2048, seconds_a_line=0.01)


def test_a_file_of_lines_line_by_line_of_its_bill() -> None:
    time = (10_000 + 8 * batch.START_S) * 2 * 0.00002
    calls = 0.0625 * (PRICES["lambda"]["million_requests"] + 900 * PRICES["cloudwatch"]["log_gb"] / 1000)
    express = 0.0625 * 1.0 + 10_000 * (64 / 1024) * 0.00002
    stored = 10 * PRICES["s3"]["gb_month"] * 7 / 30
    expected = time + calls + express + 0.00025 + stored
    assert batch.batch_usd(FILE, PRICES) == pytest.approx(expected)
    assert FILE.calls == 62_500
    assert FILE.wall_s == pytest.approx(batch.START_S + 1250)


def test_other_ways_for_the_same_file() -> None:
    log = 900 * PRICES["cloudwatch"]["log_gb"] / 1000
    assert batch.single_calls_usd(FILE, PRICES) == pytest.approx(10_000 * 2 * 0.00002 + 0.5 + log)
    assert batch.transform_usd(FILE, PRICES) == pytest.approx((300 + 5000) / 3600 * 0.36)
    table = batch.batch_table(FILE, PRICES)
    assert table.count("\n| ") == 4
    assert "0.01 s a line (as given), 2,048 MB" in table


def test_the_defaults_are_the_stacks() -> None:
    assert keys.BATCH_CONCURRENCY.default == batch.AT_ONCE
    source = (ROOT / "stacks/batch.py").read_text()
    assert f"ITEMS_A_BATCH = {batch.ITEMS_A_BATCH}\n" in source
