"""The template's rules: which function an event of S3 goes to.

Patterns are those of EventBridge (user guide, "Comparison operators"): equality, ``prefix``, ``suffix`` and
``wildcard``. Any other operator stops the start, since it would match wrongly without a word.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.cloud.template import DeployedFunction, TemplateError, read_function, read_resources

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SOURCE = "aws.s3"


@dataclass(frozen=True)
class Rule:
    """A pattern and the functions behind it."""

    pattern: Mapping[str, Any]
    targets: tuple[DeployedFunction, ...]

    def matches(self, event: Mapping[str, Any]) -> bool:
        return _matches(self.pattern, event)


def read_rules(path: Path, bucket: str) -> list[Rule]:
    """All rules of the template about S3, with the bucket's name in place of the reference to it."""
    resources = read_resources(path)
    rules = []
    for resource in resources.values():
        pattern = resource.get("Properties", {}).get("EventPattern")
        if resource.get("Type") == "AWS::Events::Rule" and pattern and SOURCE in pattern.get("source", ()):
            named = [target["Arn"]["Fn::GetAtt"][0] for target in resource["Properties"]["Targets"]]
            targets = tuple(read_function(resources[name]["Properties"]) for name in named)
            rules.append(Rule(_resolved(pattern, bucket), targets))
    return rules


def to_event(bucket: str, key: str) -> dict[str, Any]:
    """What EventBridge sends for a written object (S3 user guide, "EventBridge event message structure")."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Object Created",
        "source": SOURCE,
        "account": "000000000000",
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "region": "us-east-1",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {"version": "0", "bucket": {"name": bucket}, "object": {"key": key}, "reason": "PutObject"},
    }


def _resolved(pattern: Any, bucket: str) -> Any:
    """References of the template: in these patterns the bucket alone is one."""
    if isinstance(pattern, dict):
        if pattern.keys() <= {"Ref", "Fn::GetAtt"}:
            return bucket
        return {name: _resolved(each, bucket) for name, each in pattern.items()}
    return [_resolved(each, bucket) for each in pattern] if isinstance(pattern, list) else pattern


def _matches(pattern: Mapping[str, Any], event: Any) -> bool:
    if not isinstance(event, dict):
        return False
    for name, wanted in pattern.items():
        found = event.get(name)
        if isinstance(wanted, dict):
            if not _matches(wanted, found):
                return False
        elif not any(_matches_value(each, found) for each in wanted):
            return False
    return True


def _matches_value(wanted: Any, found: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(wanted == found)
    if not isinstance(found, str):
        return False
    ((operator, operand),) = wanted.items()
    if operator == "prefix":
        return found.startswith(operand)
    if operator == "suffix":
        return found.endswith(operand)
    if operator == "wildcard":
        return re.fullmatch(".*".join(map(re.escape, operand.split("*"))), found, re.DOTALL) is not None
    raise TemplateError(f"the local cloud does not know the pattern operator {operator!r}")
