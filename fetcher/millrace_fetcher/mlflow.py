"""MLflow's REST interface, as narrow as registering needs it. Its own client would bring a hundred packages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from millrace_fetcher import http
from millrace_fetcher.failure import Failure, Reason

LARGEST_ANSWER = 16 << 20
ABSENT = "RESOURCE_DOES_NOT_EXIST"
EXISTS = "RESOURCE_ALREADY_EXISTS"
_DATABASE = "BAD_REQUEST"  # what its database refuses, such as a row that another request has just written

Json = dict[str, Any]


class Refused(Failure):
    """MLflow understood the request and said no; `code` is its own word for why."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(Reason.NOT_FOUND if code == ABSENT else Reason.NOT_SUPPORTED, sentence)
        self.code = code


def tags_of(entity: Json) -> dict[str, str]:
    return {tag["key"]: tag.get("value", "") for tag in entity.get("tags", [])}


def tag_list(tags: dict[str, str]) -> list[Json]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _decoded(raw: bytes) -> Json | None:
    """None when it is not MLflow that answers, but a proxy or another program."""
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


class Api:
    """One server. Each request is made once: registering as a whole is what is tried again."""

    def __init__(self, uri: str, secret: Path | None) -> None:
        parts = http.check_url(uri, allow_http=True)
        self._root = uri.partition("?")[0].rstrip("/")
        credentials = http.credentials_in(secret)
        self._headers = {"User-Agent": "millrace-fetcher", "Accept-Encoding": "identity", **credentials.headers}
        # Making one reads a hundred certificates, which a server inside the cluster seldom needs.
        context = http.tls_of(credentials) if parts.scheme == "https" else None
        self._pool = urllib3.PoolManager(ssl_context=context, timeout=http.TIMEOUT, retries=False)

    def get(self, call: str, **query: str) -> Json:
        return self._answer("GET", f"{call}?{urlencode(query, quote_via=quote)}", None)

    def post(self, call: str, body: Json) -> Json:
        return self._answer("POST", call, body)

    def delete(self, call: str, body: Json) -> Json:
        return self._answer("DELETE", call, body)

    def member(self, answer: Json, key: str) -> Any:
        """What every answer of MLflow to that request holds."""
        if key not in answer:
            raise Failure(Reason.NOT_FOUND, f"{http.shown(self._root)} answers not as an MLflow server does: no {key}")
        return answer[key]

    def _answer(self, method: str, call: str, body: Json | None) -> Json:
        url = f"{self._root}/api/2.0/mlflow/{call}"
        status, raw = self._exchange(method, url, body)
        value = _decoded(raw)
        if status == 200 and value is not None:
            return value
        raise self._failure(status, raw, value)

    def _exchange(self, method: str, url: str, body: Json | None) -> tuple[int, bytes]:
        sent = None if body is None else json.dumps(body, allow_nan=False).encode()
        headers = {**self._headers, "Content-Type": "application/json"}
        try:
            answer = self._pool.request(method, url, body=sent, headers=headers, redirect=False, preload_content=False)
            try:
                raw = answer.read(LARGEST_ANSWER)
            finally:
                answer.release_conn()
        except (HTTPError, OSError) as error:
            raise Failure(Reason.UNREACHABLE, f"MLflow at {http.shown(url)}: {http.cause_of(error)}") from error
        return answer.status, raw

    def _failure(self, status: int, raw: bytes, value: Json | None) -> Failure:
        where = f"MLflow at {http.shown(self._root)}"
        if status == 403 and b"Invalid Host header" in raw:
            host = urlsplit(self._root).netloc
            message = f"{where} refuses the Host header {host}: start its server with --allowed-hosts {host}"
            return Failure(Reason.UNAUTHORIZED, message)
        if 300 <= status < 400:
            return Failure(Reason.REDIRECT_REFUSED, f"{where} answered {status}; registering follows no redirect")
        general = http.of_status(status, "the request", self._root)
        code, sentence = str((value or {}).get("error_code", "")), str((value or {}).get("message", ""))[:300]
        if general.reason is not Reason.NOT_FOUND:
            return Failure(general.reason, f"{where} answered {status}{': ' if sentence else ''}{sentence}")
        if not code or code == "ENDPOINT_NOT_FOUND":
            return Failure(Reason.NOT_FOUND, f"{where} answered {status}, not as an MLflow server does")
        if code == _DATABASE:
            return Failure(Reason.UNREACHABLE, f"{where} could not store it: {sentence}")
        return Refused(code, f"{where} refused: {sentence}")
