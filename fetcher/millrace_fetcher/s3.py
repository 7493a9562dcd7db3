"""S3 as both sides need it: a client made from a Secret, and what its refusals mean."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError
from botocore.loaders import Loader
from urllib3.exceptions import HTTPError

from millrace_fetcher import authorities
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.http import cause_of, check_url
from millrace_fetcher.secret import Secret

# Typed as Any: botocore makes its clients while it runs.
Client = Any

REGION = "us-east-1"
TRIES = 3
_FULL = {"XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage"}
_FORBIDDEN = {
    "AccessDenied",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "XAdminUserNotFound",
}
_LATER = {"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "RequestTimeTooSkewed"}


@dataclass(frozen=True)
class Place:
    """s3://<bucket>/<key>; `key` has no slash at its ends and may be empty."""

    bucket: str
    key: str

    def below(self, relative: str) -> str:
        return f"{self.key}/{relative}" if self.key else relative

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def place_of(uri: str) -> Place:
    """A key is a text of its own, nothing in it is an escape or a query."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket or "@" in bucket:
        raise Failure(Reason.NOT_FOUND, "an S3 place is s3://<bucket>/<key>")
    return Place(bucket, key.strip("/"))


@dataclass(frozen=True)
class Endpoint:
    """What somebody else than the Secret knows about the server; the Secret's own word counts more."""

    url: str = ""
    region: str = ""


def client_of(secret: Path | None, endpoint: Endpoint | None = None) -> Client:
    """Keys come from the Secret; without a Secret from the pod's own service account, and where there are none the
    requests are not signed. The metadata server of a virtual machine is never asked: its rights are the node's."""
    keys = Secret(secret)
    told = endpoint or Endpoint()
    url = _url_of(keys, told)
    session = botocore.session.Session()
    session.register_component("data_loader", _descriptions())
    session.get_component("credential_provider").remove("iam-role")
    access, key, token = (keys.line(f"AWS_{part}") for part in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"))
    if access or key:
        session.set_credentials(access, key, token or None)
    is_signed = bool(access) if secret else session.get_credentials() is not None
    return session.create_client(
        "s3",
        region_name=keys.setting("AWS_REGION") or told.region or os.environ.get("AWS_REGION") or REGION,
        endpoint_url=url or None,
        verify=authorities.bundle(keys.text("ca.crt")),
        config=_config(url, is_signed),
    )


@functools.cache
def _descriptions() -> Loader:
    """botocore's descriptions of S3, which take longer to read than most requests: read once."""
    return Loader([Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


def _config(url: str, is_signed: bool) -> Config:
    return Config(
        connect_timeout=15,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        s3={"addressing_style": "path"} if url else {},
        signature_version=None if is_signed else UNSIGNED,
        # Servers older than these checksums refuse them; the bytes are verified by their own identity.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        ignore_configured_endpoint_urls=True,
    )


def _url_of(keys: Secret, told: Endpoint) -> str:
    """Only the Secret's owner may choose an endpoint without TLS: whoever writes a repository may not."""
    url = keys.setting("AWS_ENDPOINT_URL")
    if url:
        return check_url(url, allow_http=True).geturl()
    url = told.url or os.environ.get("AWS_ENDPOINT_URL", "")
    return check_url(url, allow_http=os.environ.get("MILLRACE_ALLOW_HTTP") == "1").geturl() if url else ""


@contextmanager
def asking(what: Place | str) -> Iterator[None]:
    """Inside, what the library raises becomes a Failure that names `what` and quotes the server's sentence."""
    try:
        yield
    except (BotoCoreError, ClientError, HTTPError) as error:
        raise failure_of(error, str(what)) from error


def status_of(error: ClientError) -> int:
    """The HTTP status of a refusal, 0 where there was none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def failure_of(error: BotoCoreError | ClientError | HTTPError, what: str) -> Failure:
    if isinstance(error, NoCredentialsError):
        return Failure(Reason.UNAUTHORIZED, f"{what}: there are no credentials")
    if isinstance(error, ParamValidationError):
        return Failure(Reason.NOT_FOUND, f"{what}: {error}")
    if not isinstance(error, ClientError):
        return Failure(Reason.UNREACHABLE, f"{what}: {cause_of(error)}")
    sentence = str(error.response.get("Error", {}).get("Message", "")) or "no message"
    return Failure(_reason_of(status_of(error), code_of(error)), f"{what}: {code_of(error)}: {sentence}")


def _reason_of(status: int, code: str) -> Reason:
    if code in _FULL or status == 507:
        return Reason.STORE_FULL
    if status in {401, 403} or code in _FORBIDDEN:
        return Reason.UNAUTHORIZED
    if status == 412:
        return Reason.DATA_CHANGED
    if status in {0, 408, 409, 429} or status >= 500 or code in _LATER:
        return Reason.UNREACHABLE
    return Reason.REDIRECT_REFUSED if 300 <= status < 400 else Reason.NOT_FOUND
