"""`make demo`: the main job end to end on a real cluster; exit code 0 only if each expectation was measured."""

from __future__ import annotations

import sys
import time

from cluster import Cluster, connect
from cluster.kubectl import KubectlError
from cluster.operator import install
from demo import objects
from demo.places import Place, place
from demo.story import Story
from demo.timeline import Table, Timeline


def prepare(cluster: Cluster) -> Place:
    """The namespace and what it has around it; what an earlier demo left is taken away."""
    began = time.monotonic()
    cluster.kubectl("delete", "namespace", objects.NAMESPACE, "--ignore-not-found", "--wait=true")
    cluster.apply(objects.namespace())
    made = place(cluster)
    print(f"data, a store, and what serves them: {time.monotonic() - began:.0f} s", flush=True)
    return made


def explore(cluster: Cluster, around: Place) -> None:
    run = f"e2e/testbed/run exec --name {cluster.name} --" if cluster.local else " ".join(cluster.prefix)
    print(f"""
The cluster is left up. To explore:
  {run} kubectl get ml -A
  {run} kubectl -n {objects.NAMESPACE} describe inferenceservices.millrace.dev cancer
  {run} kubectl -n {objects.NAMESPACE} get events.events.k8s.io
{"".join(f"{line}{chr(10)}" for line in around.outlook(run))}{down(cluster)}""")


def down(cluster: Cluster) -> str:
    if cluster.local:
        return f"Take it down with: e2e/testbed/run down --name {cluster.name}"
    return f"Take it down with: kind delete cluster --name {cluster.name}" if cluster.kind else ""


def main() -> int:
    began = time.monotonic()
    cluster = connect("demo", "gateway", "prometheus")
    install(cluster)
    print(f"cluster, images and operator: {time.monotonic() - began:.0f} s", flush=True)
    around = prepare(cluster)
    table, timeline = Table(), Timeline(cluster, objects.NAMESPACE)
    try:
        Story(cluster, around, timeline, table).tell()
    except (AssertionError, KubectlError) as problem:
        table.expect("the story goes to its end", False, problem)
    finally:
        timeline.close()
    table.show()
    print(cluster.kubectl("get", "ml", "-A"))
    explore(cluster, around)
    print(f"demo: {time.monotonic() - began:.0f} s")
    return 1 if table.failed() else 0


if __name__ == "__main__":
    sys.exit(main())
