"""What runs inside each Lambda function: one task, one model, one answer per request."""

import os

NO_TELEMETRY = {"ORT_DISABLE_TELEMETRY": "1"}
"""For each process that loads ONNX Runtime or its genai library. From 1.29 on, their builds for Linux tell
their makers which model runs on which machine, by HTTPS, unless this is set before they start
(https://github.com/microsoft/onnxruntime/pull/27379)."""

os.environ.update(NO_TELEMETRY)
