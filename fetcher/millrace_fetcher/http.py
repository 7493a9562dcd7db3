"""HTTPS, as narrow as this program needs it: HEAD and GET with deadlines, verified TLS, redirects by hand."""

from __future__ import annotations

import base64
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.report import keep_secret
from millrace_fetcher.secret import Secret

REDIRECTS = 5
TRIES = 3
TIMEOUT = urllib3.Timeout(connect=15, read=60)
CHUNK = 1 << 20


@dataclass(frozen=True)
class Credentials:
    """What a Secret holds; `headers` are sent to the host that the task names and to no other."""

    headers: dict[str, str] = field(default_factory=dict, repr=False)
    ca: str | None = None


def credentials_in(folder: Path | None) -> Credentials:
    """Reads `token`, or `username` and `password`, and `ca.crt`, where present."""
    secret = Secret(folder)
    token, user, password = (secret.line(key) for key in ("token", "username", "password"))
    headers: dict[str, str] = {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    elif user or password:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        keep_secret(pair)
        headers["Authorization"] = f"Basic {pair}"
    return Credentials(headers, secret.text("ca.crt"))


def tls_of(credentials: Credentials) -> ssl.SSLContext:
    """Verified TLS; the Secret's authority is trusted beside the system's."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if credentials.ca:
        try:
            context.load_verify_locations(cadata=credentials.ca)
        except ssl.SSLError as error:
            raise Failure(Reason.UNAUTHORIZED, "the Secret's ca.crt is no certificate") from error
    return context


def shown(url: str) -> str:
    """A URL without what may be secret in it: signatures live in queries."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def check_url(url: str, allow_http: bool) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise Failure(Reason.NOT_FOUND, "the URL cannot be read") from error
    if parts.username or parts.password:
        keep_secret(parts.password or "")
        raise Failure(Reason.UNAUTHORIZED, "credentials belong into a Secret, not into the URL")
    if parts.scheme not in ({"https", "http"} if allow_http else {"https"}) or not parts.hostname:
        raise Failure(Reason.REDIRECT_REFUSED, f"{shown(url)}: only https:// is followed")
    keep_secret(parts.query)
    return parts


def server_of(url: SplitResult) -> tuple[str, str | None, int]:
    """Whose requests may carry the same credentials (RFC 6454 §4: scheme, host, port)."""
    return url.scheme, url.hostname, url.port or (443 if url.scheme == "https" else 80)


def of_status(status: int, method: str, url: str) -> Failure:
    """The meaning of an answer that is no success (RFC 9110 §15)."""
    if status in {401, 403, 407}:
        reason = Reason.UNAUTHORIZED
    elif status in {408, 425, 429} or status >= 500:
        reason = Reason.UNREACHABLE
    else:
        reason = Reason.NOT_FOUND
    return Failure(reason, f"{shown(url)} answered {status} to {method}")


class Client:
    """One server's worth of requests. Not for several threads."""

    def __init__(
        self, credentials: Credentials, allow_http: bool = False, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._credentials = credentials
        self._allow_http = allow_http
        self._pause = pause
        self.landed = ""  # where the redirects of the last request ended
        # Servers that keep bytes elsewhere redirect there with an address that is signed: no credentials are needed.
        self.follows_without_credentials = False
        self._pool = urllib3.PoolManager(ssl_context=tls_of(credentials), timeout=TIMEOUT, retries=False)

    @contextmanager
    def request(self, method: str, url: str) -> Iterator[urllib3.BaseHTTPResponse]:
        """The answer of the last redirect, always 200, its body not yet read. What the place causes is tried again."""
        answer = self._patiently(method, url)
        try:
            yield answer
        finally:
            answer.close()
            answer.release_conn()

    def _patiently(self, method: str, url: str) -> urllib3.BaseHTTPResponse:
        for again in range(1, TRIES):
            try:
                return self._follow(method, url)
            except Failure as failure:
                if failure.reason is not Reason.UNREACHABLE:
                    raise
                self._pause(2.0 ** (again - 1))
        return self._follow(method, url)

    def _follow(self, method: str, url: str) -> urllib3.BaseHTTPResponse:
        home = check_url(url, self._allow_http)
        for _ in range(REDIRECTS + 1):
            answer = self._once(method, url, is_home=server_of(urlsplit(url)) == server_of(home))
            if answer.status == 200:
                self.landed = url
                return answer
            target = answer.headers.get("Location")
            answer.close()
            if answer.status not in {301, 302, 303, 307, 308} or not target:
                raise of_status(answer.status, method, url)
            url = self._next(home, url, target)
        raise Failure(Reason.REDIRECT_REFUSED, f"{shown(url)}: more than {REDIRECTS} redirects")

    def _next(self, home: SplitResult, url: str, target: str) -> str:
        try:
            following = urljoin(url, target)
        except ValueError as error:
            raise Failure(Reason.REDIRECT_REFUSED, f"{shown(url)} redirects to what is no URL") from error
        parts = check_url(following, self._allow_http)
        is_bound = self._credentials.headers and not self.follows_without_credentials
        if is_bound and server_of(parts) != server_of(home):
            message = f"{shown(url)} redirects to {shown(following)}; credentials are sent to their own host only"
            raise Failure(Reason.REDIRECT_REFUSED, message)
        return following

    def _once(self, method: str, url: str, is_home: bool) -> urllib3.BaseHTTPResponse:
        # Without compression the length and the ETag are those of the bytes.
        headers = {"Accept-Encoding": "identity", "User-Agent": "millrace-fetcher"}
        headers.update(self._credentials.headers if is_home else {})
        try:
            return self._pool.request(method, url, headers=headers, redirect=False, preload_content=False)
        except HTTPError as error:
            raise Failure(Reason.UNREACHABLE, f"{shown(url)}: {cause_of(error)}") from error


def cause_of(error: BaseException) -> str:
    """The innermost sentence of urllib3's nested errors."""
    inner = getattr(error, "reason", None)
    while isinstance(inner, BaseException):
        error, inner = inner, getattr(inner, "reason", None)
    return f"{type(error).__name__}: {error}"


def body(answer: urllib3.BaseHTTPResponse, url: str) -> Iterator[bytes]:
    """The bytes of an answer; a body that ends early is an error."""
    try:
        yield from answer.stream(CHUNK, decode_content=False)
    except (HTTPError, OSError) as error:
        raise Failure(Reason.UNREACHABLE, f"{shown(url)}: {cause_of(error)}") from error
