"""A gateway and Prometheus: started only when asked for, with no more rights than they need."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from testbed import discovery, extras
from testbed.cluster import Cluster, component_names
from testbed.components import Ports
from testbed.paths import ClusterPaths
from testbed.shell import TestbedError

ONE = Cluster(ClusterPaths("one", Path("/home/clusters/one")), "real", Ports())


def test_only_what_is_asked_for_belongs_to_a_cluster() -> None:
    assert not set(component_names(ONE)) & {"traefik", "pod-discovery", "prometheus"}
    assert component_names(replace(ONE, extras=("gateway", "prometheus")))[-3:] == ["traefik", "pod-discovery", "prometheus"]


def test_fake_nodes_have_none() -> None:
    with pytest.raises(TestbedError, match="only on a real node"):
        extras.check(("gateway",), "kwok")
    extras.check((), "kwok")


@pytest.mark.parametrize("extra", list(extras.EXTRAS))
def test_all_run_in_the_clusters_network(extra: str) -> None:
    parts = extras.components(ONE.paths, extra, Path("/bin"), ONE.netns)
    assert [part.name for part in parts] == list(extras.EXTRAS[extra])
    assert all(part.command()[:2] == ["nsenter", "--net=/run/netns/millrace-one"] for part in parts)


def test_nobody_may_write_but_traefik_to_status() -> None:
    rules = {role["metadata"]["name"]: role["rules"] for role in extras.roles() if role["kind"] == "ClusterRole"}
    writes = {
        (name, resource) for name, some in rules.items() for rule in some for resource in rule["resources"] if {*rule["verbs"]} - {"get", "list", "watch"}
    }
    assert {name for name, _ in writes} == {"testbed-traefik"}
    assert all(resource.endswith("/status") for _, resource in writes)


def test_one_gateway_is_open_to_all_namespaces() -> None:
    allowed = {g["metadata"]["name"]: g["spec"]["listeners"][0]["allowedRoutes"]["namespaces"]["from"] for g in extras.gateways() if g["kind"] == "Gateway"}
    assert allowed == {"gw": "All", "closed": "Same"}


def pod(**status: str) -> dict[str, Any]:
    ports = [{"name": "http", "containerPort": 8080}, {"name": "metrics", "containerPort": 8082}]
    return {"metadata": {"namespace": "ns", "name": "p"}, "spec": {"containers": [{"name": "model", "ports": ports}, {"name": "other"}]}, "status": status}


def test_each_port_of_a_pod_with_an_address_is_a_target() -> None:
    found = discovery.targets([pod(podIP="10.244.0.9", phase="Running"), pod(phase="Pending")])
    assert [group["targets"] for group in found] == [["10.244.0.9:8080"], ["10.244.0.9:8082"]]
    labels = found[1]["labels"]
    assert (labels["__meta_kubernetes_pod_container_port_name"], labels["__meta_kubernetes_pod_phase"]) == ("metrics", "Running")


def test_what_relabelling_reads_is_what_discovery_tells() -> None:
    config = json.loads(extras.prometheus_config())
    rules = config["scrape_configs"][0]["relabel_configs"]
    told = discovery.targets([pod(podIP="10.244.0.9", phase="Running")])[0]["labels"]
    assert {source for rule in rules for source in rule["source_labels"]} <= set(told)
    assert {rule["target_label"] for rule in rules if "target_label" in rule} >= {"namespace", "pod"}
