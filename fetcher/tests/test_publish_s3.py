"""publish to a bucket of a real S3 server: written once, never half taken for whole, equal for all who publish it."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import perform, refused
from proxy import proxied
from s3_server import S3, serving

from millrace_fetcher import identity, s3, tree, upload
from millrace_fetcher.patience import Patience
from millrace_fetcher.publish import publish
from millrace_fetcher.task import decode
from millrace_fetcher.task_results import PublishTask

FILES = {"model.joblib": b"m" * 1000, "inner/labels": b"a b", "empty": b"", "ö + %41 &<": b"odd"}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with serving(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(autouse=True)
def _one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library pauses for seconds between its own."""
    monkeypatch.setattr(s3, "TRIES", 1)


@pytest.fixture
def bucket(server: S3) -> str:
    return server.bucket(f"models{next(_numbers)}")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        (tmp_path / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "model" / name).write_bytes(data)
    (tmp_path / "metrics.json").write_text('{"accuracy": 0.9310}')
    return tmp_path


def task(server: S3, bucket: str, output: Path, **more: Any) -> dict[str, Any]:
    members = {
        "model": str(output / "model"),
        "metrics": str(output / "metrics.json"),
        "store": f"s3://{bucket}/team",
        "secret": server.secret("own"),
        "name": "churn",
        "run": "uid-3",
        "attempt": 1,
        "report": ["accuracy"],
        "maxSize": 1 << 30,
        "timeout": 0,
        "format": "sklearn",
    }
    return {**members, **more}


def recovered(members: dict[str, Any]) -> Any:
    return perform("recover", **{key: members[key] for key in ("store", "secret", "name", "run", "attempt", "report")})


def keys_of(output: Path, root: str = "team/churn") -> dict[str, bytes]:
    """What a whole version is, but for result.json."""
    content = tree.read(output / "model")
    folder = f"{root}/sha256/{content.digest.removeprefix('sha256:')}"
    files = {f"{folder}/{entry.path}": (output / "model" / entry.path).read_bytes() for entry in content.files}
    return {**files, f"{folder}.manifest.json": identity.manifest(content.files)}


RESULT = "team/churn/runs/uid-3/a1/result.json"


def test_the_layout_is_that_of_a_claim(server: S3, bucket: str, output: Path) -> None:
    code, message = perform("publish", **task(server, bucket, output))
    local = task(server, bucket, output, store=str(output / "store"))
    del local["secret"]
    assert (code, message) == perform("publish", **local)
    there = server.objects(bucket)
    result = there.pop(RESULT)
    assert identity.sha256_of(result) == message["result"]
    assert there == keys_of(output)
    assert recovered(task(server, bucket, output)) == (0, message)


def test_a_store_may_be_a_whole_bucket(server: S3, bucket: str, output: Path) -> None:
    assert perform("publish", **task(server, bucket, output, store=f"s3://{bucket}"))[0] == 0
    assert server.objects(bucket).keys() >= keys_of(output, "churn").keys()


def test_publishing_again_writes_nothing(server: S3, output: Path) -> None:
    bucket = server.bucket("versioned", versioned=True)
    first = perform("publish", **task(server, bucket, output))
    assert perform("publish", **task(server, bucket, output)) == first
    assert perform("publish", **task(server, bucket, output, run="uid-4"))[0] == 0
    versions = server.client.list_object_versions(Bucket=bucket)["Versions"]
    assert len(versions) == len(keys_of(output)) + 2


def _other_bytes(keys: dict[str, bytes]) -> tuple[str, bytes]:
    return next(key for key in keys if key.endswith("labels")), b"evi"


def _other_size(keys: dict[str, bytes]) -> tuple[str, bytes]:
    return next(key for key in keys if key.endswith("labels")), b"evil"


def _stranger(keys: dict[str, bytes]) -> tuple[str, bytes]:
    return next(key for key in keys if key.endswith("labels")) + "-too", b"a b"


def _other_manifest(keys: dict[str, bytes]) -> tuple[str, bytes]:
    return next(key for key in keys if key.endswith("manifest.json")), b"{}"


def _other_result(_: dict[str, bytes]) -> tuple[str, bytes]:
    return RESULT, b"{}"


@pytest.mark.parametrize("spoil", [_other_bytes, _other_size, _stranger, _other_manifest, _other_result])
@pytest.mark.parametrize("was_whole", [True, False])
def test_other_bytes_are_a_conflict(
    server: S3,
    bucket: str,
    output: Path,
    was_whole: bool,
    spoil: Callable[[dict[str, bytes]], tuple[str, bytes]],
) -> None:
    if was_whole:
        assert perform("publish", **task(server, bucket, output))[0] == 0
    key, data = spoil(keys_of(output))
    server.put(bucket, key, data)
    assert refused("publish", **task(server, bucket, output)) == (10, "StoreConflict")
    assert server.objects(bucket)[key] == data


def test_an_upload_that_was_cut_is_finished(server: S3, bucket: str, output: Path) -> None:
    """The request has its effect, its answer is lost, and nothing more is heard of that publisher."""
    with proxied(server.url) as proxy:
        secret = server.secret("proxied", AWS_ENDPOINT_URL=proxy.url)
        assert perform("publish", **task(server, bucket, output, secret=secret))[0] == 0
        writing = [number for number, request in enumerate(proxy.seen) if request.startswith("PUT")]
        assert len(writing) == len(FILES) + 2  # and two more: the manifest, the result
        for number in (0, len(FILES) - 1, len(FILES), len(FILES) + 1):
            bucket, cut = server.bucket(f"cut{number}"), writing[number]
            members = task(server, bucket, output, secret=secret)
            proxy.seen, proxy.let, proxy.deaf = [], cut, True
            assert refused("publish", **members) == (20, "Unreachable")
            there = set(server.objects(bucket))
            assert len(there) == number + 1
            assert there >= keys_of(output).keys() or not any(key.endswith("manifest.json") for key in there)
            proxy.let = 1 << 30
            assert recovered(members)[0] == (0 if RESULT in there else 10)
            assert perform("publish", **members)[0] == 0
            assert server.objects(bucket).keys() == {*keys_of(output), RESULT}


def test_several_at_once_are_equal(server: S3, bucket: str, output: Path) -> None:
    tasks = [task(server, bucket, output, run=f"uid-{number}", timeout=30) for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda members: perform("publish", **members), tasks))
    assert {code for code, _ in done} == {0}
    assert len({message["digest"] for _, message in done}) == 1
    assert len(server.objects(bucket)) == len(keys_of(output)) + 3


@pytest.fixture
def large(output: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of three parts, as small as S3 allows parts to be."""
    monkeypatch.setattr(upload, "PART", 5 << 20)
    file = output / "model" / "large"
    file.write_bytes(os.urandom(1 << 20) * 11)
    return file


def test_a_large_file_goes_in_parts(server: S3, bucket: str, output: Path, large: Path) -> None:
    assert perform("publish", **task(server, bucket, output))[0] == 0
    key = next(key for key in keys_of(output) if key.endswith("/large"))
    head = server.client.head_object(Bucket=bucket, Key=key)
    assert head["ETag"].strip('"').endswith("-3")
    assert server.objects(bucket).items() >= keys_of(output).items()
    assert perform("publish", **task(server, bucket, output, run="uid-4"))[0] == 0
    assert server.client.head_object(Bucket=bucket, Key=key)["LastModified"] == head["LastModified"]


def test_bytes_that_came_another_way_are_read(server: S3, bucket: str, output: Path, large: Path) -> None:
    key = next(key for key in keys_of(output) if key.endswith("/large"))
    server.put(bucket, key, large.read_bytes())
    assert perform("publish", **task(server, bucket, output))[0] == 0
    server.put(bucket, key, b"x" * large.stat().st_size)
    assert refused("publish", **task(server, bucket, output, run="uid-4")) == (10, "StoreConflict")


@pytest.mark.parametrize("length", [0, 1, 11 << 20, 12 << 20])
def test_a_file_that_changes_meanwhile_is_never_put(
    server: S3, output: Path, large: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    bucket = server.bucket(f"changing{length}")
    seen = tree.read

    def then_changed(*where: Any, **how: Any) -> identity.Content:
        content = seen(*where, **how)
        large.write_bytes(b"x" * length)
        return content

    monkeypatch.setattr(tree, "read", then_changed)
    code, message = perform("publish", **task(server, bucket, output))
    assert (code, message["error"]["reason"]) == (10, "BadTree")
    assert "changed while it was published" in message["error"]["message"]
    assert not any(key.endswith(("/large", "manifest.json", "result.json")) for key in server.objects(bucket))
    assert server.pending(bucket) == []


def test_an_upload_in_parts_that_fails_leaves_no_parts(server: S3, bucket: str, output: Path, large: Path) -> None:
    with proxied(server.url) as proxy:
        proxy.instead = lambda handler: (503, [], b"") if "partNumber=2" in handler.path else None
        secret = server.secret("failing", AWS_ENDPOINT_URL=proxy.url)
        assert refused("publish", **task(server, bucket, output, secret=secret)) == (20, "Unreachable")
    assert server.pending(bucket) == []


@pytest.mark.parametrize("status", [501, 400])
def test_a_server_that_knows_no_conditions_is_used_without(
    server: S3, bucket: str, output: Path, large: Path, status: int
) -> None:
    code = {501: "NotImplemented", 400: "InvalidArgument"}[status]
    body = f"<Error><Code>{code}</Code><Message>If-None-Match</Message></Error>".encode()
    with proxied(server.url) as proxy:
        proxy.instead = lambda handler: (status, [], body) if "If-None-Match" in handler.headers else None
        secret = server.secret("plain", AWS_ENDPOINT_URL=proxy.url)
        assert perform("publish", **task(server, bucket, output, secret=secret))[0] == 0
        assert server.objects(bucket).keys() == {*keys_of(output), RESULT}
        server.put(bucket, RESULT, b"{}")
        assert refused("publish", **task(server, bucket, output, secret=secret)) == (10, "StoreConflict")


def test_wrong_keys_and_absent_buckets_are_told(server: S3, bucket: str, output: Path) -> None:
    for wrong in ({"AWS_SECRET_ACCESS_KEY": "wrong"}, {"AWS_ACCESS_KEY_ID": "nobody"}):
        secret = server.secret("wrong", **wrong)
        assert refused("publish", **task(server, bucket, output, secret=secret)) == (10, "Unauthorized")
    code, message = perform("publish", **task(server, "absent", output))
    assert (code, message["error"]["reason"]) == (10, "NotFound")
    assert "NoSuchBucket" in message["error"]["message"]
    missing = task(server, bucket, output, secret=str(output / "nothing"))
    assert refused("publish", **missing) == (20, "SecretMissing")
    assert recovered(task(server, bucket, output))[1]["error"]["reason"] == "NotFound"
    assert server.objects(bucket) == {}


def test_an_outage_is_waited_for(server: S3, bucket: str, output: Path) -> None:
    pauses: list[float] = []
    with proxied(server.url) as proxy:
        proxy.let = 3
        secret = server.secret("outage", AWS_ENDPOINT_URL=proxy.url)
        wanted = decode("publish", json.dumps({"v": 1, **task(server, bucket, output, secret=secret)}))
        assert isinstance(wanted, PublishTask)

        def back(seconds: float) -> None:
            pauses.append(seconds)
            proxy.let = 1 << 30

        publish(wanted, Patience(60, pause=back))
    assert pauses == [1]
    assert server.objects(bucket).keys() == {*keys_of(output), RESULT}


def test_a_server_that_is_down_is_a_cause_of_the_place(server: S3, output: Path) -> None:
    secret = server.secret("down", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    code, message = perform("publish", **task(server, "models", output, secret=secret))
    assert (code, message["error"]["reason"]) == (20, "Unreachable")
    assert message["error"]["message"].startswith("spec.output.store cannot take it: ")


@pytest.mark.parametrize("more", [{"store": "s3://"}, {"store": "s3:///x"}])
def test_a_store_that_is_no_place_is_refused(server: S3, output: Path, more: dict[str, str]) -> None:
    assert refused("publish", **task(server, "b", output, **more)) == (10, "NotFound")


def test_a_secret_belongs_to_a_bucket_only(server: S3, output: Path) -> None:
    assert refused("publish", **task(server, "b", output, store="/store")) == (30, "MalformedTask")
