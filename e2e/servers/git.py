"""git over https, with public and private repositories; the same pod under a second address is the host to which redirects lead."""

from __future__ import annotations

from pathlib import Path

from cluster import Cluster
from servers.server import Program, Server, secret
from testbed.recipes import recipe
from testbed.shell import run

USER, PASSWORD = "reader", "s3same-door"


class Git(Server):
    def __init__(self, cluster: Cluster, namespace: str) -> None:
        program = Program(
            name="git",
            image="git",
            reference=recipe("git").reference,
            port=8443,
            probe="/healthy",
            folders={"repositories": "/repositories"},
            files={"users": f"{USER}:{PASSWORD}\n"},
        )
        super().__init__(cluster, namespace, program)
        self.elsewhere = self.add_address("elsewhere")
        program.env["ELSEWHERE"] = self.url_of(self.elsewhere)
        (self.folders["repositories"] / "healthy").write_text("yes\n")
        self.start(self.elsewhere)

    def make(self, name: str, *, private: bool = False) -> Path:
        """An empty bare repository; returns its folder, to which a test pushes."""
        folder = self.folders["repositories"] / ("private" if private else "public") / f"{name}.git"
        run(["git", "init", "--quiet", "--bare", "--initial-branch=main", folder])
        # As hosting services do: clients may leave out blobs and ask for any commit.
        for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
            run(["git", "-C", folder, "config", key, "true"])
        return folder

    def url_for(self, name: str, *, private: bool = False, moved: bool = False) -> str:
        return f"{self.url}{'/moved' if moved else ''}/{'private' if private else 'public'}/{name}.git"

    def credentials(self, password: str = PASSWORD) -> dict[str, str]:
        """The keys of a Secret for a git source."""
        return {"username": USER, "password": password, "ca.crt": self.authority.text}

    def add_secret(self, name: str, **more: str) -> None:
        self.cluster.apply(secret(self.namespace, name, self.credentials() | more))
