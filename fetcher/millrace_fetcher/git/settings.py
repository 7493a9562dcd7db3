"""The credentials of a Secret as git takes them: for one server, by environment and files, never on a command line."""

from __future__ import annotations

import base64
import os
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from millrace_fetcher import authorities, tree
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.git.address import Address
from millrace_fetcher.git.program import Settings
from millrace_fetcher.http import Credentials
from millrace_fetcher.report import keep_secret
from millrace_fetcher.secret import Secret

# Any name is right beside a token, but one must be there.
TOKEN_USER = "x-access-token"  # noqa: S105


def credentials_of(secret: Secret) -> Credentials:
    """`username` and `password`; a `token` stands for the password, as git servers expect it."""
    user, password, token = (secret.line(key) for key in ("username", "password", "token"))
    headers: dict[str, str] = {}
    if token or user or password:
        pair = base64.b64encode(f"{user or TOKEN_USER}:{token or password}".encode()).decode()
        keep_secret(pair)
        headers["Authorization"] = f"Basic {pair}"
    return Credentials(headers, secret.text("ca.crt"))


def settings_of(address: Address, secret: Secret, home: Path) -> Settings:
    if not address.is_web:
        return Settings(home, {"remote.origin.url": address.url}, _ssh(secret, home))
    parts, credentials = urlsplit(address.url), credentials_of(secret)
    config = {"remote.origin.url": address.url}
    # The key's URL limits the header to this server.
    for name, value in credentials.headers.items():
        config[f"http.{parts.scheme}://{parts.netloc}/.extraHeader"] = f"{name}: {value}"
    bundle = authorities.bundle(credentials.ca)
    if bundle is None:
        return Settings(home, config, {})
    return Settings(home, {**config, "http.sslCAInfo": bundle}, {}, (authorities.descriptor_of(bundle),))


def _ssh(secret: Secret, home: Path) -> dict[str, str]:
    key, hosts = secret.text("ssh-privatekey"), secret.text("known_hosts")
    if not key or not hosts:
        wanted = "a Secret with ssh-privatekey and known_hosts"
        raise Failure(Reason.UNAUTHORIZED, f"ssh needs {wanted}: nobody is there to confirm a host's key")
    keep_secret(key)
    # ssh refuses a key without a line end at its end.
    files = {"key": key.rstrip("\n") + "\n", "hosts": hosts}
    for name, text in files.items():
        with tree.writing(home):
            descriptor = os.open(home / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w") as out:
                out.write(text)
    options = {
        "IdentitiesOnly": "yes",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": str(home / "hosts"),
        "GlobalKnownHostsFile": os.devnull,
        "BatchMode": "yes",
        "ConnectTimeout": "15",
        "ServerAliveInterval": "15",
    }
    words = ["ssh", "-F", os.devnull, "-i", str(home / "key")]
    for name, value in options.items():
        words += ["-o", f"{name}={value}"]
    return {"GIT_SSH_COMMAND": shlex.join(words), "GIT_SSH_VARIANT": "ssh"}
