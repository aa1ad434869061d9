#!/usr/bin/env bash
# moto refuses to delete one object under a wrong tag, as S3 does, and deletes it when a list of objects is given.
#
# Versions: moto 5.2.5, boto3 1.44.5.
# Guess: a conditional delete that moto knows for DeleteObject (412 for a wrong IfMatch) holds for DeleteObjects, too.
# Behaviour: DeleteObject with a wrong IfMatch is refused. DeleteObjects with the same wrong ETag deletes, and reports no error.
#   boto3 sends the tag: it stands in the body of the request.
# Output seen: one: PreconditionFailed, still there. A list: no errors, gone.
# Source: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html (both operations, in general purpose buckets);
#   docs.aws.amazon.com/AmazonS3/latest/API/API_ObjectIdentifier.html (ETag).
# For whoever serves models: code that cleans a shared bucket by lists seems safe or unsafe for the wrong reason. In a test on moto
#   it deletes what another writer has just replaced; a test that expects a refusal cannot be written. Assert on the request.
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

os.environ |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
WRONG = '"00000000000000000000000000000000"'


def keys(s3: object) -> list[str]:
    return [each["Key"] for each in s3.list_objects_v2(Bucket="bucket").get("Contents", ())]


with mock_aws():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="kept", Body=b"replaced by another writer")
    bodies: list[bytes] = []
    s3.meta.events.register("before-send.s3.DeleteObjects", lambda request, **_: bodies.append(request.body))
    try:
        s3.delete_object(Bucket="bucket", Key="kept", IfMatch=WRONG)
        raise AssertionError("deleted")
    except ClientError as error:
        print("one:", error.response["Error"]["Code"], keys(s3))
        assert error.response["Error"]["Code"] == "PreconditionFailed"
    assert keys(s3) == ["kept"]
    answer = s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "kept", "ETag": WRONG}]})
    print("a list:", answer.get("Errors", "no errors"), keys(s3))
    assert b"<ETag>" in bodies[0], "the tag was sent"
    assert not answer.get("Errors")
    assert keys(s3) == []
PY
"$work/venv/bin/python" "$work/run.py"
