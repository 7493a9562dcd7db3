"""One repository as one Secret may see it: its refs asked once, commits fetched without history."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from millrace_fetcher import http, tree
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.git import program
from millrace_fetcher.git.address import Address, address_of
from millrace_fetcher.git.settings import credentials_of, settings_of
from millrace_fetcher.http import Client
from millrace_fetcher.secret import Secret

LS_REMOTE_SECONDS = 60.0
BATCH = 64 << 20
_REFS = "/info/refs?service=git-upload-pack"
_COMMIT = re.compile("[0-9a-f]{40}")
T = TypeVar("T")


@dataclass(frozen=True)
class Item:
    """One line of a tree; `kind` is blob, tree or commit (a submodule)."""

    mode: str
    kind: str
    oid: str
    path: str


class Repository:
    def __init__(self, address: Address, secret: Path | None, home: Path) -> None:
        self.address = address
        self._secret = Secret(secret)
        self._home = home
        self._settings = settings_of(address, self._secret, home)
        self._refs: dict[str, str] | Failure | None = None
        self._trees: dict[str, tuple[Item, ...]] = {}
        self._sizes: dict[str, int] = {}

    def commit_of(self, rev: str) -> str:
        """The commit that a revision names now. An annotated tag is the commit that it points to."""
        if _COMMIT.fullmatch(rev):
            self.fetch(rev)
            return self._git("rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}").decode().strip()
        refs = self._all_refs()
        # The order of git itself (gitrevisions): a tag is nearer than a branch.
        for name in (rev, f"refs/{rev}", f"refs/tags/{rev}", f"refs/heads/{rev}"):
            commit = refs.get(f"{name}^{{}}") or refs.get(name)
            if commit is not None:
                return commit
        hint = "; a commit must be written in full" if re.fullmatch("[0-9a-f]{7,39}", rev) else ""
        message = f"{self.address.url} has no branch and no tag {rev}{hint}"
        raise Failure(Reason.REVISION_NOT_FOUND, message)

    def fetch(self, commit: str) -> None:
        """Brings the trees of one commit, once."""
        if commit in self._trees:
            return
        if not (self._home / "objects").exists():
            self._git("init", "--quiet", "--bare", "--template=", str(self._home))
        options = ("--depth=1", "--filter=blob:none", "--no-tags", "--quiet", "--no-write-fetch-head")
        self._remotely(lambda: self._git("fetch", *options, "origin", commit))
        self._trees[commit] = tuple(_items(self._git("ls-tree", "-r", "-t", "-z", "--full-tree", commit)))

    def items(self, commit: str) -> tuple[Item, ...]:
        """Everything in a commit, folders too."""
        self.fetch(commit)
        return self._trees[commit]

    def root_of(self, commit: str) -> str:
        """The name of a commit's whole tree."""
        self.fetch(commit)
        return self._git("rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()

    def want(self, oids: Sequence[str]) -> dict[str, int]:
        """Brings the blobs that are not here yet in one request, and tells the sizes of all."""
        missing = [oid for oid in dict.fromkeys(oids) if oid not in self._sizes]
        if missing:
            given = "".join(f"{oid}\n" for oid in missing).encode()
            options = ("--no-tags", "--quiet", "--no-write-fetch-head", "--filter=blob:none", "--stdin")
            fetch = ("-c", "fetch.negotiationAlgorithm=noop", "fetch", *options, "origin")
            self._remotely(lambda: self._git(*fetch, given=given))
            told = self._git("cat-file", "--batch-check=%(objectname) %(objectsize)", given=given).decode()
            self._sizes.update((line.split(" ")[0], int(line.split(" ")[1])) for line in told.splitlines())
        return {oid: self._sizes[oid] for oid in oids}

    def blobs(self, oids: Sequence[str]) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Each blob's bytes, small ones together: a start of git costs more than a small file."""
        batch: list[str] = []
        filled = 0
        for oid, size in self.want(oids).items():
            if size > BATCH:
                yield oid, self._streamed(oid)
                continue
            if filled + size > BATCH:
                yield from self._batch(batch)
                batch, filled = [], 0
            batch.append(oid)
            filled += size
        yield from self._batch(batch)

    def _batch(self, oids: Sequence[str]) -> Iterator[tuple[str, Iterator[bytes]]]:
        told = memoryview(self._git("cat-file", "--batch", given="".join(f"{oid}\n" for oid in oids).encode()))
        for oid in oids:
            end = bytes(told[:200]).index(b"\n")
            size = int(bytes(told[:end]).split(b" ")[2])
            yield oid, iter((bytes(told[end + 1 : end + 1 + size]),))
            told = told[end + size + 2 :]

    def _streamed(self, oid: str) -> Iterator[bytes]:
        process = program.start(self._settings, ("cat-file", "blob", oid))
        assert process.stdout  # noqa: S101
        try:
            while chunk := process.stdout.read(tree.CHUNK):
                yield chunk
            if process.wait(60) != 0:
                raise Failure(Reason.UNREACHABLE, f"git cat-file of {oid} ended with {process.returncode}")
        finally:
            program.end(process)

    def _git(self, *arguments: str, given: bytes = b"", seconds: float | None = None) -> bytes:
        return program.run(self._settings, arguments, given, seconds)

    def _all_refs(self) -> dict[str, str]:
        if self._refs is None:
            try:
                self._refs = self._remotely(self._ask_refs)
            except Failure as failure:
                self._refs = failure
        if isinstance(self._refs, Failure):
            raise Failure(self._refs.reason, self._refs.message)
        return self._refs

    def _ask_refs(self) -> dict[str, str]:
        said = self._git("ls-remote", "--quiet", "origin", seconds=LS_REMOTE_SECONDS).decode("utf-8", "replace")
        refs = {}
        for line in said.splitlines():
            oid, _, name = line.partition("\t")
            if not _COMMIT.fullmatch(oid):
                raise Failure(Reason.NOT_SUPPORTED, f"{self.address.url} does not name its commits by SHA-1")
            refs[name] = oid
        return refs

    def _remotely(self, act: Callable[[], T]) -> T:
        """git follows no redirect. Where one is met, we follow it by hand under the rule of http.py (credentials go to
        their own server only) and git starts again where it ends."""
        try:
            return act()
        except Failure as failure:
            if failure.reason is not Reason.REDIRECT_REFUSED or not self.address.is_web:
                raise
        client = Client(credentials_of(self._secret), allow_http=self.address.scheme == "http")
        with client.request("GET", self.address.url.rstrip("/") + _REFS):
            landed = client.landed
        if not landed.endswith(_REFS):
            message = f"{self.address.url} redirects to {http.shown(landed)}, which is no repository"
            raise Failure(Reason.REDIRECT_REFUSED, message)
        self.address = address_of(landed.removesuffix(_REFS), has_secret=self.address.scheme == "https")
        self._settings = settings_of(self.address, self._secret, self._home)
        return act()


def _items(told: bytes) -> Iterator[Item]:
    for line in told.split(b"\0"):
        if line:
            mode, kind, rest = line.decode("utf-8", "surrogateescape").split(" ", 2)
            oid, _, path = rest.partition("\t")
            yield Item(mode, kind, oid, path)


class Repositories:
    """The repositories of one task, each asked once however many sources name it. What git writes goes with the task;
    a task without repositories needs no place for it."""

    def __init__(self, end: ExitStack) -> None:
        self._end = end
        self._scratch: Path | None = None
        self._known: dict[tuple[str, Path | None], Repository] = {}

    def of(self, repo: str, secret: Path | None) -> Repository:
        if (repo, secret) not in self._known:
            address = address_of(repo, secret is not None)
            self._known[repo, secret] = Repository(address, secret, self._home())
        return self._known[repo, secret]

    def _home(self) -> Path:
        with tree.writing("a temporary folder"):
            if self._scratch is None:
                self._scratch = Path(self._end.enter_context(TemporaryDirectory(prefix="millrace-git-")))
            home = self._scratch / str(len(self._known))
            home.mkdir(exist_ok=True)
        return home


@contextmanager
def repositories() -> Iterator[Repositories]:
    with ExitStack() as end:
        yield Repositories(end)
