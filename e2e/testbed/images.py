"""Images without a registry: built by buildah in a store of our own, carried into a node as archives."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from testbed import archive, cleanup, locks, packages
from testbed.paths import ClusterPaths, millrace_home
from testbed.recipes import BASE_PACKAGES, BASE_SUITE, Recipe, hash_of, recipe, with_parents
from testbed.shell import TestbedError, run, run_logged, say, step, works
from testbed.tools import ensure_tool

# What a build may need of the host to reach its package indexes; only what exists is mounted, nothing is copied in.
_HOST_FILES = ("/etc/pip.conf", "/etc/ssl/certs")
_APT_KEYS = re.compile(r"(Acquire::(Check-|https?::|Retries|ForceIPv4)|APT::Get::AllowUnauthenticated)", re.IGNORECASE)

_PACKAGES: dict[str, dict[str, str]] = {"pause": packages.PAUSE, "s3": {}}


def store() -> Path:
    return millrace_home() / "images"


@contextmanager
def _locked() -> Iterator[None]:
    """One builder at a time: two would write the same logs and archives."""
    with locks.locked(store() / ".lock", "builds or loads images"):
        try:
            yield
        finally:  # buildah leaves its store mounted on itself, and what it mounted for a build that failed
            for point in cleanup.mounts_under(store(), Path("/proc/self/mountinfo").read_text()):
                works(["umount", point])


def build(names: Iterable[str]) -> None:
    """Builds what changed, parents first, and tells the seconds of each."""
    names = with_parents(names)
    _ensure_tools(names)
    with _locked():
        _build_with_parents(names)


def _ensure_tools(names: Iterable[str]) -> None:
    """Before the lock: a program takes minutes, and every cluster needs an image to come up."""
    for name in names:
        if tool := recipe(name).tool:
            ensure_tool(tool)


def _build_with_parents(names: Iterable[str]) -> None:
    for name in with_parents(names):
        _ensure_built(name)


def _ensure_built(name: str) -> None:
    wanted = hash_of(name)
    noted = store() / f"{name}.hash"
    if noted.exists() and noted.read_text() == wanted and _stored(name):
        return
    noted.unlink(missing_ok=True)
    packages.ensure(_PACKAGES.get(name, packages.IMAGES))
    with step(f"building image {name} (log: {store() / name}.log)"):
        _build_one(recipe(name))
    noted.write_text(wanted)


def _stored(name: str) -> bool:
    if recipe(name).is_program:
        return archive_of(name).exists()
    return (store() / "root").exists() and works([*buildah("inspect"), "--type", "image", recipe(name).reference], env=_environment())


def _build_one(one: Recipe) -> None:
    if one.name == "pause":
        _build_pause(one)
    elif one.tool:
        archive.write(archive_of(one.name), one.reference, {one.tool: (ensure_tool(one.tool) / one.tool).read_bytes()}, [f"/{one.tool}"])
    elif one.name == "base":
        _build_base(one)
    else:
        _build_dockerfile(one)


def _build_pause(one: Recipe) -> None:
    program = store() / "pause"
    run(["gcc", "-Os", "-static", "-s", "-o", program, *one.inputs])
    archive.write(archive_of("pause"), one.reference, {"pause": program.read_bytes()}, ["/pause"])


def _build_base(one: Recipe) -> None:
    tar = store() / "base-rootfs.tar"
    # The host's settings serve the build alone: mmdebstrap would leave them in the image.
    forget = '--customize-hook=rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap"'
    include = f"--include={','.join(BASE_PACKAGES)}"
    argv = [
        "mmdebstrap",
        "--variant=minbase",
        include,
        f"--aptopt={_host_apt_settings()}",
        forget,
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        BASE_SUITE,
        str(tar),
    ]
    run_logged(argv, store() / "base.log", env=_environment())
    env = _environment()
    container = run([*buildah("from"), "scratch"], env=env).strip()
    try:
        run([*buildah("add"), container, tar, "/"], env=env)
        run([*buildah("config"), "--cmd", "bash", "--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", container], env=env)
        run([*buildah("commit"), container, one.reference], env=env)
    finally:
        run([*buildah("rm"), container], env=env)
        tar.unlink(missing_ok=True)


def _build_dockerfile(one: Recipe) -> None:
    mounts = [f"{path}:{path}:ro" for path in _HOST_FILES if Path(path).exists()]
    mounts.append(f"{_host_apt_settings()}:/etc/apt/apt.conf.d/99host:ro")
    volumes = [word for mount in mounts for word in ("-v", mount)]
    argv = [
        *buildah("bud"),
        "--pull-never",
        "--force-rm",
        "--layers",
        "--isolation",
        "chroot",
        "--network",
        "host",
        *volumes,
        "-f",
        str(one.dockerfile),
        "-t",
        one.reference,
        str(one.context),
    ]
    run_logged(["nice", "-n", "5", *argv], store() / f"{one.name}.log", env=_environment())


def buildah(verb: str) -> list[str]:
    """The beginning of a buildah command line on our own store. `add` and `config` take no policy."""
    store().mkdir(parents=True, exist_ok=True)
    policy = store() / "policy.json"
    policy.write_text('{"default":[{"type":"insecureAcceptAnything"}]}')
    (store() / "registries.conf").write_text('unqualified-search-registries = ["docker.io"]\n')
    signed = ["--signature-policy", str(policy)] if verb in ("bud", "commit", "from", "push") else []
    return ["buildah", "--storage-driver", "overlay", "--root", f"{store()}/root", "--runroot", f"{store()}/runroot", verb, *signed]


def _environment() -> dict[str, str]:
    scratch = store() / "tmp"  # buildah keeps its cache mounts below TMPDIR
    scratch.mkdir(parents=True, exist_ok=True)
    return {**os.environ, "TMPDIR": str(scratch), "BUILDAH_ISOLATION": "chroot", "CONTAINERS_REGISTRIES_CONF": f"{store()}/registries.conf"}


def _host_apt_settings() -> Path:
    """A file with those of the host's apt settings that say how to reach a mirror."""
    text = run(["apt-config", "dump"]) if shutil.which("apt-config") else ""
    path = store() / "host-apt.conf"
    path.write_text(apt_settings(text))
    return path


def apt_settings(dump: str) -> str:
    return "".join(f"{line}\n" for line in dump.splitlines() if _APT_KEYS.match(line) and not line.endswith(' "";'))


def archive_of(name: str) -> Path:
    return store() / f"{name}.tar"


def _ensure_archive(name: str) -> None:
    noted = store() / f"{name}.tar.hash"
    wanted = hash_of(name)
    if archive_of(name).exists() and (recipe(name).is_program or (noted.exists() and noted.read_text() == wanted)):
        return
    archive_of(name).unlink(missing_ok=True)
    with step(f"writing {archive_of(name)}"):
        run([*buildah("push"), recipe(name).reference, f"docker-archive:{archive_of(name)}:{recipe(name).reference}"], env=_environment())
    noted.write_text(wanted)


def archive_file(name: str) -> Path:
    """The image as an archive without compression; built when it is not there."""
    build([name])
    with _locked():
        _ensure_archive(name)
    return archive_of(name)


def references(name: str) -> list[str]:
    """The names of an image in the node: a stable one, and one by content, so that a new image rolls a Deployment."""
    stable = recipe(name).reference
    return [stable, f"{stable.rsplit(':', 1)[0]}:{hash_of(name)}"] if name in ("operator", "fetcher") else [stable]


def load(paths: ClusterPaths, names: Iterable[str]) -> None:
    """Brings images into a node's containerd unless the node has just these. A list is loaded in one turn: of several nodes that are
    filled at once, the first is full long before the last."""
    absent = [name for name in names if not _is_there(paths, name)]
    large = [name for name in absent if not recipe(name).is_program]
    with locks.locked(store() / ".turn", "loads images") if large else nullcontext():
        for name in absent:
            _load(paths, name)


def _is_there(paths: ClusterPaths, name: str) -> bool:
    stable, noted = recipe(name).reference, paths.root / "loaded" / name
    there = run([*_ctr(paths), "ls", "-q", f"name=={stable}"]).strip() == stable
    if not there or not noted.exists() or noted.read_text() != hash_of(name):
        return False
    say(f"  image {name} is in cluster {paths.name} already")
    return True


def _load(paths: ClusterPaths, name: str) -> None:
    stable, *others = references(name)
    _ensure_tools([name])
    with _locked():  # in one piece: another checkout builds its own image under the same name
        _build_with_parents([name])
        _ensure_archive(name)
        with step(f"loading image {name} into cluster {paths.name}"):
            run([*_ctr(paths), "import", archive_of(name)])
            for other in others:
                run([*_ctr(paths), "tag", "--force", stable, other])
    (paths.root / "loaded").mkdir(exist_ok=True)
    (paths.root / "loaded" / name).write_text(hash_of(name))


def _ctr(paths: ClusterPaths) -> list[str]:
    return ["ctr", "-a", str(paths.containerd_socket), "-n", "k8s.io", "images"]


def check_names(names: Iterable[str]) -> list[str]:
    chosen = list(names)
    for name in chosen:
        recipe(name)
    if not chosen:
        raise TestbedError("which images?")
    return chosen
