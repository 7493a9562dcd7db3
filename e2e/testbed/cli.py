"""The command line."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from testbed import chart, cluster, forward, images, processes, recipes, tools, volumes
from testbed.extras import EXTRAS
from testbed.paths import cluster_names, cluster_paths
from testbed.shell import TestbedError, say


def main(argv: Sequence[str]) -> int:
    own, command = split_command(argv)
    options = _parser().parse_args(own)
    try:
        return int(options.run(options, command) or 0)
    except TestbedError as error:
        say(f"testbed: {error}")
        return 1
    except KeyboardInterrupt:
        return 130


def split_command(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """What stands after `--` belongs to somebody else."""
    words = list(argv)
    if "--" not in words:
        return words, []
    at = words.index("--")
    return words[:at], words[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="testbed", description="A real Kubernetes on this machine, everything under $MILLRACE_HOME.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, run: object, text: str, *, named: bool = True) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        if named:
            sub.add_argument("--name", default="dev", help="the cluster's name (dev)")
        return sub

    up = verb("up", _up, "make a cluster, or repair one")
    up.add_argument("--nodes", choices=("real", "kwok"), help="real needs root (default); kwok fakes them")
    up.add_argument("--with", dest="extras", action="append", default=[], choices=tuple(EXTRAS), help="what it has besides, from now on")
    verb("down", _down, "end a cluster and remove all of it")
    verb("status", _status, "tell what runs", named=False)
    verb("kubeconfig", _kubeconfig, "print the path of the kubeconfig")
    verb("exec", _exec, "run a command inside the cluster's network: exec --name N -- CMD …")
    leads = verb("forward", _forward, "let a port of this machine lead into the cluster's network: forward --name N PORT ADDRESS:PORT")
    leads.add_argument("port", type=int)
    leads.add_argument("target")
    verb("tools", _tools, "build all programs", named=False)
    build = verb("build-images", _build_images, f"build images: {', '.join(recipes.RECIPES)} (all)", named=False)
    build.add_argument("images", nargs="*")
    verb("load-image", _load_image, "bring images into the node").add_argument("images", nargs="+")
    install = verb("install", _install, "install charts/millrace with freshly built images")
    install.add_argument("--set", action="append", default=[], metavar="K=V", help="a value of the chart")
    install.add_argument("--no-images", action="store_true", help="take the images that the chart's values name")
    volume = verb("volume", _volume, "make a folder of this machine a bound claim; prints the folder")
    volume.add_argument("--claim", required=True)
    volume.add_argument("--namespace", default="default")
    volume.add_argument("--size", default="1Gi")
    volume.add_argument("--tmpfs", action="store_true", help="a file system of just that size, which can be full")
    return parser


def _up(options: argparse.Namespace, _: list[str]) -> None:
    cluster.up(options.name, options.nodes, options.extras)


def _down(options: argparse.Namespace, _: list[str]) -> None:
    cluster.down(options.name)


def _status(_options: argparse.Namespace, _: list[str]) -> None:
    for name in cluster_names():
        one = cluster.load(name)
        print(f"cluster {name}: {one.nodes} nodes, {one.server}")
        for component in cluster.component_names(one):
            pid = processes.pid_of(one.paths.root, component)
            print(f"  {component:24} {f'pid {pid}' if pid else 'not running'}  {one.paths.log(component)}")
        print(f"  kubeconfig {one.paths.kubeconfig}\n  audit log  {one.paths.audit_log}")
    if not cluster_names():
        print("no clusters")


def _kubeconfig(options: argparse.Namespace, _: list[str]) -> None:
    print(cluster.load(options.name).paths.kubeconfig)


def _exec(options: argparse.Namespace, command: list[str]) -> None:
    if not command:
        raise TestbedError("exec: say what to run after `--`")
    one = cluster.load(options.name)
    env = one.environment()
    os.environ["PATH"] = env["PATH"]  # what is looked up by execvpe is looked up on the new PATH
    try:
        os.execvpe(one.inside(command)[0], one.inside(command), env)
    except OSError as error:
        raise TestbedError(f"exec: {command[0]}: {error.strerror}") from None


def _forward(options: argparse.Namespace, _: list[str]) -> None:
    netns = _real(options.name).netns
    assert netns is not None
    forward.forward(netns, options.port, options.target)


def _tools(_options: argparse.Namespace, _: list[str]) -> None:
    for name in tools.TOOLS:
        start = time.monotonic()
        print(f"{name:12} {tools.ensure_tool(name)}  {time.monotonic() - start:.1f} s")


def _build_images(options: argparse.Namespace, _: list[str]) -> None:
    for name in images.check_names(options.images or list(recipes.RECIPES)):
        start = time.monotonic()
        images.build([name])
        print(f"{name:10} {recipes.recipe(name).reference}  {time.monotonic() - start:.1f} s")


def _load_image(options: argparse.Namespace, _: list[str]) -> None:
    images.load(_real(options.name).paths, images.check_names(options.images))


def _install(options: argparse.Namespace, _: list[str]) -> None:
    chart.install(cluster.load(options.name), options.set, with_images=not options.no_images)


def _volume(options: argparse.Namespace, _: list[str]) -> None:
    folder = volumes.make(cluster.load(options.name), options.namespace, options.claim, options.size, tmpfs=options.tmpfs)
    print(folder)


def _real(name: str) -> cluster.Cluster:
    one = cluster.load(name)
    if one.nodes != "real":
        raise TestbedError(f"cluster {cluster_paths(name).name} has no real node: no container runs there")
    return one


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
