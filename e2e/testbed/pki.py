"""Certificates by openssl, and the kubeconfigs made of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from testbed.shell import run

DAYS = "365"

# kubeconfig name → subject
USERS = {
    "admin": "/O=system:masters/CN=admin",
    "kube-controller-manager": "/CN=system:kube-controller-manager",
    "kube-scheduler": "/CN=system:kube-scheduler",
    "kubelet": "/O=system:nodes/CN=system:node:node1",
    "kube-proxy": "/CN=system:kube-proxy",
    "kwok": "/O=system:masters/CN=kwok",
}


def ensure_pki(pki: Path, address: str, service_ip: str) -> None:
    """A CA, the service accounts' key, the API server's and the users' certificates; what is there is kept."""
    pki.mkdir(parents=True, exist_ok=True)
    if not (pki / "ca.crt").exists():
        run(["openssl", "req", "-x509", *_KEY, "-days", DAYS, "-keyout", pki / "ca.key", "-out", pki / "ca.crt", "-subj", "/CN=millrace-testbed-ca"])
    if not (pki / "sa.key").exists():
        run(["openssl", "genrsa", "-out", pki / "sa.key", "2048"])
    names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]
    addresses = sorted({"127.0.0.1", service_ip, address})
    _certificate(pki, "kube-apiserver", "/CN=kube-apiserver", [*(f"DNS:{n}" for n in names), *(f"IP:{a}" for a in addresses)])
    ensure_users(pki, USERS, address)


def ensure_users(pki: Path, users: Mapping[str, str], address: str) -> None:
    for user, subject in users.items():
        alternative = ["DNS:node1", f"IP:{address}"] if user == "kubelet" else [f"DNS:{user}"]
        _certificate(pki, user, subject, alternative)


_KEY = ("-newkey", "rsa:2048", "-nodes")


def _certificate(pki: Path, name: str, subject: str, alternative: Sequence[str]) -> None:
    crt, key, csr, ext = (pki / f"{name}.{kind}" for kind in ("crt", "key", "csr", "ext"))
    if crt.exists():
        return
    ext.write_text(f"subjectAltName={','.join(alternative)}\n")
    run(["openssl", "req", *_KEY, "-keyout", key, "-out", csr, "-subj", subject])
    run(
        ["openssl", "x509", "-req", "-in", csr, "-CA", pki / "ca.crt", "-CAkey", pki / "ca.key", "-CAcreateserial", "-days", DAYS, "-out", crt, "-extfile", ext]
    )


def kubeconfig(server: str, user: str, ca: bytes, crt: bytes, key: bytes) -> str:
    """A kubeconfig with everything embedded, as JSON (which is YAML), so that it can be copied anywhere."""

    def text(data: bytes) -> str:
        return base64.b64encode(data).decode()

    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "testbed",
            "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": user}}],
            "clusters": [{"name": "testbed", "cluster": {"server": server, "certificate-authority-data": text(ca)}}],
            "users": [{"name": user, "user": {"client-certificate-data": text(crt), "client-key-data": text(key)}}],
        },
        indent=1,
    )


def write_kubeconfigs(pki: Path, folder: Path, server: str, users: Iterable[str] = USERS) -> None:
    for user in users:
        path = folder / f"{user}.kubeconfig"
        parts = [(pki / name).read_bytes() for name in ("ca.crt", f"{user}.crt", f"{user}.key")]
        path.write_text(kubeconfig(server, user, *parts))
        path.chmod(0o600)
