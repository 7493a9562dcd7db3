"""An S3 server over a folder, so that a test sees each object as a file."""

from __future__ import annotations

import json
from pathlib import Path

from cluster import Cluster
from servers.server import Program, Server, secret
from testbed.paths import client
from testbed.recipes import recipe

ACCESS, SECRET, REGION = "millrace", "an-S3-key-of-tests", "us-east-1"
_CLIENT = Path(__file__).with_name("s3_program.py")


class S3(Server):
    def __init__(self, cluster: Cluster, namespace: str, *buckets: str) -> None:
        program = Program(
            name="s3",
            image="s3",
            reference=recipe("s3").reference,
            port=7070,
            probe="/healthy",
            args=("--port=:7070", "--health=/healthy", "--cert=/tls/tls.crt", "--key=/tls/tls.key", "posix", "--versioning-dir=/versions", "/objects"),
            env={"ROOT_ACCESS_KEY": ACCESS, "ROOT_SECRET_KEY": SECRET, "VGW_REGION": REGION},
            folders={"objects": "/objects", "versions": "/versions"},
        )
        super().__init__(cluster, namespace, program)
        self.start()
        for bucket in buckets:
            self.client("make-bucket", bucket)

    def credentials(self) -> dict[str, str]:
        """The keys of a Secret for an S3 source or store."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "ca.crt": self.authority.text,
        }

    def add_secret(self, name: str) -> None:
        self.cluster.apply(secret(self.namespace, name, self.credentials()))

    def objects(self, bucket: str, prefix: str = "") -> list[str]:
        """Keys, as the server lists them."""
        found: list[str] = json.loads(self.client("list", bucket, prefix))
        return found

    def put(self, bucket: str, key: str, text: str) -> None:
        self.client("put", bucket, key, stdin=text)

    def file(self, bucket: str, key: str) -> Path:
        return self.folders["objects"] / bucket / key

    def client(self, verb: str, *words: str, stdin: str | None = None) -> str:
        """botocore, where the server's address is reachable."""
        env = [f"{key}={value}" for key, value in self.credentials().items() if key != "ca.crt"]
        program = [str(client("dvc", "python")), "-P", str(_CLIENT), verb, *words]
        return self.cluster.run("env", *env, f"AWS_CA_BUNDLE={self.authority.file}", *program, stdin=stdin).stdout
