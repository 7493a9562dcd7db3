"""pvc://<claim>/<path>: a claim that is mounted whole and read-only."""

from __future__ import annotations

from pathlib import Path

from millrace_fetcher import tree
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content
from millrace_fetcher.sources.found import Found, check_digest
from millrace_fetcher.task import Location


class Claim:
    def __init__(self, location: Location) -> None:
        if location.path is None:
            raise Failure(Reason.MALFORMED_TASK, "path: a claim needs one")
        self._location = location
        self.relative = location.uri.removeprefix("pvc://").partition("/")[2].strip("/")
        self.root = self._mount(location.path)

    def _mount(self, path: Path) -> Path:
        """The claim's own folder: nothing below it may be a link, so it must be known where the claim begins."""
        parts = [part for part in self.relative.split("/") if part]
        if not parts:
            return path
        if "." in parts or ".." in parts:
            raise tree.bad_tree(self.relative, "the path must not hold . or ..")
        if list(path.parts[-len(parts) :]) != parts:
            raise Failure(Reason.MALFORMED_TASK, "path: it must end with the path of the uri")
        return path.parents[len(parts) - 1]

    def find(self) -> Found:
        content = self.read(None, None)
        return Found(content.digest, "Strong", content.size)

    def read(self, into: Path | None, identity: str | None) -> Content:
        try:
            content = tree.read(self.root, self.relative, into=into)
        except Failure as failure:
            if failure.reason is not Reason.NOT_FOUND:
                raise
            raise Failure(failure.reason, f"{self._location.uri} is not there: {failure.message}") from failure
        check_digest(content, self._location.digest)
        if identity is not None and content.digest != identity:
            raise Failure(Reason.DATA_CHANGED, f"the bytes are {content.digest}, pinned was {identity}")
        return content
