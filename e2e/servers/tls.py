"""A certificate authority of one process: who is given its certificate trusts the servers that it started, nobody else does."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import trustme


@dataclass(frozen=True)
class Authority:
    ca: trustme.CA
    file: Path  # the authority's certificate, for programs of this machine

    @classmethod
    @functools.cache
    def of_machine(cls) -> Self:
        folder = Path(tempfile.mkdtemp(prefix="millrace-ca-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        made = cls(trustme.CA(), folder / "ca.crt")
        made.file.write_text(made.text)
        return made

    @property
    def text(self) -> str:
        return self.ca.cert_pem.bytes().decode()

    def certificate(self, *addresses: str) -> dict[str, str]:
        issued = self.ca.issue_cert(*addresses)
        chain = "".join(blob.bytes().decode() for blob in issued.cert_chain_pems)
        return {"tls.crt": chain, "tls.key": issued.private_key_pem.bytes().decode()}
