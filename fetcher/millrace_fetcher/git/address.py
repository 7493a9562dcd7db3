"""Where a repository is, in the three forms that are allowed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.report import keep_secret

_LIKE_SCP = re.compile(r"([A-Za-z0-9._-]+@)?([A-Za-z0-9][A-Za-z0-9.-]*):(?!//)(.+)")


@dataclass(frozen=True)
class Address:
    """`server` is whom credentials are for: scheme, host and port. `url` is what git is given."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def server(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def is_web(self) -> bool:
        return self.scheme in {"https", "http"}


def _refused(why: str) -> Failure:
    return Failure(Reason.NOT_FOUND, f"repo: {why}")


def address_of(repo: str, has_secret: bool) -> Address:
    """Other schemes of git start programs or read the pod's own files, so nothing else passes."""
    if not repo.isprintable() or " " in repo or repo.startswith("-"):
        raise _refused("it must be https://…, ssh://… or user@host:path")
    if "://" not in repo:
        return _like_scp(repo)
    try:
        parts = urlsplit(repo)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _refused("the URL cannot be read") from error
    if parts.password or (parts.username and parts.scheme != "ssh"):
        keep_secret(parts.password or parts.username or "")
        raise Failure(Reason.UNAUTHORIZED, "credentials belong into a Secret, not into the URL of the repository")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*|[0-9a-fA-F:.]+", host) or (parts.username or "").startswith("-"):
        raise _refused("its host cannot be read")
    if parts.query or parts.fragment or not parts.path.strip("/"):
        raise _refused("its path must be that of a repository, without a query")
    defaults = {"https": 443, "ssh": 22, "http": 80}
    if parts.scheme not in defaults:
        raise _refused("it must be https://…, ssh://… or user@host:path")
    if parts.scheme == "http" and has_secret and os.environ.get("MILLRACE_ALLOW_HTTP") != "1":
        raise Failure(Reason.UNAUTHORIZED, "http:// is read only without a Secret: it would be sent in clear")
    return Address(repo, parts.scheme, host.lower(), port or defaults[parts.scheme])


def _like_scp(repo: str) -> Address:
    match = _LIKE_SCP.fullmatch(repo)
    if match is None or match[3].startswith("-"):
        raise _refused("it must be https://…, ssh://… or user@host:path")
    return Address(repo, "ssh", match[2].lower(), 22)
