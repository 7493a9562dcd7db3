"""A client of S3 for tests: `s3_program.py make-bucket BUCKET | put BUCKET KEY <bytes | list BUCKET PREFIX`; settings from AWS_*."""

from __future__ import annotations

import json
import sys

from botocore.config import Config  # type: ignore[import-untyped, import-not-found, unused-ignore]
from botocore.session import get_session  # type: ignore[import-untyped, import-not-found, unused-ignore]


def main(verb: str, bucket: str, rest: list[str]) -> None:
    client = get_session().create_client("s3", config=Config(s3={"addressing_style": "path"}))
    if verb == "make-bucket":
        client.create_bucket(Bucket=bucket)
    elif verb == "put":
        client.put_object(Bucket=bucket, Key=rest[0], Body=sys.stdin.buffer.read())
    else:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=rest[0])
        print(json.dumps(sorted(one["Key"] for page in pages for one in page.get("Contents", []))))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
