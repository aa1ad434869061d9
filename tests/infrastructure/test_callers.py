"""Who may call: what the template says of keys, of public URLs, and of the Hub token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from aws_cdk.assertions import Annotations, Match

from inference.settings import Settings
from inference.tasks import all_tasks, get_task
from tests.support.synthesized import AUTH, EGRESS, KEY_SHA256, MODES, SECRET_ARN

if TYPE_CHECKING:
    from inference.task import Task
    from tests.support.synthesized import Synth, Synthesized

OPEN = [f"{egress}-{auth}" for egress in EGRESS for auth in ("key", "none")]


@pytest.mark.parametrize("mode", OPEN)
def test_an_open_url_has_both_permissions_it_needs(synth: Synth, task: Task, mode: str) -> None:
    """And lets nobody invoke the function but through the URL."""
    stack = synth(**MODES[mode])
    function, _ = stack.function(task)
    ((_, url),) = stack.belonging_to(function, "AWS::Lambda::Url").items()
    assert url["Properties"]["AuthType"] == "NONE"
    ((alias, _),) = stack.belonging_to(function, "AWS::Lambda::Alias").items()
    permissions = [
        permission["Properties"]
        for permission in stack.all("AWS::Lambda::Permission").values()
        if permission["Properties"]["FunctionName"] == {"Ref": alias}
    ]
    assert sorted(permission["Action"] for permission in permissions) == [
        "lambda:InvokeFunction",
        "lambda:InvokeFunctionUrl",
    ]
    for permission in permissions:
        assert permission["Principal"] == "*"
        through_the_url = permission.get("InvokedViaFunctionUrl") is True
        assert through_the_url or permission.get("FunctionUrlAuthType") == "NONE"


@pytest.mark.parametrize("egress", EGRESS)
def test_a_function_is_given_the_hash_of_its_key(synth: Synth, task: Task, egress: str) -> None:
    stack = synth(**MODES[f"{egress}-key"])
    _, function = stack.function(task)
    variables = function["Properties"]["Environment"]["Variables"]
    assert variables["KEY_SHA256"] == KEY_SHA256
    # The bucket has its name from CloudFormation.
    assert Settings.from_env(variables | {"BUCKET": "bucket"}).key_sha256 == (KEY_SHA256,)


def test_two_keys_reach_the_functions(synth: Synth) -> None:
    hashes = ("0a" * 32, "1b" * 32)
    stack = synth(auth="key", key_sha256=",".join(hashes), tasks="sentiment")
    (variables,) = stack.variables()
    assert variables["KEY_SHA256"] == ",".join(hashes)
    assert Settings.from_env({**variables, "BUCKET": "bucket"}).key_sha256 == hashes


@pytest.mark.parametrize("auth", ["iam", "none"])
def test_no_key_where_none_is_asked_for(synth: Synth, auth: str) -> None:
    stack = synth(**MODES[f"nat-{auth}"])
    assert "KEY_SHA256" not in json.dumps(stack.template)


@pytest.mark.parametrize("auth", AUTH)
def test_only_a_public_stack_warns(synth: Synth, auth: str) -> None:
    annotations = Annotations.from_stack(synth(**MODES[f"nat-{auth}"]).stack)
    words = Match.string_like_regexp("anybody on the internet")
    if auth == "none":
        annotations.has_warning("*", words)
    else:
        annotations.has_no_warning("*", words)


@pytest.mark.parametrize("mode", OPEN)
def test_an_open_function_is_bounded_in_advance(synth: Synth, task: Task, mode: str) -> None:
    _, function = synth(**MODES[mode]).function(task)
    assert function["Properties"]["ReservedConcurrentExecutions"] == 10


@pytest.mark.parametrize(
    ("options", "reserved"),
    [
        ({"open_concurrency": "3"}, 3),
        ({"open_concurrency": "unlimited"}, None),
        ({"open_concurrency": "3", "spam.reserved_concurrency": "4"}, 4),
    ],
)
def test_the_bound_of_open_functions_is_a_choice(
    synth: Synth, options: dict[str, str], reserved: int | None
) -> None:
    stack = synth(auth="key", key_sha256=KEY_SHA256, tasks="spam", **options)
    _, function = stack.function(get_task("spam"))
    assert function["Properties"].get("ReservedConcurrentExecutions") == reserved


def test_whom_aws_lets_in_is_not_bounded(synth: Synth, task: Task) -> None:
    _, function = synth(**MODES["relay-iam"]).function(task)
    assert "ReservedConcurrentExecutions" not in function["Properties"]


def test_alternatives_are_switched_off_in_every_function(synth: Synth) -> None:
    stack = synth(alternatives="false", tasks="translation")
    variables = next(each for each in stack.variables() if "TASK" in each)
    assert Settings.from_env({**variables, "BUCKET": "bucket"}).alternatives is False


def test_prompt_caching_is_switched_off_by_an_option(synth: Synth) -> None:
    for options, caches in (({}, True), ({"prompt_caching": "false"}, False)):
        stack = synth(tasks="chat", **options)
        variables = next(each for each in stack.variables() if "TASK" in each)
        assert Settings.from_env({**variables, "BUCKET": "bucket"}).caches_prompts is caches


@pytest.fixture
def with_token(synth: Synth) -> Synthesized:
    """Where each function downloads; of a relay, only the factory may (test_relay.py)."""
    return synth(egress="nat", hf_token_secret_arn=SECRET_ARN)


def test_each_role_may_read_the_one_secret(with_token: Synthesized) -> None:
    reads = [
        statement
        for policy in with_token.all("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "secretsmanager" in json.dumps(statement)
    ]
    assert len(reads) == len(all_tasks())
    wanted = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": SECRET_ARN}
    assert all(read == wanted for read in reads)


def test_a_function_is_told_where_the_token_is_and_nothing_resolves_it(with_token: Synthesized) -> None:
    """A dynamic reference would put the token into the function's configuration."""
    for variables in with_token.variables():
        assert Settings.from_env(variables).token_secret_arn == SECRET_ARN
    assert "{{resolve:" not in json.dumps(with_token.template)
    assert not with_token.all("AWS::SecretsManager::Secret")


def test_without_a_token_no_role_reads_secrets(stack: Synthesized) -> None:
    assert "secretsmanager" not in json.dumps(stack.template)
