"""The S3 client: whose word counts about the server, and what its refusals mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from millrace_fetcher import s3
from millrace_fetcher.failure import Failure, Reason


def secret(folder: Path, **keys: str) -> Path:
    folder.mkdir()
    for key, value in keys.items():
        (folder / key).write_text(value)
    return folder


def answered(status: int, code: str) -> ClientError:
    told = {"Error": {"Code": code, "Message": "said"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "GetObject")


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (404, "NoSuchKey", Reason.NOT_FOUND),
        (404, "NoSuchBucket", Reason.NOT_FOUND),
        (403, "AccessDenied", Reason.UNAUTHORIZED),
        (400, "InvalidToken", Reason.UNAUTHORIZED),
        (412, "PreconditionFailed", Reason.DATA_CHANGED),
        (503, "SlowDown", Reason.UNREACHABLE),
        (500, "InternalError", Reason.UNREACHABLE),
        (507, "XMinioStorageFull", Reason.STORE_FULL),
        (301, "PermanentRedirect", Reason.REDIRECT_REFUSED),
    ],
)
def test_refusals_have_a_meaning_and_the_servers_sentence(status: int, code: str, reason: Reason) -> None:
    failure = s3.failure_of(answered(status, code), "s3://b/k")
    assert (failure.reason, failure.message) == (reason, f"s3://b/k: {code}: said")


def test_no_answer_is_a_cause_of_the_place() -> None:
    failure = s3.failure_of(EndpointConnectionError(endpoint_url="https://s3.test"), "s3://b/k")
    assert (failure.reason, failure.exit_code) == (Reason.UNREACHABLE, 20)


def test_the_secret_decides_about_keys_and_server(tmp_path: Path) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "word", "AWS_ENDPOINT_URL": "http://s3.test:9000"}
    folder = secret(tmp_path / "s", AWS_REGION="eu-west-1", **keys)
    client = s3.client_of(folder, s3.Endpoint("https://elsewhere.test", "us-west-2"))
    assert client.meta.endpoint_url == "http://s3.test:9000"
    assert client.meta.region_name == "eu-west-1"


def test_only_a_secret_may_name_a_server_without_tls() -> None:
    with pytest.raises(Failure) as caught:
        s3.client_of(None, s3.Endpoint("http://s3.test:9000"))
    assert caught.value.reason is Reason.REDIRECT_REFUSED


def test_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path / "absent", secret(tmp_path / "empty")):
        with pytest.raises(Failure, match=folder.name) as caught:
            s3.client_of(folder)
        assert (caught.value.reason, caught.value.exit_code) == (Reason.SECRET_MISSING, 20)


@pytest.mark.parametrize("uri", ["s3://", "s3:///key", "gs://b/k", "s3://user@bucket/k"])
def test_what_is_no_place_is_refused(uri: str) -> None:
    with pytest.raises(Failure):
        s3.place_of(uri)


def test_a_place_keeps_the_key_as_written() -> None:
    place = s3.place_of("s3://b/dir/a%20b?x/")
    assert (place.bucket, place.key, place.below("c")) == ("b", "dir/a%20b?x", "dir/a%20b?x/c")
