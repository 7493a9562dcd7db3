"""A repository that the real dvc made: its metadata in git, its bytes in S3."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from servers.git import Git
from servers.s3 import ACCESS, REGION, S3, SECRET
from testbed.paths import client
from testbed.shell import run

HEADER = "a,b,target"
_WHO = {"GIT_AUTHOR_NAME": "tests", "GIT_AUTHOR_EMAIL": "tests@example.org", "GIT_COMMITTER_NAME": "tests", "GIT_COMMITTER_EMAIL": "tests@example.org"}


class DvcRepository:
    """A working tree on this machine; a commit is pushed to the git server's folder, data to the S3 server."""

    path = "data/train.csv"

    def __init__(self, git: Git, s3: S3, name: str, tree: Path, *, bucket: str = "data", private: bool = False, header: str = HEADER) -> None:
        self.git, self.s3, self.tree, self.header = git, s3, tree, header
        self.url = git.url_for(name, private=private)
        self._git("init", "--quiet", "--initial-branch=main", ".")
        self._git("remote", "add", "origin", str(git.make(name, private=private)))
        self._dvc("init")
        remote = "['remote \"storage\"']\n"
        settings = f"[core]\n    remote = storage\n{remote}    url = s3://{bucket}/dvc\n    endpointurl = {s3.url}\n"
        (tree / ".dvc/config").write_text(settings)
        # What only this machine needs stays out of the repository, and works for as long as the servers do.
        authority = tree / ".git/ca.crt"
        authority.write_text(s3.authority.text)
        keys = f"    access_key_id = {ACCESS}\n    secret_access_key = {SECRET}\n    region = {REGION}\n    ssl_verify = {authority}\n"
        (tree / ".dvc/config.local").write_text(f"[core]\n    analytics = false\n{remote}{keys}")
        (tree / "data").mkdir()

    def commit_rows(self, rows: Sequence[str]) -> str:
        """Adds rows to the data; returns the commit, which the git server serves from here on."""
        file = self.tree / self.path
        before = file.read_text() if file.exists() else f"{self.header}\n"
        file.write_text(before + "".join(f"{row}\n" for row in rows))
        self._dvc("add", self.path)
        self._dvc("push")
        return self.commit(f"{len(rows)} new rows")

    def commit_file(self, path: str, text: str) -> str:
        """A file that git itself tracks."""
        (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
        (self.tree / path).write_text(text)
        return self.commit(f"changes {path}")

    def commit(self, message: str) -> str:
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", message)
        self._git("push", "--quiet", "origin", "main")
        return self.head()

    def head(self) -> str:
        return self._git("rev-parse", "HEAD").strip()

    def revert(self, commit: str) -> str:
        """A new commit that takes the changes of this one back."""
        self._git("revert", "--no-edit", commit)
        self._git("push", "--quiet", "origin", "main")
        return self.head()

    def md5(self) -> str:
        """What dvc itself wrote down for the data."""
        line = next(line for line in (self.tree / f"{self.path}.dvc").read_text().splitlines() if "md5: " in line and not line.startswith("md5"))
        return line.split("md5: ")[1].strip()

    def source(self, **more: str) -> dict[str, str]:
        """The `dvc` of a TrainingJob's data."""
        return {"repo": self.url, "rev": "main", "path": self.path, "remote": "storage"} | more

    def _git(self, *words: str) -> str:
        return run(["git", *words], cwd=self.tree, env={**os.environ, **_WHO, "GIT_CONFIG_GLOBAL": "/dev/null"})

    def dvc_command(self) -> list[str]:
        """The real dvc on the tree, to be run where the S3 server's address is reachable."""
        return [str(client("dvc", "dvc")), "--cd", str(self.tree)]

    def _dvc(self, *words: str) -> None:
        self.s3.cluster.run("env", "DVC_NO_ANALYTICS=1", *self.dvc_command(), *words)
