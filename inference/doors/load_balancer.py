"""An Application Load Balancer (Elastic Load Balancing guide, "Lambda functions as targets")."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from inference.doors.door import Door, url_event


@dataclass(frozen=True)
class LoadBalancer(Door):
    """Headers come and go once or several times, as the target group says."""

    is_multi_value: bool

    def enter(self, event: dict[str, Any]) -> Any:
        """The event in the payload format 2.0."""
        headers = None
        if self.is_multi_value and isinstance(several := event["multiValueHeaders"], dict):
            headers = {str(name): ", ".join(map(str, values)) for name, values in several.items()}
        return url_event(event, method=event["httpMethod"], path=event.get("path") or "/", headers=headers)

    def leave(self, reply: Any) -> Any:
        """With the words of the status, which it asks for."""
        whole = super().leave(reply)
        status = int(whole["statusCode"])
        answer = {**whole, "statusDescription": f"{status} {HTTPStatus(status).phrase}"}
        if self.is_multi_value:
            answer["multiValueHeaders"] = {name: [value] for name, value in answer.pop("headers").items()}
        return answer
