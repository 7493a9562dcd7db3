"""`make demo`: the main job end to end on a real cluster; exit code 0 only if each expectation was measured."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from cluster import Cluster, connect
from cluster.operator import install
from demo import objects
from demo.story import Story
from demo.timeline import Table, Timeline


def prepare(cluster: Cluster) -> None:
    """Namespace, a claim with the data, a claim for the models; what an earlier demo left is taken away."""
    cluster.kubectl("delete", "namespace", objects.NAMESPACE, "--ignore-not-found", "--wait=true")
    cluster.apply(objects.namespace())
    folders = {}
    for claim in ("data", "models"):
        out = cluster.testbed("volume", "--claim", claim, "--namespace", objects.NAMESPACE, "--size", "1Gi")
        folders[claim] = Path(out.strip().splitlines()[-1])
    (folders["data"] / "cancer.csv").write_text(objects.data_csv())


def explore(cluster: Cluster) -> None:
    run = " ".join(cluster.prefix)
    print(f"""
The cluster is left up. To explore:
  {run} kubectl get ml -A
  {run} kubectl -n {objects.NAMESPACE} describe inferenceservices.millrace.dev cancer
  {run} kubectl -n {objects.NAMESPACE} get events.events.k8s.io
Take it down with: PYTHONPATH=e2e python3 -m testbed down --name {cluster.name}""")


def main() -> int:
    began = time.monotonic()
    cluster = connect("demo")
    if not cluster.local:
        print("the demo makes its own volumes and images and so runs on the testbed's cluster; unset KUBECONFIG", file=sys.stderr)
        return 2
    install(cluster)
    print(f"cluster, images and operator: {time.monotonic() - began:.0f} s", flush=True)
    prepare(cluster)
    table, timeline = Table(), Timeline(cluster, objects.NAMESPACE)
    try:
        Story(cluster, timeline, table).tell()
    except AssertionError as problem:
        table.expect("the story goes to its end", False, problem)
    finally:
        timeline.close()
    table.show()
    print(cluster.kubectl("get", "ml", "-A"))
    explore(cluster)
    print(f"demo: {time.monotonic() - began:.0f} s")
    return 1 if table.failed() else 0


if __name__ == "__main__":
    sys.exit(main())
