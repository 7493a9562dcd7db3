"""Certificates to trust, for libraries and programs that want a file: it lives in memory, since the root filesystem is
read-only, and as long as the process, since they open it late."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from botocore.httpsession import get_cert_path

from millrace_fetcher.failure import Failure, Reason


def bundle(own: str | None) -> str | None:
    """The path of a file with the system's authorities and the Secret's `ca.crt`; None where that is absent. Programs
    that are started get it under the same path when its descriptor is passed on (`descriptor_of`)."""
    if own is None:
        return None
    try:
        ssl.create_default_context().load_verify_locations(cadata=own)
    except ssl.SSLError as error:
        raise Failure(Reason.UNAUTHORIZED, "the Secret's ca.crt is no certificate") from error
    system = Path(ssl.get_default_verify_paths().cafile or get_cert_path(True)).read_bytes()
    descriptor = os.memfd_create("authorities")
    os.write(descriptor, system + b"\n" + own.encode())
    return f"/proc/self/fd/{descriptor}"


def descriptor_of(path: str) -> int:
    return int(path.rsplit("/", 1)[-1])
