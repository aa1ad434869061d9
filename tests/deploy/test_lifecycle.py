"""A stack's life as a user leads it: deployed, deployed again, changed, destroyed; each step looked at."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from inference.tasks import all_tasks
from tests.support.aws.declared import BROUGHT_BY_VPC, check_all_is_there
from tests.support.aws.inventory import added

if TYPE_CHECKING:
    from tests.support.aws.account import Account
    from tests.support.aws.inventory import Inventory

pytestmark = pytest.mark.timeout(600)  # the first test of a step waits for all steps before it

CHANGED = ("-c", "sentiment.memory=3538")
WITHOUT_URL = ("hublet-cache", "hublet-factory")
DEPLOY = ("deploy", "--require-approval", "never", "--outputs-file")


@dataclass(frozen=True)
class Step:
    """What the CLI printed and left behind."""

    printed: str
    resources: Inventory
    functions: dict[str, dict[str, Any]]
    docker: list[str]


def step(aws: Account, *arguments: str) -> Step:
    asked = len(aws.docker_commands())
    printed = aws.cdk(*arguments)
    return Step(printed, aws.inventory(), functions(aws), aws.docker_commands()[asked:])


def functions(aws: Account) -> dict[str, dict[str, Any]]:
    """Each function's configuration, and the version that callers get."""
    lambda_ = aws.client("lambda")
    found = {}
    for page in lambda_.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name = function["FunctionName"]
            if name in WITHOUT_URL:
                continue  # and so without an alias
            live = lambda_.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
            found[name] = {
                "memory": function["MemorySize"],
                "modified": function["LastModified"],
                "version": live,
                "live memory": lambda_.get_function_configuration(FunctionName=name, Qualifier=live)[
                    "MemorySize"
                ],
            }
    return found


@pytest.fixture(scope="module")
def empty(aws: Account) -> Inventory:
    return aws.inventory()


@pytest.fixture(scope="module")
def deployed(aws: Account, empty: Inventory) -> Step:
    return step(aws, *DEPLOY, str(aws.folder / "outputs.json"))


@pytest.fixture(scope="module")
def template(aws: Account, deployed: Step) -> dict[str, Any]:
    return dict(json.loads((aws.folder / "cdk.out" / "Hublet.template.json").read_text()))


@pytest.fixture(scope="module")
def again(aws: Account, template: dict[str, Any]) -> Step:
    return step(aws, *DEPLOY, str(aws.folder / "again.json"))


@pytest.fixture(scope="module")
def difference(aws: Account, again: Step) -> str:
    # By the templates: with moto's change sets, which say less than AWS's, the CLI left out the alias.
    return aws.cdk("diff", "--method=template", *CHANGED)


@pytest.fixture(scope="module")
def changed(aws: Account, difference: str) -> Step:
    return step(aws, *DEPLOY, str(aws.folder / "changed.json"), *CHANGED)


@pytest.fixture(scope="module")
def destroyed(aws: Account, changed: Step) -> Step:
    return step(aws, "destroy", "--force")


def test_all_of_the_template_is_there(empty: Inventory, deployed: Step, template: dict[str, Any]) -> None:
    check_all_is_there(template, empty, deployed.resources, BROUGHT_BY_VPC)


def test_both_images_are_built_and_pushed_before_the_functions_want_them(deployed: Step) -> None:
    commands = [json.loads(line) for line in deployed.docker]
    verbs = [command[0] for command in commands]
    assert Counter(verbs) == {"login": 1, "inspect": 2, "build": 2, "tag": 2, "push": 2}
    builds = [command for command in commands if command[0] == "build"]
    assert sorted("--target" in build for build in builds) == [False, True]
    for build in builds:
        assert build[build.index("--file") + 1] == "docker/Dockerfile"
        assert build[build.index("--platform") + 1] == "linux/amd64"


def test_the_outputs_name_each_function_and_its_url(aws: Account, deployed: Step) -> None:
    outputs = json.loads((aws.folder / "outputs.json").read_text())["Hublet"]
    for task in all_tasks():
        title = "".join(word.capitalize() for word in task.name.split("_"))
        name = outputs[f"{title}Name"]
        url = aws.client("lambda").get_function_url_config(FunctionName=name)
        assert outputs[f"{title}Url"] == f"{url['FunctionUrl'].rstrip('/')}/"
        assert url["AuthType"] == "AWS_IAM"


def test_a_second_deploy_changes_nothing(aws: Account, deployed: Step, again: Step) -> None:
    assert "(no changes)" in again.printed
    assert (again.resources, again.functions) == (deployed.resources, deployed.functions)
    assert again.docker == []
    assert (aws.folder / "again.json").read_text() == (aws.folder / "outputs.json").read_text()


def test_diff_names_the_one_function_that_would_change(difference: str) -> None:
    listed = [line.split()[:3] for line in difference.splitlines() if line.startswith("[")]
    assert sorted(listed) == [
        ["[+]", "AWS::Lambda::Version", "SentimentTask/Function/CurrentVersion"],
        ["[-]", "AWS::Lambda::Version", "SentimentTask/Function/CurrentVersion"],
        ["[~]", "AWS::Lambda::Alias", "SentimentTask/Live"],
        ["[~]", "AWS::Lambda::Function", "SentimentTask/Function"],
    ]


def test_more_memory_for_one_function_is_a_new_version_of_that_one(again: Step, changed: Step) -> None:
    name = "hublet-sentiment"
    assert [each for each in changed.functions if changed.functions[each] != again.functions[each]] == [name]
    assert again.functions[name]["live memory"] == 1769
    assert changed.functions[name]["live memory"] == 3538
    assert changed.functions[name]["version"] != again.functions[name]["version"]
    assert changed.docker == []
    assert added(again.resources, changed.resources) == {
        "AWS::Lambda::Version": {f"{name} {changed.functions[name]['version']}"}
    }
    assert changed.resources["AWS::Lambda::Url"] == again.resources["AWS::Lambda::Url"]


def test_destroy_leaves_nothing(aws: Account, empty: Inventory, destroyed: Step) -> None:
    assert "Hublet: destroyed" in destroyed.printed
    assert added(empty, destroyed.resources) == {}
    assert destroyed.functions == {}
    names = [stack["StackName"] for stack in aws.client("cloudformation").describe_stacks()["Stacks"]]
    assert names == ["CDKToolkit"]


def test_only_the_images_wait_in_the_bootstrap_repository(aws: Account, destroyed: Step) -> None:
    ecr = aws.client("ecr")
    (repository,) = ecr.describe_repositories()["repositories"]
    images = ecr.list_images(repositoryName=repository["repositoryName"])["imageIds"]
    assert len(images) == 2
