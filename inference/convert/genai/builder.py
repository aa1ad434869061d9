"""``python -m inference.convert.genai.builder``: the library's own builder, which ends with its parent."""

from __future__ import annotations

import runpy

from inference.jobs.walls import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    runpy.run_module("onnxruntime_genai.models.builder", run_name="__main__", alter_sys=True)
