"""What ``egress=relay`` promises: no way out, one writer for each place, and a bucket that goes empty."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest

from inference.relay.records import artifact_of_load, load_key, manifest_key, progress_key, request_key
from inference.settings import Settings
from inference.tasks import all_tasks
from local.cloud.rules import read_rules, to_event
from tests.support.aws.order import in_order
from tests.support.cfn_lint import lint
from tests.support.synthesized import (
    AUTH,
    KMS_KEY_ARN,
    MODES,
    RELAY_WITH_EVERY_OPTION,
    SECRET_ARN,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.synthesized import Resource, Synth, Synthesized

FACTORY, CACHE = "hublet-factory", "hublet-cache"
TASKS = tuple(f"hublet-{task.function_name}" for task in all_tasks())
NAME = "acme--model/0123456789abcdef"
LOAD = load_key("acme/model", "0" * 40, "onnx-logits-int8-x86_64-v1")
KEYS = {
    "requests": request_key(NAME),
    "loads": LOAD,
    "progress": progress_key(NAME),
    "leases": f"leases/{NAME}.json",
    "artifacts": f"artifacts/{NAME}/making/model.onnx",
    "manifest": manifest_key(NAME),
}
"""One key of each kind, as the code makes them."""


@pytest.fixture(params=[*AUTH, "with every option"])
def relay(request: pytest.FixtureRequest, synth: Synth) -> Synthesized:
    """The template by each door, and with all that can be chosen."""
    chosen = MODES.get(f"relay-{request.param}", RELAY_WITH_EVERY_OPTION)
    return synth(**chosen)


@pytest.fixture
def simple(synth: Synth) -> Synthesized:
    return synth(**MODES["relay-iam"])


def function(stack: Synthesized, name: str) -> tuple[str, Resource]:
    (found,) = (
        (id, each)
        for id, each in stack.all("AWS::Lambda::Function").items()
        if each["Properties"]["FunctionName"] == name
    )
    return found


def names(stack: Synthesized) -> set[str]:
    return {each["Properties"]["FunctionName"] for each in stack.all("AWS::Lambda::Function").values()}


def statements(stack: Synthesized, name: str) -> list[dict[str, Any]]:
    """All that the role of a function says; there is one policy, and nothing else on the role."""
    role = function(stack, name)[1]["Properties"]["Role"]["Fn::GetAtt"][0]
    properties = stack.template["Resources"][role]["Properties"]
    assert properties.keys().isdisjoint({"Policies", "ManagedPolicyArns"})
    (policy,) = (
        each["Properties"]
        for each in stack.all("AWS::IAM::Policy").values()
        if {"Ref": role} in each["Properties"]["Roles"]
    )
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def allowed(stack: Synthesized, name: str, service: str) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Action, resource and condition of every allowance for a service."""
    for statement in statements(stack, name):
        for action in as_list(statement["Action"]):
            if statement["Effect"] == "Allow" and action.startswith(f"{service}:"):
                for resource in as_list(statement["Resource"]):
                    yield action, resource, statement.get("Condition", {})


def may(stack: Synthesized, name: str, action: str, key: str) -> bool:
    """Whether a function's role may do something with an object of the bucket."""
    bucket, _ = stack.one("AWS::S3::Bucket")
    for granted, resource, condition in allowed(stack, name, "s3"):
        if granted == action and isinstance(resource, dict) and "Fn::Join" in resource:
            assert condition == {}
            arn, pattern = resource["Fn::Join"][1]
            assert arn == {"Fn::GetAtt": [bucket, "Arn"]}
            if fnmatchcase(key, pattern.removeprefix("/")):
                return True
    return False


def kinds(stack: Synthesized, name: str, action: str) -> set[str]:
    return {kind for kind, key in KEYS.items() if may(stack, name, action, key)}


class TestNetwork:
    def test_nothing_in_it_leads_to_the_internet(self, relay: Synthesized) -> None:
        for kind in (
            *("NatGateway", "EIP", "InternetGateway", "VPCGatewayAttachment", "Route"),
            *("EgressOnlyInternetGateway", "TransitGatewayAttachment", "VPNGateway", "VPCPeeringConnection"),
        ):
            relay.check.resource_count_is(f"AWS::EC2::{kind}", 0)
        for subnet in relay.all("AWS::EC2::Subnet").values():
            assert subnet["Properties"]["MapPublicIpOnLaunch"] is False
            assert "Ipv6CidrBlock" not in subnet["Properties"]
        assert all(
            {"Key": "aws-cdk:subnet-type", "Value": "Isolated"} in subnet["Properties"]["Tags"]
            for subnet in relay.all("AWS::EC2::Subnet").values()
        )

    def test_one_endpoint_that_costs_nothing_serves_every_subnet(self, relay: Synthesized) -> None:
        _, endpoint = relay.one("AWS::EC2::VPCEndpoint")
        properties = endpoint["Properties"]
        assert properties["VpcEndpointType"] == "Gateway"
        service = properties["ServiceName"]["Fn::Join"][1]
        assert service == ["com.amazonaws.", {"Ref": "AWS::Region"}, ".s3"]
        used = {
            association["Properties"]["SubnetId"]["Ref"]
            for association in relay.all("AWS::EC2::SubnetRouteTableAssociation").values()
            if association["Properties"]["RouteTableId"] in properties["RouteTableIds"]
        }
        assert used == relay.all("AWS::EC2::Subnet").keys()

    def test_it_lets_this_bucket_through_and_nothing_that_deletes(self, relay: Synthesized) -> None:
        bucket, _ = relay.one("AWS::S3::Bucket")
        _, endpoint = relay.one("AWS::EC2::VPCEndpoint")
        (statement,) = endpoint["Properties"]["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Allow"
        assert statement["Action"] == ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]
        arn = {"Fn::GetAtt": [bucket, "Arn"]}
        assert statement["Resource"] == [arn, {"Fn::Join": ["", [arn, "/*"]]}]

    def test_it_makes_names_of_hosts_known_to_the_functions(self, relay: Synthesized) -> None:
        """Without both, S3's name has no address in the VPC (VPC user guide, gateway endpoints)."""
        _, vpc = relay.one("AWS::EC2::VPC")
        assert vpc["Properties"]["EnableDnsHostnames"] is vpc["Properties"]["EnableDnsSupport"] is True

    def test_the_factory_alone_stands_outside(self, relay: Synthesized) -> None:
        inside = {each["Properties"]["FunctionName"] for each in relay.in_vpc().values()}
        assert names(relay) - inside - {"hublet-prefetch"} == {FACTORY}
        properties = function(relay, FACTORY)[1]["Properties"]
        assert properties.keys().isdisjoint({"VpcConfig", "FileSystemConfigs"})
        actions = [action for each in statements(relay, FACTORY) for action in as_list(each["Action"])]
        assert not [action for action in actions if action.startswith(("ec2:", "elasticfilesystem:"))]


class TestBucket:
    def test_it_is_encrypted_private_and_takes_no_plain_http(self, relay: Synthesized) -> None:
        id, bucket = relay.one("AWS::S3::Bucket")
        properties = bucket["Properties"]
        (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        by_key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KMS_KEY_ARN}
        assert rule["ServerSideEncryptionByDefault"] in ({"SSEAlgorithm": "AES256"}, by_key)
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(properties["PublicAccessBlockConfiguration"]) == 4
        _, policy = relay.one("AWS::S3::BucketPolicy")
        assert policy["Properties"]["Bucket"] == {"Ref": id}
        (deny,) = policy["Properties"]["PolicyDocument"]["Statement"]
        assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", {"AWS": "*"}, "s3:*")
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        arn = {"Fn::GetAtt": [id, "Arn"]}
        assert deny["Resource"] == [arn, {"Fn::Join": ["", [arn, "/*"]]}]

    def test_it_tells_what_is_written_without_a_function_of_the_cdks(self, relay: Synthesized) -> None:
        _, bucket = relay.one("AWS::S3::Bucket")
        told = bucket["Properties"]["NotificationConfiguration"]
        assert told == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
        assert relay.all("Custom::S3BucketNotifications") == {}
        assert names(relay) - {"hublet-prefetch"} == {*TASKS, CACHE, FACTORY}

    def test_it_goes_with_the_stack_even_with_keep_cache(self, relay: Synthesized) -> None:
        _, bucket = relay.one("AWS::S3::Bucket")
        assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Delete"
        assert "BucketName" not in bucket["Properties"]

    @pytest.mark.parametrize("days", [1, 30, 365])
    def test_everything_in_it_expires(self, synth: Synth, days: int) -> None:
        stack = synth(**MODES["relay-iam"], artifact_days=days, tasks="spam")
        _, bucket = stack.one("AWS::S3::Bucket")
        rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
        assert {rule["Status"] for rule in rules} == {"Enabled"}
        expires = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
        assert expires.keys() == {f"{key.partition('/')[0]}/" for key in KEYS.values()}
        assert expires["artifacts/"] == days
        assert expires["requests/"] == expires["progress/"] == expires["leases/"] == 1
        (unfinished,) = (rule for rule in rules if "AbortIncompleteMultipartUpload" in rule)
        assert unfinished["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
        assert "Prefix" not in unfinished


class TestRoles:
    def test_a_function_of_a_task_asks_and_reads_how_far_it_is(self, relay: Synthesized) -> None:
        for name in TASKS:
            assert kinds(relay, name, "s3:PutObject") == {"requests", "loads"}
            assert kinds(relay, name, "s3:GetObject") == {"requests", "progress"}
            actions = {action for action, _, _ in allowed(relay, name, "s3")}
            assert actions == {"s3:PutObject", "s3:GetObject", "s3:ListBucket"}

    def test_no_function_of_a_task_writes_the_cache(self, relay: Synthesized) -> None:
        for name in TASKS:
            actions = [action for action, _, _ in allowed(relay, name, "elasticfilesystem")]
            assert actions == ["elasticfilesystem:ClientMount"]

    def test_only_the_cache_function_writes_the_cache(self, relay: Synthesized) -> None:
        writers = {
            name
            for name in names(relay)
            if "elasticfilesystem:ClientWrite" in json.dumps(statements(relay, name))
        }
        assert writers == {CACHE}

    def test_and_the_file_system_says_so_too(self, relay: Synthesized) -> None:
        _, file_system = relay.one("AWS::EFS::FileSystem")
        writers, readers = set(), set()
        for statement in file_system["Properties"]["FileSystemPolicy"]["Statement"]:
            roles = {json.dumps(role) for role in as_list(statement["Principal"]["AWS"])}
            if statement["Effect"] == "Allow" and "elasticfilesystem:ClientWrite" in statement["Action"]:
                writers |= roles
            elif statement["Effect"] == "Allow":
                assert statement["Action"] == "elasticfilesystem:ClientMount"
                readers |= roles
        assert writers == {json.dumps(function(relay, CACHE)[1]["Properties"]["Role"])}
        assert readers == {json.dumps(function(relay, name)[1]["Properties"]["Role"]) for name in TASKS}

    def test_only_the_factory_writes_artifacts_and_leases(self, relay: Synthesized) -> None:
        for kind in ("artifacts", "manifest", "leases"):
            writers = {name for name in names(relay) if may(relay, name, "s3:PutObject", KEYS[kind])}
            assert writers == {FACTORY}
        deleting = {name for name in names(relay) if may(relay, name, "s3:DeleteObject", KEYS["artifacts"])}
        assert deleting == {FACTORY}

    def test_the_cache_function_reads_what_was_made_and_tells(self, relay: Synthesized) -> None:
        assert kinds(relay, CACHE, "s3:PutObject") == {"requests", "progress"}
        read = {"requests", "progress", "loads", "artifacts", "manifest"}
        assert kinds(relay, CACHE, "s3:GetObject") == read
        assert list(allowed(relay, CACHE, "lambda")) == []

    def test_a_missing_object_reads_as_missing(self, relay: Synthesized) -> None:
        """S3 answers 403 where listing is not allowed (S3 API reference, GetObject)."""
        bucket, _ = relay.one("AWS::S3::Bucket")
        for name in (*TASKS, CACHE):
            ((_, resource, condition),) = (
                each for each in allowed(relay, name, "s3") if each[0] == "s3:ListBucket"
            )
            assert resource == {"Fn::GetAtt": [bucket, "Arn"]}
            prefixes = condition["StringLike"]["s3:prefix"]
            listed = {kind for kind, key in KEYS.items() if any(fnmatchcase(key, each) for each in prefixes)}
            assert listed == kinds(relay, name, "s3:GetObject")

    def test_the_factory_empties_the_bucket_and_nothing_of_another(self, relay: Synthesized) -> None:
        found = {action for action, _, _ in allowed(relay, FACTORY, "s3")}
        whole = {"s3:ListBucket", "s3:ListBucketMultipartUploads"}
        each = {"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"}
        assert found == whole | each | {"s3:ListMultipartUploadParts"}
        assert all(kinds(relay, FACTORY, action) == KEYS.keys() for action in each)

    def test_only_the_factory_reads_the_token(self, synth: Synth) -> None:
        stack = synth(**RELAY_WITH_EVERY_OPTION)
        readers = {name for name in names(stack) if list(allowed(stack, name, "secretsmanager"))}
        told = {
            each["Properties"]["FunctionName"]
            for each in stack.all("AWS::Lambda::Function").values()
            if "HF_TOKEN_SECRET_ARN" in each["Properties"].get("Environment", {}).get("Variables", {})
        }
        assert readers == told == {FACTORY}
        ((action, resource, _),) = allowed(stack, FACTORY, "secretsmanager")
        assert (action, resource) == ("secretsmanager:GetSecretValue", SECRET_ARN)

    def test_a_boundary_holds_for_the_factory_too(self, synth: Synth) -> None:
        boundary = "arn:aws:iam::123456789012:policy/boundary"
        stack = synth(egress="relay", tasks="spam", permissions_boundary=boundary)
        roles = stack.all("AWS::IAM::Role").values()
        assert [role["Properties"]["PermissionsBoundary"] for role in roles] == [boundary] * 3


class TestFunctions:
    def test_the_factory_has_all_that_a_conversion_takes(self, relay: Synthesized) -> None:
        properties = function(relay, FACTORY)[1]["Properties"]
        assert (properties["MemorySize"], properties["Timeout"]) in [(7076, 900), (10_240, 900)]
        assert properties["EphemeralStorage"] == {"Size": 10_240}
        assert properties["ImageConfig"] == {"Command": ["inference.factory.handler.handler"]}
        (config,) = relay.belonging_to(function(relay, FACTORY)[0], "AWS::Lambda::EventInvokeConfig").values()
        assert config["Properties"]["MaximumRetryAttempts"] == 0
        group = relay.all("AWS::Logs::LogGroup")[properties["LoggingConfig"]["LogGroup"]["Ref"]]
        assert group["Properties"]["LogGroupName"] == f"/aws/lambda/{FACTORY}"

    def test_nobody_comes_to_it_by_a_url(self, relay: Synthesized) -> None:
        id, _ = function(relay, FACTORY)
        assert relay.belonging_to(id, "AWS::Lambda::Url") == {}
        assert relay.template["Outputs"]["FactoryName"]["Value"] == FACTORY

    def test_it_is_told_the_bucket_the_hub_and_the_models(self, synth: Synth) -> None:
        chosen = {
            "sentiment.model": "acme/model",
            "hub_url": "https://hub.example",
            "tasks": "sentiment,spam",
        }
        stack = synth(**MODES["relay-iam"], **chosen)
        bucket, _ = stack.one("AWS::S3::Bucket")
        variables = function(stack, FACTORY)[1]["Properties"]["Environment"]["Variables"]
        models = json.loads(variables.pop("MODELS"))
        assert models == {"sentiment": {"model": "acme/model", "revision": None, "pickle_weights": False}}
        assert variables == {
            "BUCKET": {"Ref": bucket},
            "HF_ENDPOINT": "https://hub.example",
            "TASKS": "sentiment,spam",
            "LOG_LEVEL": "INFO",
        }

    def test_every_function_but_prefetch_knows_the_bucket(self, relay: Synthesized) -> None:
        bucket, _ = relay.one("AWS::S3::Bucket")
        for name in (*TASKS, CACHE, FACTORY):
            variables = function(relay, name)[1]["Properties"]["Environment"]["Variables"]
            assert variables["BUCKET"] == {"Ref": bucket}

    def test_settings_take_what_the_template_gives(self, simple: Synthesized) -> None:
        for variables in simple.variables():
            settings = Settings.from_env(variables | {"BUCKET": "hublet-relay-1a2b"})
            assert settings.bucket == "hublet-relay-1a2b"


class TestEvents:
    def matched(self, stack: Synthesized, key: str, bucket: str = "ours") -> set[str]:
        """The functions that a written object starts, by the rules that the local cloud reads."""
        event = to_event(bucket, key)
        rules = read_rules(stack.path, "ours")
        return {each.full_name for rule in rules if rule.matches(event) for each in rule.targets}

    @pytest.mark.parametrize(
        ("kind", "started"),
        [
            ("requests", {FACTORY}),
            ("manifest", {CACHE}),
            ("loads", {CACHE}),
            ("artifacts", set()),
            ("progress", set()),
            ("leases", set()),
        ],
    )
    def test_a_written_object_starts_whom_it_concerns(
        self, simple: Synthesized, kind: str, started: set[str]
    ) -> None:
        assert self.matched(simple, KEYS[kind]) == started

    @pytest.mark.parametrize(
        "key", ["other/requests/x.json", "artifacts/manifest.jsonl", "manifest.json", "x/loads/y"]
    )
    def test_another_object_starts_nobody(self, simple: Synthesized, key: str) -> None:
        assert self.matched(simple, key) == set()

    def test_another_bucket_starts_nobody(self, simple: Synthesized) -> None:
        assert all(self.matched(simple, key, "theirs") == set() for key in KEYS.values())

    def test_the_patterns_are_those_of_eventbridge(self, relay: Synthesized) -> None:
        bucket, _ = relay.one("AWS::S3::Bucket")
        keys = []
        for rule in relay.all("AWS::Events::Rule").values():
            pattern = rule["Properties"]["EventPattern"]
            assert pattern["source"] == ["aws.s3"]
            assert pattern["detail-type"] == ["Object Created"]
            assert pattern["detail"]["bucket"] == {"name": [{"Ref": bucket}]}
            keys += pattern["detail"]["object"]["key"]
        wildcard = {"wildcard": "artifacts/*/manifest.json"}
        assert keys == [{"prefix": "requests/"}, wildcard, {"prefix": "loads/"}]
        assert artifact_of_load(LOAD)

    def test_what_is_late_is_dropped_after_two_more_tries(self, relay: Synthesized) -> None:
        for rule in relay.all("AWS::Events::Rule").values():
            (target,) = rule["Properties"]["Targets"]
            assert target["RetryPolicy"] == {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 900}

    def test_each_rule_and_no_other_may_call_its_function(self, relay: Synthesized) -> None:
        rules = relay.all("AWS::Events::Rule")
        called = {
            (id, json.dumps(target["Arn"]))
            for id, rule in rules.items()
            for target in rule["Properties"]["Targets"]
        }
        permitted = {
            (permission["SourceArn"]["Fn::GetAtt"][0], json.dumps(permission["FunctionName"]))
            for permission in (each["Properties"] for each in relay.all("AWS::Lambda::Permission").values())
            if permission["Principal"] == "events.amazonaws.com"
        }
        assert permitted == called


class TestOrder:
    def position(self, stack: Synthesized) -> tuple[str, list[str], dict[str, str]]:
        id, _ = stack.one("Custom::EmptyBucket")
        resources = stack.template["Resources"]
        return id, in_order(resources), {name: each["Type"] for name, each in resources.items()}

    def test_the_factory_is_asked_to_empty_this_bucket(self, relay: Synthesized) -> None:
        bucket, _ = relay.one("AWS::S3::Bucket")
        factory, _ = function(relay, FACTORY)
        _, emptied = relay.one("Custom::EmptyBucket")
        assert emptied["Properties"]["Bucket"] == {"Ref": bucket}
        assert emptied["Properties"]["ServiceToken"] == {"Fn::GetAtt": [factory, "Arn"]}
        assert int(emptied["Properties"]["ServiceTimeout"]) <= 900

    def test_it_is_made_after_what_it_needs_and_so_goes_before_it(self, relay: Synthesized) -> None:
        """CloudFormation deletes in the order of creation, turned round."""
        id, order, types = self.position(relay)
        before = set(order[: order.index(id)])
        factory, _ = function(relay, FACTORY)
        assert factory in before
        needed = relay.all("AWS::S3::Bucket") | relay.all("AWS::S3::BucketPolicy")
        role = relay.template["Resources"][factory]["Properties"]["Role"]["Fn::GetAtt"][0]
        policies = {
            name
            for name, policy in relay.all("AWS::IAM::Policy").items()
            if {"Ref": role} in policy["Properties"]["Roles"]
        }
        assert policies
        assert needed.keys() | policies | {role} <= before
        assert policies <= set(relay.template["Resources"][id]["DependsOn"])

    def test_all_that_writes_or_starts_writers_is_gone_before_it_works(self, relay: Synthesized) -> None:
        id, _, types = self.position(relay)
        resources = relay.template["Resources"]
        writers = {name for name, kind in types.items() if kind in ("AWS::Events::Rule", "AWS::Lambda::Url")}
        writers |= {function(relay, name)[0] for name in (*TASKS, CACHE)}
        # Not by chance of the order: each one waits for it.
        assert [name for name in writers if id not in waits_for(resources, name)] == []

    def test_prefetch_asks_when_the_way_to_the_factory_is_there(self, synth: Synth) -> None:
        stack = synth(**RELAY_WITH_EVERY_OPTION)
        ready, _ = stack.one("Custom::Prefetch")
        needed = waits_for(stack.template["Resources"], ready)
        assert stack.all("AWS::Events::Rule").keys() <= needed
        by_rules = {
            id
            for id, each in stack.all("AWS::Lambda::Permission").items()
            if each["Properties"]["Principal"] == "events.amazonaws.com"
        }
        assert len(by_rules) == 2
        assert by_rules <= needed


def waits_for(resources: dict[str, Any], name: str) -> set[str]:
    """All that a resource needs, by reference or by name, however far away."""
    found: set[str] = set()
    left = [name]
    while left:
        each = resources[left.pop()]
        words = set(re.findall(r'"(\w+)"', json.dumps(each)))
        new = (words & resources.keys()) - found
        found |= new
        left += new
    return found - {name}


class TestOtherModes:
    @pytest.mark.parametrize("egress", ["nat", "none"])
    def test_they_have_nothing_of_it(self, synth: Synth, egress: str) -> None:
        stack = synth(**MODES[f"{egress}-iam"])
        types = {resource["Type"] for resource in stack.template["Resources"].values()}
        assert not [name for name in types if name.startswith(("AWS::S3::", "AWS::Events::", "Custom::"))]
        assert "AWS::EC2::VPCEndpoint" not in types
        assert FACTORY not in names(stack)
        assert '"BUCKET"' not in json.dumps(stack.template)
        assert "FactoryName" not in stack.template["Outputs"]

    def test_there_functions_write_the_cache_themselves(self, synth: Synth) -> None:
        for name in (*TASKS, CACHE):
            said = statements(synth(**MODES["nat-iam"]), name)
            assert "elasticfilesystem:ClientWrite" in json.dumps(said)


class TestOptions:
    def test_alarms_tell_when_models_do_not_arrive(self, synth: Synth) -> None:
        stack = synth(**RELAY_WITH_EVERY_OPTION)
        found = {
            alarm["Properties"]["AlarmName"]: alarm["Properties"]
            for alarm in stack.all("AWS::CloudWatch::Alarm").values()
        }
        for name in (FACTORY, CACHE):
            alarm = found[f"{name}-errors"]
            assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")
            assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": name}]
            assert alarm["Threshold"] == 1

    def test_the_factory_sends_traces_and_failed_events_too(self, synth: Synth) -> None:
        stack = synth(**RELAY_WITH_EVERY_OPTION)
        assert function(stack, FACTORY)[1]["Properties"]["TracingConfig"] == {"Mode": "Active"}
        traces = {action for action, _, _ in allowed(stack, FACTORY, "xray")}
        assert traces == {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
        assert [resource for _, resource, _ in allowed(stack, FACTORY, "sqs")] == [
            RELAY_WITH_EVERY_OPTION["on_failure_arn"]
        ]

    def test_cfn_lint_and_cdk_nag_find_nothing(self, relay: Synthesized) -> None:
        (report,) = [r for r in relay.validation_report["pluginReports"] if r["pluginName"] == "AwsSolutions"]
        assert (report["conclusion"], report["violations"]) == ("success", [])
        lint([relay.path])
