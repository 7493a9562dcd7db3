""".dvc/config: the remotes of a repository. Only places are taken from it, never credentials."""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass

from millrace_fetcher.dvc.document import bad, decoded
from millrace_fetcher.failure import Failure, Reason

_REMOTE = re.compile(r"""'?remote\s+"([^"]+)"'?""")
_DEEPEST = 5


@dataclass(frozen=True)
class Remote:
    name: str
    url: str
    endpoint: str = ""
    region: str = ""


def _unquoted(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


class Config:
    def __init__(self, file: str, raw: bytes) -> None:
        self._file = file
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True, comment_prefixes=("#", ";"))
        try:
            parser.read_string(decoded(file, raw))
        except configparser.Error as error:
            raise bad(file, str(error).replace("\n", " ")) from error
        self._sections: dict[str, dict[str, str]] = {}
        for section in parser.sections():
            values = {key: _unquoted(value or "") for key, value in parser.items(section)}
            match = _REMOTE.fullmatch(section)
            # DVC does not tell upper from lower case in a remote's name.
            self._sections[f"remote {match[1].lower()}" if match else section] = values

    def remote(self, wanted: str | None, depth: int = 0) -> Remote:
        """The remote of a name, or the default one."""
        name = wanted or self._sections.get("core", {}).get("remote", "")
        if not name:
            raise Failure(Reason.REMOTE_MISSING, f"{self._file} names no default remote; give `remote`")
        values = self._sections.get(f"remote {name.lower()}")
        if values is None:
            raise Failure(Reason.REMOTE_MISSING, f"{self._file} has no remote {name}")
        url = values.get("url", "")
        if not url:
            raise bad(self._file, f"remote {name} has no url")
        own = Remote(name, url, values.get("endpointurl", ""), values.get("region", ""))
        return self._nested(own, depth) if url.startswith("remote://") else own

    def _nested(self, own: Remote, depth: int) -> Remote:
        """remote://<other>/<path>: a folder below another remote, with that one's settings."""
        if depth >= _DEEPEST:
            raise bad(self._file, f"remote {own.name} is nested deeper than {_DEEPEST}")
        other, _, path = own.url.removeprefix("remote://").partition("/")
        base = self.remote(other, depth + 1)
        url = f"{base.url.rstrip('/')}/{path}"
        return Remote(own.name, url, own.endpoint or base.endpoint, own.region or base.region)
