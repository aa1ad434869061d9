"""What every task turns into, whichever way out and whichever door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aws_cdk.assertions import Match

from inference.tasks import get_task
from tests.support.synthesized import AUTH, EGRESS, MODES

if TYPE_CHECKING:
    from inference.task import Task
    from tests.support.synthesized import Synth, Synthesized


def test_a_function_has_what_its_task_declares(stack: Synthesized, task: Task) -> None:
    stack.check.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "FunctionName": f"hublet-{task.function_name}",
            "Description": task.summary,
            "PackageType": "Image",
            "Architectures": ["x86_64"],
            "MemorySize": task.memory_mb,
            "Timeout": task.timeout_s,
            "Environment": {
                "Variables": {
                    "TASK": task.name,
                    "MODEL_CACHE": "/mnt/models",
                    "HF_ENDPOINT": "https://huggingface.co",
                    "LOG_LEVEL": "INFO",
                }
            },
            "ImageConfig": Match.absent(),
        },
    )


def test_a_function_mounts_the_cache_and_waits_for_it(stack: Synthesized, task: Task) -> None:
    _, function = stack.function(task)
    access_point, _ = stack.one("AWS::EFS::AccessPoint")
    (mount,) = function["Properties"]["FileSystemConfigs"]
    assert mount["LocalMountPath"] == "/mnt/models"
    assert {"Ref": access_point} in mount["Arn"]["Fn::Join"][1]
    targets = set(stack.all("AWS::EFS::MountTarget"))
    assert len(targets) == 2
    assert targets <= set(function["DependsOn"])


def test_a_function_goes_before_its_role_and_policy(stack: Synthesized, task: Task) -> None:
    """Without its network permissions a function cannot give back its interfaces, and a destroy hangs."""
    _, function = stack.function(task)
    role = function["Properties"]["Role"]["Fn::GetAtt"][0]
    policies = [
        id
        for id, policy in stack.all("AWS::IAM::Policy").items()
        if policy["Properties"]["Roles"] == [{"Ref": role}]
    ]
    assert len(policies) == 1
    assert {role, *policies} <= set(function["DependsOn"])


def test_a_function_writes_plain_text_to_a_log_group_that_goes_with_it(
    stack: Synthesized, task: Task
) -> None:
    _, function = stack.function(task)
    logging = function["Properties"]["LoggingConfig"]
    assert logging["LogFormat"] == "Text"
    group = stack.all("AWS::Logs::LogGroup")[logging["LogGroup"]["Ref"]]
    assert group["Properties"]["LogGroupName"] == f"/aws/lambda/hublet-{task.function_name}"
    assert group["Properties"]["RetentionInDays"] == 14
    assert group["DeletionPolicy"] == group["UpdateReplacePolicy"] == "Delete"


def test_the_url_calls_the_live_alias_of_the_newest_version(stack: Synthesized, task: Task) -> None:
    function, _ = stack.function(task)
    ((alias, live),) = stack.belonging_to(function, "AWS::Lambda::Alias").items()
    ((version, _),) = stack.belonging_to(function, "AWS::Lambda::Version").items()
    assert live["Properties"]["Name"] == "live"
    assert live["Properties"]["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
    ((_, url),) = stack.belonging_to(function, "AWS::Lambda::Url").items()
    assert url["Properties"]["Qualifier"] == "live"
    assert alias in url["DependsOn"]


@pytest.mark.parametrize("streaming", ["url", "off"])
def test_urls_of_functions_that_write_text_stream_and_the_function_knows(
    synth: Synth, task: Task, streaming: str
) -> None:
    """The two must agree: behind a URL that streams, a reply that is not streamed arrives raw."""
    stack = synth(streaming=streaming)
    function, resource = stack.function(task)
    ((_, url),) = stack.belonging_to(function, "AWS::Lambda::Url").items()
    streams = streaming == "url" and task.name in ("chat", "speech", "summarization", "translation")
    assert url["Properties"]["InvokeMode"] == ("RESPONSE_STREAM" if streams else "BUFFERED")
    variables = resource["Properties"]["Environment"]["Variables"]
    assert variables.get("INVOKE_MODE") == ("RESPONSE_STREAM" if streams else None)


@pytest.mark.parametrize("egress", EGRESS)
def test_only_signed_calls_are_let_in_by_default(synth: Synth, task: Task, egress: str) -> None:
    stack = synth(**MODES[f"{egress}-iam"])
    function, _ = stack.function(task)
    ((_, url),) = stack.belonging_to(function, "AWS::Lambda::Url").items()
    assert url["Properties"]["AuthType"] == "AWS_IAM"
    assert stack.belonging_to(function, "AWS::Lambda::Permission") == {}
    permissions = stack.all("AWS::Lambda::Permission").values()
    callers = [permission["Properties"]["Principal"] for permission in permissions]
    assert callers == (["events.amazonaws.com"] * 2 if egress == "relay" else [])


def test_failed_events_are_not_tried_again(stack: Synthesized, task: Task) -> None:
    function, _ = stack.function(task)
    configs = stack.belonging_to(function, "AWS::Lambda::EventInvokeConfig").values()
    assert len(configs) == 2, "one for the alias, one for the function itself, as the console calls it"
    assert all(config["Properties"]["MaximumRetryAttempts"] == 0 for config in configs)


def test_outputs_give_name_and_url(stack: Synthesized, task: Task) -> None:
    function, _ = stack.function(task)
    title = "".join(word.capitalize() for word in task.name.split("_"))
    (url,) = stack.belonging_to(function, "AWS::Lambda::Url")
    outputs = stack.template["Outputs"]
    assert outputs[f"{title}Name"]["Value"] == f"hublet-{task.function_name}"
    assert outputs[f"{title}Url"]["Value"] == {"Fn::GetAtt": [url, "FunctionUrl"]}


def test_an_operators_choices_reach_the_function(synth: Synth, task: Task) -> None:
    context = {
        f"{task.name}.model": "acme/model",
        f"{task.name}.revision": "0" * 40,
        f"{task.name}.memory": "3008",
        f"{task.name}.timeout": "900",
        f"{task.name}.storage": "2048",
        f"{task.name}.reserved_concurrency": "2",
        "name": "My-Models",
        "hub_url": "http://hub.internal:8080/",
        "i_accept_plain_http": "true",
        "log_retention_days": "30",
        "architecture": "arm64",
    }
    stack = synth(**context)
    _, function = stack.function(task)
    properties = function["Properties"]
    variables = properties["Environment"]["Variables"]
    assert (variables["MODEL"], variables["REVISION"]) == ("acme/model", "0" * 40)
    assert variables["HF_ENDPOINT"] == "http://hub.internal:8080"
    assert (properties["MemorySize"], properties["Timeout"]) == (3008, 900)
    assert properties["EphemeralStorage"] == {"Size": 2048}
    assert properties["ReservedConcurrentExecutions"] == 2
    assert properties["FunctionName"] == f"my-models-{task.function_name}"
    assert properties["Architectures"] == ["arm64"]
    stack.check.all_resources_properties("AWS::Logs::LogGroup", {"RetentionInDays": 30})


def test_labels_to_flag_reach_the_function_that_classifies(synth: Synth) -> None:
    _, function = synth(**{"spam.flagged_labels": "LABEL_1,very bad"}).function(get_task("spam"))
    assert function["Properties"]["Environment"]["Variables"]["FLAGGED_LABELS"] == "LABEL_1,very bad"


def test_a_page_may_call_only_when_its_origin_is_listed(synth: Synth) -> None:
    for auth in AUTH:
        stack = synth(**MODES[f"nat-{auth}"])
        stack.check.all_resources_properties("AWS::Lambda::Url", {"Cors": Match.absent()})
    listed = synth(cors_origins="https://a.example, https://b.example:8443")
    origins = ["https://a.example", "https://b.example:8443"]
    shown = Match.array_with(["x-model", "retry-after"])
    cors = Match.object_like({"AllowOrigins": origins, "ExposeHeaders": shown})
    listed.check.all_resources_properties("AWS::Lambda::Url", {"Cors": cors})


def test_only_the_chosen_tasks_are_deployed(synth: Synth, task: Task) -> None:
    stack = synth(tasks=task.name)
    names = {each["Properties"]["FunctionName"] for each in stack.all("AWS::Lambda::Function").values()}
    assert names == {f"hublet-{task.function_name}", "hublet-cache", "hublet-factory"}
