"""Variables for every Python process that has this folder on PYTHONPATH, one with a bare environment too.

They stand in the JSON file ``variables.json`` beside a copy of this file. LD_PRELOAD is read when a process
begins, so it begins again.
"""

import json
import os
import sys
from pathlib import Path

if "LD_PRELOAD" not in os.environ:
    variables = json.loads(Path(__file__).with_name("variables.json").read_text())
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **variables})
