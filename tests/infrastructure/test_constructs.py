"""``hublet.cdk`` in apps of other people: their stack, their VPC, their key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Match, Template
from cdk_nag import AwsSolutionsChecks

from hublet.cdk import CacheOptions, FunctionOptions, InferenceStack, ModelCache, StackOptions, TaskFunction
from hublet.synthesis import synthesize
from inference.tasks import UnknownTask
from local.cloud.template import read_template
from stacks.options.context import OptionError
from stacks.options.keys import KEYS, TASK_KEYS
from tests.support.documents import blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.synthesized import Synthesized

FUNCTION = "AWS::Lambda::Function"


def make(folder: Path, fill: Callable[[Stack], Any]) -> Template:
    """The template of a stack of somebody's, with nothing for cdk-nag to find."""
    app = App(outdir=str(folder))
    stack = Stack(app, "Reviews")
    fill(stack)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return Template.from_json(json.loads((folder / "Reviews.template.json").read_text()))


def variables(template: Template, name: str) -> dict[str, Any]:
    found = template.find_resources(FUNCTION, {"Properties": {"FunctionName": name}})
    (function,) = found.values()
    return dict(function["Properties"]["Environment"]["Variables"])


def test_two_functions_share_one_cache_and_a_role_may_call_one(tmp_path: Path) -> None:
    def fill(stack: Stack) -> None:
        cache = ModelCache(stack, "Models", log_retention_days=30)
        spam = TaskFunction(stack, "Spam", task="spam", cache=cache)
        mood = TaskFunction(stack, "Mood", task="emotion", cache=cache, memory=3538, model="a/b")
        caller = iam.Role(stack, "Shop", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        mood.grant_invoke(caller)
        mood.grant_invoke_url(caller)
        assert (spam.function_name, mood.function_name) == ("reviews-spam", "reviews-emotion")

    template = make(tmp_path, fill)
    template.resource_count_is("AWS::EFS::FileSystem", 1)
    template.resource_count_is("AWS::EC2::NatGateway", 0)
    template.has_resource_properties(FUNCTION, {"FunctionName": "reviews-emotion", "MemorySize": 3538})
    template.all_resources_properties("AWS::Logs::LogGroup", {"RetentionInDays": 30})
    assert variables(template, "reviews-emotion")["MODEL"] == "a/b"
    for shared in ("reviews-cache", "reviews-factory"):
        assert variables(template, shared)["TASKS"] == "spam,emotion"
        assert json.loads(variables(template, shared)["MODELS"]) == {
            "emotion": {"model": "a/b", "revision": None, "pickle_weights": False}
        }
    assert "MODELS" not in variables(make(tmp_path / "other", one_function), "reviews-cache")
    assert [each.name for each in read_template(tmp_path / "Reviews.template.json")] == ["emotion", "spam"]


def one_function(stack: Stack) -> TaskFunction:
    return TaskFunction(stack, "Spam", task="spam", cache=ModelCache(stack, "Models"))


def test_what_writes_the_bucket_goes_before_it_is_emptied(tmp_path: Path) -> None:
    template = make(tmp_path, one_function)
    ((emptied, _),) = template.find_resources("Custom::EmptyBucket").items()
    (function,) = template.find_resources(FUNCTION, {"Properties": {"FunctionName": "reviews-spam"}}).values()
    assert emptied in function["DependsOn"]


def test_a_vpc_and_a_key_of_theirs(tmp_path: Path) -> None:
    def fill(stack: Stack) -> None:
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-12345678",
            availability_zones=["a", "b"],
            private_subnet_ids=["subnet-11111111", "subnet-22222222"],
        )
        key = kms.Key(stack, "Key", enable_key_rotation=True)
        cache = ModelCache(stack, "Models", vpc=vpc, encryption_key=key, name="Shop")
        TaskFunction(stack, "Spam", task="spam", cache=cache)

    template = make(tmp_path, fill)
    template.resource_count_is("AWS::EC2::VPC", 0)
    template.resource_count_is("AWS::S3::Bucket", 0)
    template.has_resource_properties(
        FUNCTION,
        {
            "FunctionName": "shop-spam",
            "VpcConfig": Match.object_like({"SubnetIds": ["subnet-11111111", "subnet-22222222"]}),
        },
    )
    template.has_resource_properties("AWS::EFS::FileSystem", {"KmsKeyId": Match.any_value()})
    calls = [
        statement
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Action"] == "lambda:InvokeFunction"
    ]
    assert len(calls) == 1, "the cache function may prefetch, by the one alias"
    assert "BUCKET" not in variables(template, "shop-spam")


def test_a_key_of_theirs_also_encrypts_the_bucket_and_all_who_use_it_may_ask_it(tmp_path: Path) -> None:
    def fill(stack: Stack) -> None:
        key = kms.Key(stack, "Key", enable_key_rotation=True)
        TaskFunction(stack, "Spam", task="spam", cache=ModelCache(stack, "Models", encryption_key=key))

    template = make(tmp_path, fill)
    assert "aws:kms" in json.dumps(template.find_resources("AWS::S3::Bucket"))
    policies = [json.dumps(each) for each in template.find_resources("AWS::IAM::Policy").values()]
    assert len(policies) == 3
    assert all('"kms:Decrypt", "kms:GenerateDataKey"' in each for each in policies)


@pytest.mark.parametrize(
    ("cache", "function", "error", "said"),
    [
        ({"egress": "vpn"}, {}, OptionError, "'egress' must be one of relay, nat, none; not 'vpn'"),
        ({}, {"memory": 5}, OptionError, "'spam.memory' must be a whole number from"),
        ({}, {"auth": "none"}, OptionError, "'auth': 'none' lets anybody on the internet call"),
        ({}, {"task": "nope"}, UnknownTask, "unknown task 'nope'; known: chat"),
        ({"name": "no name"}, {}, OptionError, "'name' must look like Hublet or My-Models"),
        ({"colour": "red"}, {}, OptionError, "unknown context key 'colour'"),
        ({"subnets": ec2.SubnetSelection()}, {}, ValueError, "subnets need vpc"),
    ],
)
def test_a_mistake_is_named(
    cache: dict[str, Any], function: dict[str, Any], error: type[Exception], said: str
) -> None:
    stack = Stack(App(), "Reviews")
    with pytest.raises(error) as raised:
        TaskFunction(
            stack, "Spam", **{"task": "spam", **function}, cache=ModelCache(stack, "Models", **cache)
        )
    assert said in str(raised.value)


def test_a_second_function_for_a_task_is_refused() -> None:
    stack = Stack(App(), "Reviews")
    cache = ModelCache(stack, "Models")
    TaskFunction(stack, "Spam", task="spam", cache=cache)
    with pytest.raises(ValueError, match="has a function for 'spam' already"):
        TaskFunction(stack, "Again", task="spam", cache=cache)


def test_the_whole_stack_takes_every_option(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    InferenceStack(
        app, "Models", tasks=["spam"], functions={"spam": {"memory": 3538}}, egress="nat", dashboard=True
    )
    app.synth()
    template = Template.from_json(json.loads((tmp_path / "Models.template.json").read_text()))
    template.has_resource_properties(FUNCTION, {"FunctionName": "models-spam", "MemorySize": 3538})
    template.resource_count_is("AWS::EC2::NatGateway", 1)
    template.resource_count_is("AWS::CloudWatch::Dashboard", 1)


def test_the_pages_other_lines_work(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    stack = Stack(app, "Reviews")
    vpc, key = ec2.Vpc(stack, "Vpc"), kms.Key(stack, "Key")
    scope: dict[str, Any] = {"self": stack, "app": app, "vpc": vpc, "key": key}
    scope |= {"ModelCache": ModelCache, "InferenceStack": InferenceStack}
    pieces = [each for each in blocks("python", "docs/constructs.md") if "app.synth()" not in each]
    assert len(pieces) == 2
    for piece in pieces:
        exec(piece, scope)
    app.synth()
    functions = read_template(tmp_path / "Models.template.json")
    assert {each.name: each.memory_mb for each in functions} == {"chat": 10240, "sentiment": 1769}


def test_the_typed_options_are_those_of_the_table() -> None:
    stack = StackOptions.__annotations__.keys()
    assert stack == {key.name for key in KEYS} - {"name", "tasks"}
    assert CacheOptions.__annotations__.keys() < stack
    own = {key.name for key in TASK_KEYS}
    assert own < FunctionOptions.__annotations__.keys()
    assert FunctionOptions.__annotations__.keys() - own < stack


def test_the_command_writes_what_the_app_declares(default_stack: Synthesized, tmp_path: Path) -> None:
    template = json.loads(synthesize(tmp_path, ()).template.read_text())
    assert template["Outputs"] == default_stack.template["Outputs"]
    assert template["Resources"].keys() == default_stack.template["Resources"].keys()
    for name, resource in template["Resources"].items():
        assert resource["Properties"] == default_stack.template["Resources"][name]["Properties"], name
