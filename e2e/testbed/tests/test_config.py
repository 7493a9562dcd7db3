"""Two clusters on one machine must share no path, cgroup or name."""

import json
import tomllib
from pathlib import Path

import pytest

from testbed import components, config
from testbed.cluster import Cluster, free_ports, wanted
from testbed.components import Ports
from testbed.kwok import indented, node
from testbed.paths import ClusterPaths, cluster_names, cluster_paths
from testbed.shell import TestbedError

ONE = ClusterPaths("one", Path("/home/clusters/one"))
TWO = ClusterPaths("two", Path("/home/clusters/two"))


def test_the_kubelet_of_each_cluster_has_its_own_cgroups_logs_and_socket() -> None:
    one, two = (json.loads(config.kubelet_config(paths)) for paths in (ONE, TWO))
    for key in ("cgroupRoot", "podLogsDir", "containerRuntimeEndpoint", "volumePluginDir", "tlsPrivateKeyFile"):
        assert one[key] != two[key]
    assert one["cgroupRoot"] == "/millrace-one"


def test_containerd_keeps_all_its_state_in_the_clusters_folder() -> None:
    parsed = tomllib.loads(config.containerd_toml(ONE))
    places = [parsed["root"], parsed["state"], parsed["grpc"]["address"], parsed["plugins"]["io.containerd.internal.v1.opt"]["path"]]
    assert all(place.startswith("/home/clusters/one/") for place in places)
    assert parsed["plugins"]["io.containerd.grpc.v1.cri"]["netns_mounts_under_state_dir"] is True


def test_pod_addresses_are_kept_in_the_clusters_folder_under_a_network_of_its_own() -> None:
    conflist = json.loads(config.cni_conflist(ONE))
    assert conflist["name"] == "millrace-one"
    assert conflist["plugins"][0]["ipam"]["dataDir"] == "/home/clusters/one/cni-data"


def test_the_audit_policy_tells_every_request_once() -> None:
    policy = json.loads(config.audit_policy())
    assert policy["omitStages"] == ["RequestReceived"]
    assert policy["rules"] == [{"level": "Metadata"}]


def test_a_real_cluster_runs_all_components_in_its_network_namespace() -> None:
    parts = wanted(Cluster(ONE, "real", Ports()), Path("/bin"))
    assert [part.name for part in parts][:3] == ["containerd", "etcd", "kube-apiserver"]
    assert all(part.command()[:2] == ["nsenter", "--net=/run/netns/millrace-one"] for part in parts)


def test_a_kwok_cluster_needs_no_namespace_and_listens_on_loopback() -> None:
    parts = wanted(Cluster(ONE, "kwok", Ports(api=7001, etcd=7002)), Path("/bin"), Path("/kwok"))
    assert [part.name for part in parts][-1] == "kwok"
    assert all("nsenter" not in part.command() for part in parts)
    assert "--bind-address=127.0.0.1" in parts[1].argv
    assert "--etcd-servers=http://127.0.0.1:7002" in parts[1].argv


def test_only_with_fake_nodes_are_the_controllers_of_the_cluster_without_limits() -> None:
    for kind, limited in (("real", True), ("kwok", False)):
        parts = {part.name: part.argv for part in wanted(Cluster(ONE, kind, Ports()), Path("/bin"), Path("/kwok"))}
        for name in ("kube-controller-manager", "kube-scheduler"):
            assert ("--kube-api-qps=1000" not in parts[name]) == limited


def test_free_ports_differ() -> None:
    ports = free_ports()
    assert len(set(vars(ports).values())) == len(vars(ports)) == 6


def test_only_real_nodes_have_a_namespace() -> None:
    assert components.netns_of(ONE, "kwok") is None


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a-", "x" * 21, "a/b", "1a"])
def test_names_that_paths_and_cgroups_cannot_bear_are_refused(name: str) -> None:
    with pytest.raises(TestbedError, match="cluster name"):
        cluster_paths(name)


def test_only_folders_with_a_cluster_in_them_count(tmp_path: Path) -> None:
    (tmp_path / "clusters" / "a").mkdir(parents=True)
    (tmp_path / "clusters" / "b").mkdir()
    (tmp_path / "clusters" / "b" / "cluster.json").write_text("{}")
    assert cluster_names(tmp_path) == ["b"]
    assert cluster_names(tmp_path / "none") == []


def test_a_message_template_keeps_the_depth_of_its_place() -> None:
    assert indented("a:\n    @MESSAGE@\nb", "x\ny") == "a:\n    x\n    y\nb\n"


def test_the_fake_node_is_told_by_kwoks_annotation() -> None:
    assert node()["metadata"]["annotations"] == {"kwok.x-k8s.io/node": "fake"}
