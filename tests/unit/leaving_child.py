"""A child that leaves a temporary file behind: it says where, then ends well or dies."""

import os
import tempfile

from inference.child import emit, read_job

job = read_job()
descriptor, path = tempfile.mkstemp()
emit(stage=path)
if job["dies"]:
    os.abort()
emit(done=path)
