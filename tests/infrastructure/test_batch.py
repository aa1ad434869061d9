"""The state machine for batch: what it is made of, what it may do, and what its definition must say."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from inference.http.request import PREPARE
from local.batch.definition import Definition, read_definition
from stacks.options.context import OptionError
from tests.support.cfn_lint import lint

if TYPE_CHECKING:
    from tests.support.synthesized import Synth, Synthesized

BATCH = {"egress": "relay", "batch": "true", "batch_concurrency": "20"}


@pytest.fixture
def batch(synth: Synth) -> Synthesized:
    return synth(**BATCH)


@pytest.fixture
def definition(batch: Synthesized) -> Definition:
    return read_definition(batch.path)


def test_it_is_three_resources(batch: Synthesized, default_stack: Synthesized) -> None:
    def kinds(stack: Synthesized) -> list[str]:
        return [each["Type"] for each in stack.template["Resources"].values()]

    more = sorted(kinds(batch))
    for kind in kinds(default_stack):
        more.remove(kind)
    machine = "AWS::StepFunctions::StateMachine"
    assert more == ["AWS::IAM::Policy", "AWS::IAM::Role", machine]
    assert batch.one(machine)[1]["Properties"].get("StateMachineType", "STANDARD") == "STANDARD"


def test_the_map_is_distributed_over_json_lines(definition: Definition) -> None:
    """Without a flag in cdk.json, the CDK leaves the result writer out and says nothing."""
    lines = definition.map
    assert lines["ItemReader"]["ReaderConfig"] == {"InputType": "JSONL"}
    assert lines["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    assert lines["ResultWriter"]["WriterConfig"] == {"OutputType": "JSONL", "Transformation": "FLATTEN"}
    assert lines["ItemBatcher"]["BatchInput"] == {"function.$": "$.function"}
    assert (definition.concurrency, definition.items_a_batch, lines["ToleratedFailurePercentage"]) == (
        20,
        16,
        10,
    )


def test_every_call_is_tried_again_when_throttled(definition: Definition) -> None:
    """The CDK's own task does not, which AWS's developer guide says to do."""
    run = definition.map["ItemProcessor"]["States"]["Run"]
    for state in (run, definition.states["Prepare"]):
        (throttled,) = (
            retry for retry in state["Retry"] if "Lambda.TooManyRequestsException" in retry["ErrorEquals"]
        )
        assert throttled["MaxAttempts"] == 6
    first = run["Retry"][0]
    pauses_s = [first["IntervalSeconds"] * first["BackoffRate"] ** tried for tried in range(6)]
    assert sum(pauses_s) + 200 < 300  # an Express execution, with the longest that a batch takes


def test_the_model_is_prepared_first(definition: Definition) -> None:
    assert definition.states["Prepare"]["Parameters"]["Payload"] == PREPARE


def test_the_definition_is_one_of_the_states_language(definition: Definition) -> None:
    found = importlib.util.find_spec("cfnlint")
    assert found and found.origin
    schema = Path(found.origin).parent / "data/schemas/other/step_functions/statemachine.json"
    jsonschema.Draft7Validator(json.loads(schema.read_text())).validate(definition.document)


def test_cfn_lint_finds_nothing(batch: Synthesized) -> None:
    lint([batch.path])


def test_its_rights_are_the_functions_and_its_part_of_the_bucket(batch: Synthesized) -> None:
    aliases = set(batch.all("AWS::Lambda::Alias"))
    policies = {id: each for id, each in batch.all("AWS::IAM::Policy").items() if id.startswith("Batch")}
    statements = [
        statement
        for policy in policies.values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    allowed = {action for each in statements for action in _listed(each["Action"])}
    assert allowed == {
        *("lambda:InvokeFunction", "s3:GetObject", "s3:PutObject"),
        *("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
        *("states:StartExecution", "states:DescribeExecution", "states:StopExecution"),
        "states:RedriveExecution",
    }
    invoked = next(each for each in statements if each["Action"] == "lambda:InvokeFunction")["Resource"]
    assert {each["Ref"] for each in invoked} == aliases
    stored = next(each for each in statements if "s3:GetObject" in _listed(each["Action"]))["Resource"]
    assert stored["Fn::Join"][1][-1] == "/batch/*"
    assert not any(each["Resource"] == "*" for each in statements)


def test_its_files_expire_and_it_goes_before_the_bucket_is_emptied(batch: Synthesized) -> None:
    rules = batch.one("AWS::S3::Bucket")[1]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert [each["ExpirationInDays"] for each in rules if each.get("Prefix") == "batch/"] == [7]
    emptied, _ = batch.one("Custom::EmptyBucket")
    assert emptied in batch.one("AWS::StepFunctions::StateMachine")[1]["DependsOn"]


@pytest.mark.parametrize(
    ("context", "problem"),
    [
        ({"batch": "true", "egress": "nat"}, "'batch' needs egress=relay"),
        ({"batch": "true", "egress": "none"}, "'batch' needs egress=relay"),
        ({"batch_concurrency": "9"}, "'batch_concurrency' is for batch=true"),
        ({"batch": "true", "batch_concurrency": "0"}, "from 1 to 1000"),
    ],
)
def test_what_would_not_work_is_refused(synth: Synth, context: dict[str, str], problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        synth(**context)


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
