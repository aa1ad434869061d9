"""checkov over templates of every kind: what it finds is accepted here, by name and with the reason."""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.paths import ROOT
from tests.support.synthesized import EVERY_OPTION, RELAY_WITH_EVERY_OPTION, SCANNED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.support.synthesized import Synth

CHECKOV = ROOT / ".venv-checkov/bin/checkov"

ACCEPTED = {
    "CKV_AWS_111": "Lambda attaches functions to a VPC by actions that know no resources; the next statement "
    "denies them to the function's own code. X-Ray's two are of the same kind.",
    "CKV_AWS_115": "Reserved concurrency is an option of each task: it is taken from the account's quota, "
    "which is 10 in a new account, so that no default would fit.",
    "CKV_AWS_116": "Failed events go where on_failure_arn says, with more than a dead-letter queue gets.",
    "CKV_AWS_158": "Logs hold no inputs and CloudWatch encrypts them; a key of one's own is 1 USD a month.",
    "CKV_AWS_173": "Variables hold no secret (a key's hash, a secret's ARN); Lambda encrypts them at rest.",
}
BY_AUTH = {
    "iam": {},
    "key": {"CKV_AWS_258": "Lambda knows no keys; the handler asks for the key before anything else."},
    "none": {"CKV_AWS_258": "Chosen twice: auth=none and i_accept_public=true."},
}
WITH_RELAY = {
    "CKV_AWS_18": "Access logs need a second bucket, which nothing empties when the stack goes.",
    "CKV_AWS_21": "What is in the bucket is made again; old versions would keep it from being deleted.",
    "CKV_AWS_117": "The factory alone reaches the Hub; it stands outside the VPC for that.",
}
WITH_EVERY_OPTION = {
    "CKV_AWS_117": "The function that asks for prefetching calls Lambda's API and is kept out of the VPC.",
}


@pytest.fixture(scope="module")
def found(synth: Synth) -> dict[str, set[str]]:
    """Mode -> the checks that fail there; one run over all templates, since half of each is starting up."""
    templates = {mode: synth(**context).path for mode, context in SCANNED.items()}
    templates["every-option"] = synth(**EVERY_OPTION).path
    templates["relay-with-every-option"] = synth(**RELAY_WITH_EVERY_OPTION).path
    modes = {str(path): mode for mode, path in templates.items()}
    failed: dict[str, set[str]] = defaultdict(set)
    report = check(templates.values())
    assert report["summary"]["passed"] > 100 * len(templates)
    assert report["summary"]["parsing_errors"] == 0
    for finding in report["results"]["failed_checks"]:
        failed[modes[finding["file_abs_path"]]].add(finding["check_id"])
    return failed


def check(templates: Iterable[Path]) -> dict[str, Any]:
    """What checkov says, with no way to the network: its proxy is a port where nothing listens."""
    files = [argument for path in templates for argument in ("--file", str(path))]
    options = ["--framework", "cloudformation", "--skip-download", "--quiet", "--compact", "--soft-fail"]
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(
        [CHECKOV, *options, "--output", "json", *files],
        env={**os.environ, **nowhere},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("mode", SCANNED)
def test_checkov_finds_nothing_that_is_not_accepted_with_a_reason(
    found: dict[str, set[str]], mode: str
) -> None:
    egress, _, auth = mode.partition("-")
    assert found[mode] == set(ACCEPTED | BY_AUTH[auth] | (WITH_RELAY if egress == "relay" else {}))


def test_nor_with_every_option(found: dict[str, set[str]]) -> None:
    accepted = ACCEPTED | BY_AUTH["key"] | WITH_EVERY_OPTION
    accepted.pop("CKV_AWS_158")  # there the logs have a key of one's own
    assert found["every-option"] == set(accepted)
    assert found["relay-with-every-option"] == set(accepted | WITH_RELAY)
