"""The function that looks after the cache: what it may do, and that a changed model rolls forward."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from inference.tasks import all_tasks
from tests.support.synthesized import MODES

if TYPE_CHECKING:
    from tests.support.synthesized import Resource, Synth, Synthesized

NAME = "hublet-cache"


def function(stack: Synthesized) -> tuple[str, Resource]:
    (found,) = (
        (id, each)
        for id, each in stack.all("AWS::Lambda::Function").items()
        if each["Properties"]["FunctionName"] == NAME
    )
    return found


def statements(stack: Synthesized) -> list[dict[str, Any]]:
    role = function(stack)[1]["Properties"]["Role"]["Fn::GetAtt"][0]
    (policy,) = (
        each["Properties"]
        for each in stack.all("AWS::IAM::Policy").values()
        if each["Properties"]["Roles"] == [{"Ref": role}]
    )
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def test_it_runs_the_same_image_with_a_handler_of_its_own(stack: Synthesized) -> None:
    _, own = function(stack)
    properties = own["Properties"]
    assert properties["ImageConfig"] == {"Command": ["inference.maintenance.handler.handler"]}
    assert (properties["Timeout"], properties["MemorySize"]) == (900, 512)
    assert properties["FileSystemConfigs"][0]["LocalMountPath"] == "/mnt/models"
    assert set(stack.all("AWS::EFS::MountTarget")) <= set(own["DependsOn"])
    (sentiment,) = (task for task in all_tasks() if task.name == "sentiment")
    assert properties["Code"] == stack.function(sentiment)[1]["Properties"]["Code"]


def test_nobody_comes_to_it_by_a_url_and_events_are_tried_once(stack: Synthesized) -> None:
    id, _ = function(stack)
    assert stack.belonging_to(id, "AWS::Lambda::Url") == {}
    permissions = stack.belonging_to(id, "AWS::Lambda::Permission").values()
    callers = ["events.amazonaws.com"] if stack.is_relayed else []
    assert [each["Properties"]["Principal"] for each in permissions] == callers
    ((_, config),) = stack.belonging_to(id, "AWS::Lambda::EventInvokeConfig").items()
    assert config["Properties"]["MaximumRetryAttempts"] == 0


def test_it_may_call_the_live_aliases_and_no_other_function(stack: Synthesized) -> None:
    """With a relay it calls nobody: it asks the bucket."""
    calls = [each for each in statements(stack) if "lambda:" in json.dumps(each["Action"])]
    assert [each["Action"] for each in calls] == ([] if stack.is_relayed else ["lambda:InvokeFunction"])
    called = {each["Ref"] for call in calls for each in call["Resource"]}
    assert called == (set() if stack.is_relayed else stack.all("AWS::Lambda::Alias").keys())


def test_it_is_told_which_functions_there_are_and_what_they_use(synth: Synth) -> None:
    stack = synth(**MODES["nat-iam"])
    variables = function(stack)[1]["Properties"]["Environment"]["Variables"]
    assert variables["TASKS"] == ",".join(task.name for task in all_tasks())
    assert variables["FUNCTION_PREFIX"] == "hublet-"
    assert "MODELS" not in variables
    chosen = synth(**MODES["nat-iam"], **{"sentiment.model": "acme/model", "tasks": "sentiment"})
    variables = function(chosen)[1]["Properties"]["Environment"]["Variables"]
    assert variables["TASKS"] == "sentiment"
    replaced = {"model": "acme/model", "revision": None, "pickle_weights": False}
    assert json.loads(variables["MODELS"]) == {"sentiment": replaced}


def test_its_name_is_an_output(stack: Synthesized) -> None:
    assert stack.template["Outputs"]["CacheName"]["Value"] == NAME


def versions(stack: Synthesized) -> dict[str, str]:
    """Function name -> the version that its alias, and so its URL, calls."""
    found = {}
    for alias in stack.all("AWS::Lambda::Alias").values():
        function = stack.all("AWS::Lambda::Function")[alias["Properties"]["FunctionName"]["Ref"]]
        version = alias["Properties"]["FunctionVersion"]["Fn::GetAtt"][0]
        found[function["Properties"]["FunctionName"]] = version
    return found


def test_a_changed_model_is_a_new_version_that_the_alias_moves_to(synth: Synth) -> None:
    """CloudFormation makes the new version, moves the alias, and deletes the old version after that."""
    before = synth(**MODES["nat-iam"])
    for change in ({"sentiment.model": "acme/model"}, {"sentiment.revision": "0" * 40}):
        after = synth(**MODES["nat-iam"], **change)
        moved = {name for name, version in versions(after).items() if version != versions(before)[name]}
        assert moved == {"hublet-sentiment"}
        new = versions(after)["hublet-sentiment"]
        assert new in after.all("AWS::Lambda::Version")
        assert new not in before.all("AWS::Lambda::Version")


def test_a_changed_precision_is_a_new_version_of_every_function(synth: Synth) -> None:
    before, after = versions(synth(**MODES["nat-iam"])), versions(synth(**MODES["nat-iam"], precision="fp32"))
    assert all(after[name] != version for name, version in before.items())
