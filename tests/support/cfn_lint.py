"""cfn-lint, as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


# W3005: a DependsOn that a reference implies already. The CDK writes it to be sure, for roles and mounts.
LINT_IGNORED = "W3005"


def lint(templates: Iterable[Path]) -> None:
    """Fails with what cfn-lint says."""
    start = "import sys; from cfnlint.runner import main; sys.exit(main())"
    command = [
        sys.executable,
        "-c",
        start,
        "--ignore-checks",
        LINT_IGNORED,
        "--template",
        *map(str, templates),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
