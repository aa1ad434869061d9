"""All looks side by side, none waited for longer than a few seconds."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hublet.doctor import machine
from hublet.doctor.account import Account
from hublet.doctor.finding import FAIL, WARN, Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST_S = 12.0
"""For all of them; a name server that is away is waited for without a limit of its own."""
RUN, DEPLOY = "run", "deploy"

Checks = dict[str, "Callable[[], Finding]"]


def checks_for(purpose: str | None, profile: str | None, hub_url: str) -> Checks:
    """What has to be looked at to run models here, to deploy them, or for both."""
    account = Account(profile)
    both: Checks = {"python": machine.check_python, "node": machine.check_node, "disk": machine.check_disk}
    run: Checks = {"models": machine.check_models, "hub": lambda: machine.check_hub(hub_url)}
    deploy: Checks = {
        "cdk": machine.check_cdk,
        "docker": machine.check_docker,
        "credentials": account.check_credentials,
        "region": account.check_region,
        "bootstrap": account.check_bootstrap,
        "quotas": account.check_quotas,
    }
    return {**both, **(run if purpose != DEPLOY else {}), **(deploy if purpose != RUN else {})}


def look(checks: Mapping[str, Callable[[], Finding]], longest_s: float = LONGEST_S) -> dict[str, Finding]:
    """Every finding; a check that has none in time has failed. Its thread ends with the process."""
    found: dict[str, Finding] = {}
    threads = [
        threading.Thread(target=_look_at, args=(name, check, found), daemon=True)
        for name, check in checks.items()
    ]
    for thread in threads:
        thread.start()
    ends_s = time.monotonic() + longest_s
    for thread in threads:
        thread.join(max(0.0, ends_s - time.monotonic()))
    late = Finding(FAIL, f"no answer within {longest_s:g} s", "see to the network, or try again")
    return {name: found.get(name, late) for name in checks}


def _look_at(name: str, check: Callable[[], Finding], found: dict[str, Finding]) -> None:
    try:
        found[name] = check()
    except Exception as error:  # one look that fails must not hide the others
        found[name] = Finding(FAIL, f"could not be looked at ({type(error).__name__}: {error})")


def is_well(found: Mapping[str, Finding]) -> bool:
    """Whether nothing has failed."""
    return all(each.status != FAIL for each in found.values())


def as_json(found: Mapping[str, Finding]) -> dict[str, Any]:
    """The same for a script."""
    return {"ok": is_well(found), "checks": {name: asdict(each) for name, each in found.items()}}


def as_text(found: Mapping[str, Finding]) -> str:
    """A line for each look, and one for all."""
    width = max(map(len, found))
    lines = [
        f"{each.status:<4}  {name:<{width}}  {each.text}{f' -> {each.advice}' if each.advice else ''}"
        for name, each in found.items()
    ]
    return "\n".join([*lines, "", _conclude(found)])


def _conclude(found: Mapping[str, Finding]) -> str:
    failed = [name for name, each in found.items() if each.status == FAIL]
    warned = [name for name, each in found.items() if each.status == WARN]
    if failed:
        return f"To do: {', '.join(failed)}. `hublet doctor --for run` shows only what this machine needs."
    return f"All is well, but see {', '.join(warned)}." if warned else "All is well."
