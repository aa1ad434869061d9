"""What runs beside the functions: traces, dashboard, alarms, prefetch, failed events; none of it unasked."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from inference.http.request import PREPARE
from inference.runtime.metrics import DIMENSIONS, UNITS
from inference.tasks import all_tasks
from stacks.functions.prefetch_code import EVENT, LIMIT_S, MARGIN_S
from stacks.monitoring.cache_metrics import LOW_CREDITS_BYTES
from tests.support.aws.order import in_order
from tests.support.cfn_lint import lint
from tests.support.paths import ROOT
from tests.support.synthesized import MODES, acknowledged_rules

if TYPE_CHECKING:
    from tests.support.synthesized import Resource, Synth, Synthesized

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:failed-events"
EVERYTHING: dict[str, Any] = {
    "tracing": "true",
    "dashboard": "true",
    "alarm_email": "someone@example.com",
    "prefetch": "true",
    "on_failure_arn": QUEUE,
    "max_event_age": "600",
    "sentiment.reserved_concurrency": "5",
    "sentiment.provisioned_concurrency": "2",
}
OPTIONAL = (
    *("AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::SNS::Topic", "AWS::SNS::Subscription"),
    *("AWS::KMS::Key", "Custom::Prefetch", "AWS::CloudFormation::CustomResource"),
)
ALARMS = ("errors", "throttles", "slow", "preparation")
TASKS = all_tasks()


@pytest.fixture
def watched(synth: Synth) -> Synthesized:
    return synth(**EVERYTHING)


def alarms(stack: Synthesized) -> dict[str, Resource]:
    found = stack.all("AWS::CloudWatch::Alarm").values()
    return {alarm["Properties"]["AlarmName"]: alarm["Properties"] for alarm in found}


def statements(stack: Synthesized, action: str) -> list[dict[str, Any]]:
    return [
        statement
        for policy in stack.all("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if action in statement["Action"]
    ]


def test_nothing_of_this_is_there_unasked(stack: Synthesized) -> None:
    assert [kind for kind in OPTIONAL if stack.all(kind)] == []
    for function in stack.all("AWS::Lambda::Function").values():
        assert "TracingConfig" not in function["Properties"]
    assert "xray:" not in json.dumps(stack.template)
    for alias in stack.all("AWS::Lambda::Alias").values():
        assert "ProvisionedConcurrencyConfig" not in alias["Properties"]


@pytest.mark.parametrize("mode", MODES, indirect=True)
def test_cdk_nag_finds_nothing_with_everything_on(synth: Synth, mode: str) -> None:
    stack = synth(**EVERYTHING, **MODES[mode])
    (report,) = [r for r in stack.validation_report["pluginReports"] if r["pluginName"] == "AwsSolutions"]
    assert (report["conclusion"], report["violations"]) == ("success", [])
    acknowledged = {finding["ruleName"]: finding["reason"] for finding in report["suppressedViolations"]}
    assert acknowledged.keys() == acknowledged_rules(stack)
    assert "X-Ray" in acknowledged["AwsSolutions-IAM5[Resource::*]"]


def test_cfn_lint_finds_nothing_with_everything_on(watched: Synthesized) -> None:
    lint([watched.path])


def test_everything_goes_with_the_stack(watched: Synthesized) -> None:
    for id, resource in watched.template["Resources"].items():
        assert resource.get("DeletionPolicy", "Delete") == "Delete", id
        assert resource.get("UpdateReplacePolicy", "Delete") == "Delete", id


def test_functions_know_the_name_that_their_metrics_stand_under(synth: Synth) -> None:
    for name in ("Hublet", "Staging"):
        for task in TASKS:
            _, function = synth(**MODES["nat-iam"] | {"name": name}).function(task)
            assert function["Properties"]["Environment"]["Variables"]["METRICS_NAMESPACE"] == name


def test_tracing_is_active_and_allowed(watched: Synthesized) -> None:
    for task in TASKS:
        _, function = watched.function(task)
        assert function["Properties"]["TracingConfig"] == {"Mode": "Active"}
    sending = statements(watched, "xray:PutTraceSegments")
    assert len(sending) == len(TASKS) + 2
    for statement in sending:
        # The CDK joins it with what is about every resource already.
        xray = [action for action in statement["Action"] if not action.startswith("ec2:")]
        assert xray == ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")


class TestDashboard:
    def body(self, stack: Synthesized) -> str:
        _, dashboard = stack.one("AWS::CloudWatch::Dashboard")
        parts = dashboard["Properties"]["DashboardBody"]["Fn::Join"][1]
        return "".join(part if isinstance(part, str) else "x" for part in parts)

    def test_one_row_a_function_and_one_for_the_cache(self, watched: Synthesized) -> None:
        rows: dict[int, list[Any]] = {}
        for widget in json.loads(self.body(watched))["widgets"]:
            rows.setdefault(widget["y"], []).append(widget)
        *tasks, cache = [rows[y] for y in sorted(rows)]
        for task, row in zip(TASKS, tasks, strict=True):
            titles = [widget["properties"]["title"] for widget in row]
            parts = ("calls", "duration, ms", "inference, ms", "starts", "preparing, s")
            assert titles == [f"hublet-{task.function_name}: {part}" for part in parts]
            (line,) = row[1]["properties"]["annotations"]["horizontal"]
            assert line["value"] == task.timeout_s * 1000
        assert {"BurstCreditBalance", "StorageBytes", "DataReadIOBytes"} <= {
            metric[1] for widget in cache for metric in widget["properties"]["metrics"]
        }
        for row in rows.values():
            places = [(widget["x"], widget["x"] + widget["width"]) for widget in row]
            assert all(end <= start for (_, end), (start, _) in zip(places, places[1:], strict=False))
            assert places[-1][1] <= 24

    def test_it_asks_for_metrics_that_the_functions_write(self, watched: Synthesized) -> None:
        body = json.loads(self.body(watched))
        metrics = [m for widget in body["widgets"] for m in widget["properties"]["metrics"]]
        own = [metric for metric in metrics if metric[0] == "Hublet"]
        assert own
        for _, name, *dimensions in own:
            names = [value for value in dimensions if isinstance(value, str)][::2]
            assert tuple(names) == DIMENSIONS[name]
        searches = [m[0]["expression"] for m in metrics if isinstance(m[0], dict)]
        pattern = r"SEARCH\('\{\"Hublet\",task,model\} MetricName=\"(\w+)\" task=\"(\w+)\"'"
        found = [re.match(pattern, each) for each in searches]
        pairs = {match.groups() for match in found if match}
        assert all(found)
        assert {task for _, task in pairs} == {task.name for task in TASKS}
        assert {name for name, _ in pairs} <= UNITS.keys()
        assert all(DIMENSIONS[name] == ("task", "model") for name, _ in pairs)


class TestAlarms:
    def test_four_a_function_one_for_the_cache_and_two_for_the_relay(self, watched: Synthesized) -> None:
        names = {f"hublet-{task.function_name}-{kind}" for task in TASKS for kind in ALARMS}
        shared = {"hublet-cache-credits", "hublet-factory-errors", "hublet-cache-errors"}
        assert alarms(watched).keys() == names | shared

    def test_each_tells_the_topic_and_is_quiet_without_data(self, watched: Synthesized) -> None:
        topic, _ = watched.one("AWS::SNS::Topic")
        for alarm in alarms(watched).values():
            assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
            assert alarm["TreatMissingData"] == "notBreaching"
            assert "docs/operations.md" in alarm["AlarmDescription"]

    @pytest.mark.parametrize("name", [task.name for task in TASKS])
    def test_what_they_watch(self, watched: Synthesized, name: str) -> None:
        (task,) = (task for task in TASKS if task.name == name)
        found = {kind: alarms(watched)[f"hublet-{task.function_name}-{kind}"] for kind in ALARMS}
        by_function = [{"Name": "FunctionName", "Value": f"hublet-{task.function_name}"}]
        slow, throttles, preparation = found["slow"], found["throttles"], found["preparation"]
        assert (slow["MetricName"], slow["ExtendedStatistic"]) == ("Duration", "p95")
        assert slow["Threshold"] == pytest.approx(800 * task.timeout_s)
        assert (throttles["MetricName"], throttles["Statistic"]) == ("Throttles", "Sum")
        assert slow["Dimensions"] == throttles["Dimensions"] == by_function
        assert (preparation["Namespace"], preparation["MetricName"]) == ("Hublet", "PreparationFailures")
        assert preparation["Dimensions"] == [{"Name": "task", "Value": name}]
        watched_metrics = {
            each["MetricStat"]["Metric"]["MetricName"]: each["MetricStat"]["Metric"]["Dimensions"]
            for each in found["errors"]["Metrics"]
            if "MetricStat" in each
        }
        assert watched_metrics == {"Errors": by_function, "Faults": preparation["Dimensions"]}
        assert DIMENSIONS["Faults"] == DIMENSIONS["PreparationFailures"] == ("task",)

    def test_the_cache_is_watched_where_it_has_credits(self, watched: Synthesized, synth: Synth) -> None:
        alarm = alarms(watched)["hublet-cache-credits"]
        assert (alarm["MetricName"], alarm["ComparisonOperator"]) == (
            "BurstCreditBalance",
            "LessThanThreshold",
        )
        assert alarm["Threshold"] == LOW_CREDITS_BYTES == pytest.approx(377e9, rel=0.01)
        elastic = synth(alarm_email="a@example.com", efs_throughput="elastic", tasks="sentiment")
        assert "hublet-cache-credits" not in alarms(elastic)

    def test_the_topic_is_encrypted_and_takes_only_alarms_of_this_account(self, watched: Synthesized) -> None:
        topic, properties = watched.one("AWS::SNS::Topic")
        key, key_properties = watched.one("AWS::KMS::Key")
        assert properties["Properties"]["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
        assert key_properties["Properties"]["EnableKeyRotation"] is True
        _, subscription = watched.one("AWS::SNS::Subscription")
        assert subscription["Properties"]["Endpoint"] == "someone@example.com"
        _, policy = watched.one("AWS::SNS::TopicPolicy")
        denied, allowed = policy["Properties"]["PolicyDocument"]["Statement"]
        assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        for statement in (allowed, key_properties["Properties"]["KeyPolicy"]["Statement"][-1]):
            assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
            assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        assert (allowed["Action"], allowed["Resource"]) == ("sns:Publish", {"Ref": topic})

    def test_each_kind_has_a_row_in_the_document(self) -> None:
        document = (ROOT / "docs/operations.md").read_text()
        for kind in (*(f"<function>-{kind}" for kind in ALARMS), "hublet-cache-credits"):
            assert f"\n| `{kind}` |" in document


class TestFailedEvents:
    def test_events_are_tried_once_and_not_kept_long(self, default_stack: Synthesized) -> None:
        configs = default_stack.all("AWS::Lambda::EventInvokeConfig").values()
        # Each function by its bare name, and the tasks' aliases; then the cache function and the factory.
        assert len(configs) == 2 * len(TASKS) + 2
        for config in configs:
            assert config["Properties"]["MaximumRetryAttempts"] == 0
            assert config["Properties"]["MaximumEventAgeInSeconds"] == 3600
            assert "DestinationConfig" not in config["Properties"]
        assert statements(default_stack, "sqs:SendMessage") == []

    def test_they_go_to_the_queue_and_roles_may_do_just_that(self, watched: Synthesized) -> None:
        for config in watched.all("AWS::Lambda::EventInvokeConfig").values():
            assert config["Properties"]["MaximumEventAgeInSeconds"] == 600
            assert config["Properties"]["DestinationConfig"] == {"OnFailure": {"Destination": QUEUE}}
        sending = statements(watched, "sqs:SendMessage")
        assert len(sending) == len(TASKS) + 2
        for statement in sending:
            assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", QUEUE)

    @pytest.mark.parametrize(
        ("arn", "action"),
        [
            ("arn:aws:sns:eu-west-1:123456789012:failed", "sns:Publish"),
            ("arn:aws:lambda:eu-west-1:123456789012:function:failed", "lambda:InvokeFunction"),
            ("arn:aws:events:eu-west-1:123456789012:event-bus/failed", "events:PutEvents"),
        ],
    )
    def test_other_destinations(self, synth: Synth, arn: str, action: str) -> None:
        stack = synth(on_failure_arn=arn, tasks="sentiment")
        # Of sentiment, the cache's function and the factory.
        found = [each for each in statements(stack, action) if arn in json.dumps(each["Resource"])]
        assert [each["Action"] for each in found] == [action] * 3
        for config in stack.all("AWS::Lambda::EventInvokeConfig").values():
            assert config["Properties"]["DestinationConfig"] == {"OnFailure": {"Destination": arn}}


def test_environments_are_kept_ready_on_the_alias(watched: Synthesized) -> None:
    ready = {
        alias["Properties"]["FunctionName"]["Ref"]: alias["Properties"]["ProvisionedConcurrencyConfig"]
        for alias in watched.all("AWS::Lambda::Alias").values()
        if "ProvisionedConcurrencyConfig" in alias["Properties"]
    }
    (sentiment,) = (task for task in TASKS if task.name == "sentiment")
    id, function = watched.function(sentiment)
    assert ready == {id: {"ProvisionedConcurrentExecutions": 2}}
    assert function["Properties"]["ReservedConcurrentExecutions"] == 5


def functions_of(statement: dict[str, Any]) -> set[str]:
    """Those that a statement names by themselves."""
    arns = [each["Fn::Join"][1][-1] for each in statement["Resource"] if "Fn::Join" in each]
    return {arn.removeprefix(":function:") for arn in arns}


class TestPrefetch:
    def own(self, stack: Synthesized, kind: str) -> tuple[str, Resource]:
        (found,) = ((id, each) for id, each in stack.all(kind).items() if id.startswith("Prefetch"))
        return found

    def test_each_alias_moves_after_its_new_version_was_asked(self, watched: Synthesized) -> None:
        id, ready = watched.one("Custom::Prefetch")
        asked = {each["version"]["Fn::GetAtt"][0]: each["name"] for each in ready["Properties"]["Functions"]}
        assert len(asked) == len(TASKS)
        assert ready["Properties"]["ServiceTimeout"] == "3600"
        assert LIMIT_S + MARGIN_S < 3600
        for alias in watched.all("AWS::Lambda::Alias").values():
            assert id in alias["DependsOn"]
            function = watched.all("AWS::Lambda::Function")[alias["Properties"]["FunctionName"]["Ref"]]
            version = alias["Properties"]["FunctionVersion"]["Fn::GetAtt"][0]
            assert asked[version] == function["Properties"]["FunctionName"]
        assert EVENT == PREPARE

    def test_nothing_but_the_new_versions_stands_before_it(self, watched: Synthesized) -> None:
        """All of what they run on is there when they are asked; what callers see comes after."""
        id, _ = watched.one("Custom::Prefetch")
        resources = watched.template["Resources"]
        order = in_order(resources)
        types = {name: resource["Type"] for name, resource in resources.items()}
        before, after = order[: order.index(id)], order[order.index(id) + 1 :]
        for kind in ("AWS::Lambda::Version", "AWS::EFS::MountTarget"):
            assert {name for name in order if types[name] == kind} <= set(before)
        for kind in ("AWS::Lambda::Alias", "AWS::Lambda::Url"):
            assert {name for name in order if types[name] == kind} <= set(after)

    def test_it_may_ask_functions_look_at_aliases_and_write_its_log(self, watched: Synthesized) -> None:
        id, policy = self.own(watched, "AWS::IAM::Policy")
        log, call, look = policy["Properties"]["PolicyDocument"]["Statement"]
        group, _ = self.own(watched, "AWS::Logs::LogGroup")
        assert log["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
        assert log["Resource"] == {"Fn::GetAtt": [group, "Arn"]}
        assert call["Action"] == "lambda:InvokeFunction"
        names = {f"hublet-{task.function_name}" for task in TASKS}
        versions = {each["Ref"] for each in call["Resource"] if "Ref" in each}
        assert versions == watched.all("AWS::Lambda::Version").keys()
        assert functions_of(call) == {*names, "hublet-prefetch"}
        assert look["Action"] == "lambda:GetAlias"
        assert functions_of(look) == {*names, *(f"{name}:live" for name in names)}
        _, role = self.own(watched, "AWS::IAM::Role")
        assert role["Properties"].keys().isdisjoint({"ManagedPolicyArns", "Policies"})
        _, asked = watched.one("Custom::Prefetch")
        assert id in asked["DependsOn"]

    def test_its_log_goes_with_the_stack(self, watched: Synthesized) -> None:
        id, group = self.own(watched, "AWS::Logs::LogGroup")
        _, function = self.own(watched, "AWS::Lambda::Function")
        assert function["Properties"]["LoggingConfig"] == {"LogGroup": {"Ref": id}}
        assert (group["DeletionPolicy"], group["Properties"]["RetentionInDays"]) == ("Delete", 14)

    def test_its_code_is_the_file(self, watched: Synthesized) -> None:
        _, function = self.own(watched, "AWS::Lambda::Function")
        code = function["Properties"]["Code"]["ZipFile"]
        assert code == (ROOT / "stacks/functions/prefetch_code.py").read_text()
