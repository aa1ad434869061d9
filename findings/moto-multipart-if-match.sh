#!/usr/bin/env bash
# moto refuses a wrong If-Match for an object that is put at once, and takes it for one that is uploaded in parts.
#
# Versions: moto 5.2.5, boto3 1.44.5.
# Guess: a condition is looked at wherever S3 looks at it; moto knows If-None-Match for both ways of writing.
# Behaviour: CompleteMultipartUpload with If-None-Match: * is refused with 412, as by S3. With an If-Match that is not the
#   object's ETag it succeeds, and the object is replaced. PutObject with the same header is refused with 412.
# Output seen: put If-None-Match 412, put If-Match 412, parts If-None-Match 412, parts If-Match 200 and "second" is read.
# Source: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html (If-Match on PutObject and
#   CompleteMultipartUpload); API_CompleteMultipartUpload.html (If-Match: 412 when the ETag does not match).
# For whoever serves models: a test against moto that a stale writer of a large file is kept out proves nothing. Guard a
#   small object, such as a manifest or a lease, and write that one with a condition.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "moto[s3]==5.2.5" boto3==1.44.5
cat > "$work/run.py" <<'PY'
import os

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none", AWS_DEFAULT_REGION="us-east-1")
CONDITIONS = {"If-None-Match": {"IfNoneMatch": "*"}, "If-Match": {"IfMatch": '"not-the-tag"'}}


def status(call, **options: object) -> int:
    try:
        return call(**options)["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]


with mock_aws():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="models")
    where = {"Bucket": "models", "Key": "large"}
    s3.put_object(**where, Body=b"first")
    seen = {}
    for name, condition in CONDITIONS.items():
        seen["put", name] = status(s3.put_object, **where, Body=b"second", **condition)
    for name, condition in CONDITIONS.items():
        upload = {**where, "UploadId": s3.create_multipart_upload(**where)["UploadId"]}
        tag = s3.upload_part(**upload, PartNumber=1, Body=b"second")["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
        seen["parts", name] = status(s3.complete_multipart_upload, **upload, MultipartUpload=parts, **condition)
    read = s3.get_object(**where)["Body"].read()
print(seen, read)
assert list(seen.values()) == [412, 412, 412, 200]
assert read == b"second"
PY
"$work/venv/bin/python" "$work/run.py"
