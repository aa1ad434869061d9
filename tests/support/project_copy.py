"""What a copy of the project leaves out."""

from __future__ import annotations

import shutil

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".venv-checkov", ".venv-clients", "build", "node_modules", "__pycache__", ".*_cache"
)
