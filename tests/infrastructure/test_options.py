"""Context in, options out; every mistake is answered with the key and what is allowed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template

from inference.tasks import all_tasks
from stacks.logs import RETENTION
from stacks.options.context import OptionError
from stacks.options.keys import KEYS, LOG_RETENTION_DAYS, SUBNET_IDS, TASK_KEYS, VPC_ID
from stacks.options.rules import CDK_KEYS
from stacks.options.stack import Options
from stacks.options.task import TaskOptions
from tests.support.synthesized import CDK_JSON, KEY_SHA256

if TYPE_CHECKING:
    from stacks.options.kinds import Key

TASKS = all_tasks()
TASK = TASKS[0].name
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:hub/token-AbCd12"


def read(**context: Any) -> Options:
    return Options.from_context(context, TASKS)


def test_cdk_json_spells_out_the_defaults() -> None:
    ours = [(key, value) for key, value in CDK_JSON["context"].items() if not key.startswith(CDK_KEYS)]
    assert ours == [(key.name, key.default) for key in KEYS]
    assert Options.from_context(CDK_JSON["context"], TASKS) == read()


def test_every_key_has_a_field_and_every_field_a_key() -> None:
    assert {key.name for key in KEYS} | {"overrides"} == set(Options.__dataclass_fields__)
    assert {key.name for key in TASK_KEYS} == set(TaskOptions.__dataclass_fields__)


NEEDED = {
    "batch_concurrency": {"batch": "true"},
    "key_sha256": {"auth": "key"},
    "open_concurrency": {"auth": "key", "key_sha256": KEY_SHA256},
    "vpc_id": {"subnet_ids": SUBNET_IDS.example},
    "subnet_ids": {"vpc_id": VPC_ID.example},
}
"""What keys need beside them."""


@pytest.mark.parametrize(
    "key", [*KEYS, *(key.of_task("sentiment") for key in TASK_KEYS)], ids=lambda key: str(key.name)
)
def test_an_example_is_accepted(key: Key) -> None:
    assert key.example
    assert read(**{key.name: key.example, **NEEDED.get(key.name, {})})


def test_the_defaults() -> None:
    options = read()
    assert options.name == "Hublet"
    assert options.tasks == tuple(task.name for task in TASKS)
    assert (options.egress, options.auth, options.cors_origins) == ("relay", "iam", ())
    assert (options.artifact_days, options.factory_memory) == (1, 7076)
    assert options.streaming == "url"
    assert (options.key_sha256, options.hf_token_secret_arn) == ((), None)
    assert (options.architecture, options.efs_throughput) == ("x86_64", "bursting")
    assert options.infrequent_after_days == 1
    assert (options.log_retention_days, options.keep_cache) == (14, False)
    assert (options.hub_url, options.hub_port) == ("https://huggingface.co", 443)
    assert (options.tracing, options.dashboard, options.prefetch) == (False, False, False)
    assert (options.alarm_email, options.on_failure_arn, options.max_event_age) == (None, None, 3600)
    assert (options.vpc_id, options.subnet_ids, options.availability_zones) == (None, (), ("2",))
    assert (options.flow_logs, options.empty_default_group, options.kms_key_arn) == (False, False, None)
    assert (options.permissions_boundary, options.qualifier, options.tags) == (None, None, ())
    assert set(options.overrides.values()) == {TaskOptions()}


@pytest.mark.parametrize(
    ("text", "json"),
    [
        ({"keep_cache": "true"}, {"keep_cache": True}),
        ({"precision": "fp32"}, {"precision": "fp32"}),
        ({"log_retention_days": "30"}, {"log_retention_days": 30}),
        ({"tasks": f"{TASK}, {TASK}"}, {"tasks": [TASK]}),
        ({"cors_origins": "https://a.example,http://b.example"}, {"cors_origins": ["https://a.example", "http://b.example"]}),
        ({f"{TASK}.memory": "2048"}, {f"{TASK}.memory": 2048}),
        ({"availability_zones": "3"}, {"availability_zones": 3}),
        ({"tags": "team=a, cost center=4=2,b="}, {"tags": {"team": "a", "cost center": "4=2", "b": ""}}),
        ({f"{TASK}.memory": "", "name": "", "log_retention_days": ""}, {f"{TASK}.memory": None}),
    ],
)  # fmt: skip
def test_text_and_json_mean_the_same(text: dict[str, Any], json: dict[str, Any]) -> None:
    assert read(**text) == read(**json)


BAD: list[tuple[str, Any, str]] = [
    ("name", "my models", "Hublet"),
    ("name", "-x", "Hublet"),
    ("name", "x" * 64, "64 characters"),
    ("tasks", "nonsense", TASK),
    ("tasks", f"all,{TASK}", TASK),
    ("egress", "vpn", "relay, nat, none"),
    ("artifact_days", "0", "1 to 365"),
    ("artifact_days", 366, "1 to 365"),
    ("factory_memory", "1024", "1769 to 10240"),
    (f"{TASK}.image", "slim", "serve, full"),
    ("auth", "open", "iam, key, none"),
    ("auth", "key", "key_sha256"),
    ("key_sha256", "0" * 64, "auth=key"),
    ("hf_token_secret_arn", "hf_canary", "full ARN"),
    ("kms_key_arn", "arn:aws:kms:us-east-1:123456789012:alias/ours", "not of an alias"),
    ("hf_token_secret_arn", SECRET_ARN[:-7], "six characters"),
    ("hf_token_secret_arn", f"{SECRET_ARN}:token::", "full ARN"),
    ("auth", "none", "i_accept_public=true"),
    ("i_accept_public", "yes", "true"),
    ("cors_origins", "*", "https://example.com"),
    ("cors_origins", "example.com", "https://example.com"),
    ("cors_origins", "https://a.example/page", "https://example.com"),
    ("architecture", "riscv", "x86_64, arm64"),
    ("efs_throughput", "provisioned", "bursting, elastic"),
    ("infrequent_after_days", "2", "1, 7, 14, 30, 60, 90"),
    ("log_retention_days", "15", "1, 3, 5, 7, 14"),
    ("log_retention_days", 0, "1, 3, 5, 7, 14"),
    ("keep_cache", "maybe", "false, true"),
    ("hub_url", "huggingface.co", "https://huggingface.co"),
    ("precision", "int4", "auto, int8, fp32"),
    ("hub_url", "https://user:secret@hub.example", "https://huggingface.co"),
    ("hub_url", "https://hub.example:99999", "65,536"),
    (f"{TASK}.model", "../../etc/passwd", "owner/model"),
    (f"{TASK}.model", "a/b/c", "owner/model"),
    (f"{TASK}.revision", "../main", "commit"),
    (f"{TASK}.storage", "256", "512 to 10240"),
    (f"{TASK}.memory", "64", "128 to 10240"),
    (f"{TASK}.memory", "20000", "128 to 10240"),
    (f"{TASK}.memory", "2048.0", "128 to 10240"),
    (f"{TASK}.memory", True, "128 to 10240"),
    (f"{TASK}.timeout", "901", "1 to 900"),
    (f"{TASK}.timeout", 0, "1 to 900"),
    (f"{TASK}.reserved_concurrency", "-1", "0 to"),
    (f"{TASK}.reserved_concurrency", "٣", "0 to"),
    (f"{TASK}.colour", "red", "reserved_concurrency"),
    ("spam.flagged_labels", "a" * 101, "100 characters"),
    ("chat.flagged_labels", "toxic", "for tasks that classify texts"),
    (f"{TASK}.provisioned_concurrency", "0", "1 to"),
    ("tracing", "yes", "false, true"),
    ("dashboard", "maybe", "false, true"),
    ("prefetch", 1, "false, true"),
    ("alarm_email", "someone", "someone@example.com"),
    ("alarm_email", "a@b.example,c@d.example", "someone@example.com"),
    ("on_failure_arn", "failed-events", "SQS queue"),
    ("on_failure_arn", "arn:aws:s3:::bucket", "SQS queue"),
    ("on_failure_arn", "arn:aws:sqs:us-east-1:123456789012:failed.fifo", "FIFO"),
    ("max_event_age", "59", "60 to 21600"),
    ("max_event_age", "1h", "60 to 21600"),
    ("egress", "vpc", "'vpc_id' names"),
    ("egress", "ipv6", "'relay' costs nothing either"),
    ("vpc_id", "my-vpc", "vpc-0123456789abcdef0"),
    ("vpc_id", "vpc-0123456789abcdef0", "'subnet_ids', one subnet in each"),
    ("subnet_ids", "subnet-0123456789abcdef0", "needs 'vpc_id'"),
    ("availability_zones", 0, "1 to 6"),
    ("availability_zones", "7", "1 to 6"),
    ("availability_zones", "2,us-east-1a", "us-east-1a,us-east-1b"),
    ("availability_zones", "us-east-1", "us-east-1a,us-east-1b"),
    ("permissions_boundary", "boundary", "arn:aws:iam::123456789012:policy/boundary"),
    ("permissions_boundary", "arn:aws:iam::123456789012:role/r", "arn:aws:iam::123456789012:policy/boundary"),
    ("qualifier", "a-long-qualifier", "at most 10"),
    ("qualifier", "a b", "at most 10"),
    ("tags", "team", "key=value,key=value"),
    ("tags", "=search", "key=value,key=value"),
    ("tags", "AWS:team=search", "begins with aws:"),
    ("tags", {"team": "x" * 257}, "key=value,key=value"),
    ("tags", {f"key{place}": "x" for place in range(41)}, "40 tags"),
    ("nonsense.memory", "2048", TASK),
    ("egres", "nat", "egress"),
]


@pytest.mark.parametrize(
    ("key", "value", "allowed"), BAD, ids=lambda value: str(value)[:24].replace(" ", "_")
)
def test_a_bad_value_names_its_key_and_what_is_allowed(key: str, value: Any, allowed: str) -> None:
    with pytest.raises(OptionError) as caught:
        read(**{key: value})
    assert f"'{key}'" in str(caught.value)
    assert allowed in str(caught.value)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("task", "tasks"),
        ("egres", "egress"),
        ("Auth", "auth"),
        ("memory", "<task>.memory"),
        ("sentimant.memory", "sentiment.memory"),
        ("sentiment.memori", "sentiment.memory"),
        ("question-answering.timeout", "question_answering.timeout"),
    ],
)
def test_what_was_probably_meant_is_named(key: str, meant: str) -> None:
    with pytest.raises(OptionError) as caught:
        read(**{key: "1"})
    assert f"unknown context key '{key}' (did you mean '{meant}'?); known: alarm_email" in str(caught.value)


@pytest.mark.parametrize("key", ["nonsense", "nonsense.memory", f"{TASK}.nonsense"])
def test_nothing_is_suggested_where_no_key_is_alike(key: str) -> None:
    with pytest.raises(OptionError, match=f"'{key}'; known: alarm_email"):
        read(**{key: "1"})


def test_a_task_that_was_probably_meant_is_named() -> None:
    with pytest.raises(OptionError, match=r"not 'sentimant, spamm' \(did you mean 'sentiment'\?\)$"):
        read(tasks="chat,sentimant,spamm")


def test_the_cdks_own_keys_are_left_alone() -> None:
    own = {"aws:cdk:enable-path-metadata": True, "@aws-cdk/core:x": True, "cdk-x": 1, "cli-telemetry": False}
    assert read(**own) == read()


def test_one_key_or_two() -> None:
    one, other = "0" * 64, "aB" * 32
    assert read(auth="key", key_sha256=one).key_sha256 == (one,)
    both = read(auth="key", key_sha256=f"{one}, {other}")
    assert both == read(auth="key", key_sha256=[one, other])
    assert both.key_sha256 == (one, other.lower())


@pytest.mark.parametrize(
    "given", ["hublet_canary", "canary" * 20, f"{'0' * 64},canary", f"{'0' * 64} canary", "a,b,canary"]
)
def test_what_may_be_a_key_is_not_shown(given: str) -> None:
    with pytest.raises(OptionError, match="'key_sha256' must be one SHA-256") as caught:
        read(auth="key", key_sha256=given)
    assert "canary" not in str(caught.value)


def test_three_keys_are_too_many() -> None:
    with pytest.raises(OptionError, match="or two"):
        read(auth="key", key_sha256=",".join(digit * 64 for digit in "abc"))


def test_what_may_be_a_token_is_not_shown() -> None:
    with pytest.raises(OptionError) as caught:
        read(hf_token_secret_arn="hf_canary")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("key", ["flow_logs", "empty_default_group"])
def test_what_is_of_a_network_of_our_own_is_refused_in_another(key: str) -> None:
    with pytest.raises(OptionError, match=f"'{key}' is for a network of the stack's own"):
        read(**{key: "true", "vpc_id": VPC_ID.example, "subnet_ids": SUBNET_IDS.example})


def test_a_hub_token_is_of_use_only_with_a_way_to_the_hub() -> None:
    for egress in ("nat", "relay"):
        assert read(hf_token_secret_arn=SECRET_ARN, egress=egress).hf_token_secret_arn == SECRET_ARN
    with pytest.raises(OptionError, match="'hf_token_secret_arn': a Hub token is not sent over plain HTTP"):
        read(hf_token_secret_arn=SECRET_ARN, hub_url="http://hub.example")
    with pytest.raises(OptionError, match="'hf_token_secret_arn' needs a way out"):
        read(hf_token_secret_arn=SECRET_ARN, egress="none")


def test_plain_http_takes_two_words() -> None:
    with pytest.raises(OptionError, match="'hub_url': over plain HTTP anybody on the way can exchange"):
        read(hub_url="http://hub.example")
    assert read(hub_url="http://hub.example", i_accept_plain_http="true").hub_url == "http://hub.example"
    assert read(hub_url="http://127.0.0.1:8081").hub_url == "http://127.0.0.1:8081"


def test_public_takes_two_words() -> None:
    assert read(auth="none", i_accept_public="true").auth == "none"
    assert read(i_accept_public=True).auth == "iam"


@pytest.mark.parametrize(
    ("url", "port"),
    [("https://hub.example", 443), ("http://hub.example", 80), ("http://127.0.0.1:8081/", 8081)],
)
def test_the_port_follows_the_hub(url: str, port: int) -> None:
    options = read(hub_url=url, i_accept_plain_http=True)
    assert options.hub_port == port
    assert options.hub_url == url.rstrip("/")


def test_choices_apply_to_the_task_they_name() -> None:
    options = read(**{f"{TASK}.memory": "4096", f"{TASK}.model": "acme/model"})
    deployed = options.selected(TASKS)[0]
    assert (deployed.memory_mb, deployed.timeout_s) == (4096, TASKS[0].timeout_s)
    assert (deployed.model.id, deployed.model.revision) == ("acme/model", "main")
    assert options.selected(TASKS)[1:] == TASKS[1:]


def test_no_more_environments_are_kept_ready_than_may_run() -> None:
    reserved, ready = f"{TASK}.reserved_concurrency", f"{TASK}.provisioned_concurrency"
    assert read(**{reserved: 3, ready: 3}).overrides[TASK].provisioned_concurrency == 3
    with pytest.raises(OptionError, match=f"{ready}' must be at most 3, which is"):
        read(**{reserved: 3, ready: 4})


def test_open_functions_keep_no_more_ready_than_may_run() -> None:
    ready, open_to_all = f"{TASK}.provisioned_concurrency", {"auth": "key", "key_sha256": KEY_SHA256}
    assert read(**{ready: 10}, **open_to_all).overrides[TASK].provisioned_concurrency == 10
    assert read(**{ready: 11}, **open_to_all, open_concurrency="unlimited")
    with pytest.raises(OptionError, match=f"{ready}' must be at most 10, which is open_concurrency"):
        read(**{ready: 11}, **open_to_all)


def test_a_bound_of_open_functions_is_refused_where_none_is_open() -> None:
    with pytest.raises(OptionError, match="'open_concurrency' is for auth=key and auth=none"):
        read(open_concurrency="3")


def test_nobody_waits_for_a_function_that_may_not_run() -> None:
    never = {f"{TASK}.reserved_concurrency": 0}
    assert read(**never).overrides[TASK].reserved_concurrency == 0
    assert read(**never, prefetch="true", tasks=TASKS[1].name).prefetch
    with pytest.raises(OptionError, match=f"'{TASK}.reserved_concurrency': 0 lets nobody run"):
        read(**never, prefetch="true")


WITH_RELAY = [("artifact_days", "30"), ("factory_memory", "10240"), (f"{TASK}.image", "full")]


@pytest.mark.parametrize(("key", "value"), WITH_RELAY)
def test_what_only_a_relay_has_is_refused_without_one(key: str, value: str) -> None:
    for egress in ("nat", "none"):
        with pytest.raises(OptionError, match=rf"'{key}' is for egress=relay, .* egress={egress}"):
            read(**{key: value}, egress=egress)


VPC = {"vpc_id": "vpc-0123456789abcdef0", "subnet_ids": "subnet-0123456789abcdef0,subnet-0123abcd"}


def test_an_existing_vpc_has_a_way_out_of_its_own() -> None:
    assert read(**VPC).egress == read(**VPC, egress="vpc").egress == "vpc"
    assert read(**VPC, egress="none").egress == "none"
    assert read(**VPC).subnet_ids == ("subnet-0123456789abcdef0", "subnet-0123abcd")


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("egress", "nat", "vpc, none"),
        ("egress", "relay", "leave out 'vpc_id', or set one of vpc, none"),
        ("egress", "vpn", "vpc, none"),
        ("availability_zones", "3", "'vpc_id'"),
        ("subnet_ids", "10.0.0.0/24", "subnet-0123456789abcdef0"),
        ("subnet_ids", ",".join(f"subnet-{place:08x}" for place in range(17)), "16 subnets"),
    ],
)
def test_what_contradicts_an_existing_vpc_is_refused(key: str, value: str, allowed: str) -> None:
    with pytest.raises(OptionError) as caught:
        read(**VPC | {key: value})
    assert f"'{key}'" in str(caught.value)
    assert allowed in str(caught.value)


@pytest.mark.parametrize("name", ["cache", "factory", "prefetch"])
def test_a_task_may_not_have_the_name_of_a_function_of_our_own(name: str) -> None:
    with pytest.raises(OptionError, match=rf"inference/tasks/{name}\.py cannot be deployed: '{name}' is"):
        Options.from_context({}, [*TASKS, replace(TASKS[0], name=name)])


def test_two_tasks_with_the_same_outputs_are_refused() -> None:
    twins = [replace(TASKS[0], name=name) for name in ("a_1b", "a1b")]
    with pytest.raises(OptionError, match=r"a_1b\.py and inference/tasks/a1b\.py cannot both be deployed"):
        Options.from_context({}, twins)


@pytest.mark.parametrize("name", ["Hublet-image", "a-B-IMAGE"])
def test_a_name_that_makes_functions_of_another_stack_is_refused(name: str) -> None:
    """hublet-image-classification is image-classification of Hublet and classification of Hublet-image."""
    with pytest.raises(OptionError, match=f"'name' must not be '{name}'.*does not end in 'image'"):
        read(name=name)


def test_names_of_two_stacks_that_are_let_in_never_meet() -> None:
    """Every name is taken apart again in one way only."""
    functions = [*(task.function_name for task in TASKS), "cache", "factory", "prefetch"]
    endings = {
        "-".join(words[:place]) for words in (f.split("-") for f in functions) for place in range(len(words))
    }
    made: dict[str, str] = {}
    for stack in ["hublet", *(f"hublet-{ending}" for ending in sorted(endings) if ending)]:
        try:
            read(name=stack)
        except OptionError:
            continue
        for function in functions:
            assert made.setdefault(f"{stack}-{function}", stack) == stack
    assert len(made) > 2 * len(functions)


def test_a_long_task_name_is_refused_by_name() -> None:
    long = replace(TASKS[0], name="a" * 60)
    with pytest.raises(OptionError, match="'name' is too long"):
        Options.from_context({}, [long])


def test_every_retention_period_is_the_one_it_says() -> None:
    stack = Stack(App())
    for days in LOG_RETENTION_DAYS:
        logs.LogGroup(stack, f"Days{days}", log_group_name=str(days), retention=RETENTION[days])
    groups = Template.from_stack(stack).find_resources("AWS::Logs::LogGroup").values()
    found = {group["Properties"]["LogGroupName"]: group["Properties"]["RetentionInDays"] for group in groups}
    assert found == {str(days): days for days in LOG_RETENTION_DAYS}
