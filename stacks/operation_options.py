"""Context keys about running the stack: who is told of trouble, and what becomes of events that failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stacks.context import OptionError, matching, text, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_EVENT_AGE_S = 3600
EMAIL = r"[\w.+-]{1,64}@[A-Za-z0-9](-?[A-Za-z0-9])*(\.[A-Za-z0-9](-?[A-Za-z0-9])*)+"
ARN = r"arn:aws[a-z-]*:(sqs|sns|lambda|events):[a-z0-9-]+:\d{12}:[\w:/.-]+"


def alarm_email(context: Mapping[str, Any]) -> str | None:
    """Whom the alarms write to; nobody, and no alarms, by default."""
    return matching(context, "alarm_email", EMAIL, "someone@example.com")


def on_failure_arn(context: Mapping[str, Any]) -> str | None:
    """Where Lambda sends asynchronous events that failed."""
    arn = text(context, "on_failure_arn")
    if arn is not None and (not re.fullmatch(ARN, arn, re.ASCII) or arn.endswith(".fifo")):
        raise OptionError(
            "context key 'on_failure_arn' must be the ARN of an SQS queue, an SNS topic, a Lambda function "
            f"or an EventBridge bus, none of them FIFO; not {arn!r}"
        )
    return arn


def max_event_age_s(context: Mapping[str, Any]) -> int:
    """How long Lambda keeps an asynchronous event that it cannot start; within Lambda's own limits."""
    return whole_number(context, "max_event_age", 60, 21_600) or DEFAULT_EVENT_AGE_S
