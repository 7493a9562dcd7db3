"""The pure and the small parts: archives, hashes of tools, mounts, processes, volumes, roll-outs, the command line."""

import base64
import hashlib
import io
import json
import os
import signal
import sys
import tarfile
from pathlib import Path

import pytest

from testbed import archive, chart, cleanup, images, packages, pki, processes, tools, volumes
from testbed.cli import main, split_command
from testbed.paths import E2E
from testbed.processes import Component
from testbed.shell import TestbedError, run, wait_for


def test_an_archive_holds_one_layer_whose_digest_the_config_names(tmp_path: Path) -> None:
    archive.write(tmp_path / "a.tar", "docker.io/x/y:1", {"pause": b"program"}, ["/pause"])
    with tarfile.open(tmp_path / "a.tar") as tar:
        parts = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}  # type: ignore[union-attr]
    manifest = json.loads(parts["manifest.json"])[0]
    config = json.loads(parts[manifest["Config"]])
    assert manifest["RepoTags"] == ["docker.io/x/y:1"]
    assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(parts["layer.tar"]).hexdigest()]
    with tarfile.open(fileobj=io.BytesIO(parts["layer.tar"])) as layer:
        assert layer.getmember("pause").mode == 0o755


def test_a_tool_is_built_again_when_a_pin_changes(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module a")
    first = tools.hash_of_pins(tmp_path)
    (tmp_path / "README.md").write_text("no pin")
    assert tools.hash_of_pins(tmp_path) == first
    (tmp_path / "go.sum").write_text("sum")
    assert tools.hash_of_pins(tmp_path) != first


def test_the_kubernetes_version_is_linked_in() -> None:
    flags = tools.link_flags("kubernetes")
    assert "gitVersion=v1.37.2" in flags
    assert "gitMajor=1" in flags
    assert "gitMinor=37" in flags
    pinned = (E2E / "tools/kubernetes/go.mod").read_text()
    assert f"k8s.io/kubernetes {tools.KUBERNETES_VERSION}" in pinned


def test_the_loser_of_a_race_drops_its_copy(tmp_path: Path) -> None:
    for name in ("mine", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "program").write_text(name)
    tools.publish(tmp_path / "mine", tmp_path / "there")
    assert (tmp_path / "there" / "program").read_text() == "there"
    assert not (tmp_path / "mine").exists()


def test_mounts_come_innermost_first_and_no_neighbour_is_touched() -> None:
    line = "36 35 98:0 / {} rw - tmpfs tmpfs rw"
    points = ["/", "/h/c/dev", "/h/c/dev/a\\040b", "/h/c/dev2/x", "/h/c/dev/a\\040b/in"]
    found = cleanup.mounts_under(Path("/h/c/dev"), "\n".join(line.format(point) for point in points))
    assert found == ["/h/c/dev/a b/in", "/h/c/dev/a b", "/h/c/dev"]


def test_notes_of_sandboxes_of_other_networks_stay(tmp_path: Path) -> None:
    for name in ("millrace-a-1-eth0", "cni-loopback-1-lo", "millrace-b-2-eth0", "cni-loopback-2-lo"):
        (tmp_path / name).write_text("")
    cleanup.remove_cni_results(tmp_path, "millrace-a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cni-loopback-2-lo", "millrace-b-2-eth0"]


def test_a_component_is_found_again_and_ends(tmp_path: Path) -> None:
    processes.start(tmp_path, Component("sleeper", ["sleep", "60"]))
    pid = processes.pid_of(tmp_path, "sleeper")
    assert pid is not None
    assert processes.command_of(tmp_path, "sleeper") == ["sleep", "60"]
    processes.stop(tmp_path, "sleeper")
    assert processes.pid_of(tmp_path, "sleeper") is None
    assert processes.start_time(pid) is None


def test_what_does_not_heed_term_is_killed(tmp_path: Path) -> None:
    deaf = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('ready','w').close(); time.sleep(60)"
    processes.start(tmp_path, Component("deaf", [sys.executable, "-c", deaf]))
    wait_for("the program", (tmp_path / "ready").exists, 20)
    processes.stop(tmp_path, "deaf", seconds=0.2)
    assert processes.pid_of(tmp_path, "deaf") is None


def test_a_pid_that_went_to_somebody_else_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "x.pid").write_text(json.dumps({"pid": os.getpid(), "started": "0", "command": []}))
    assert processes.pid_of(tmp_path, "x") is None
    processes.stop(tmp_path, "x")  # would have ended this very test
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_kubeconfig_holds_its_certificates() -> None:
    config = json.loads(pki.kubeconfig("https://h:1", "admin", b"ca", b"crt", b"key"))
    assert config["clusters"][0]["cluster"]["server"] == "https://h:1"
    assert base64.b64decode(config["users"][0]["user"]["client-key-data"]) == b"key"


def test_certificates_are_signed_by_the_ca_and_kept(tmp_path: Path) -> None:
    pki.ensure_pki(tmp_path, "10.250.0.1", "10.96.0.1")
    before = (tmp_path / "kube-apiserver.crt").read_bytes()
    pki.ensure_pki(tmp_path, "10.250.0.1", "10.96.0.1")
    assert (tmp_path / "kube-apiserver.crt").read_bytes() == before
    names = run(["openssl", "x509", "-in", tmp_path / "kube-apiserver.crt", "-noout", "-ext", "subjectAltName"])
    assert "IP Address:10.96.0.1" in names
    assert "DNS:kubernetes.default.svc," in names
    assert "OK" in run(["openssl", "verify", "-CAfile", tmp_path / "ca.crt", tmp_path / "admin.crt"])


def test_a_volume_and_its_claim_name_each_other() -> None:
    volume, claim = volumes.manifests("ml", "data", "1Gi", Path("/v/data"))
    assert volume["spec"]["claimRef"] == {"namespace": "ml", "name": "data"}
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
    assert volume["spec"]["hostPath"]["path"] == "/v/data"


@pytest.mark.parametrize("size", ["", "1", "Gi", "1G", "-1Gi", "0Mi", "1.5Gi"])
def test_a_size_that_is_no_quantity_of_ours_is_refused(size: str) -> None:
    with pytest.raises(TestbedError, match="allowed is"):
        volumes.bytes_of(size)


def test_sizes_are_powers_of_two() -> None:
    assert volumes.bytes_of("8Mi") == 8 << 20


def test_a_deployment_is_rolled_out_when_its_newest_generation_is_available() -> None:
    done: dict[str, object] = {
        "metadata": {"name": "d", "generation": 2},
        "spec": {"replicas": 1},
        "status": {"observedGeneration": 2, "updatedReplicas": 1, "availableReplicas": 1, "replicas": 1},
    }
    assert chart.rollout(done) == ""
    assert "0/1 availableReplicas" in chart.rollout({**done, "status": {"observedGeneration": 2, "updatedReplicas": 1, "replicas": 1}})
    assert chart.rollout({**done, "metadata": {"name": "d", "generation": 3}}) != ""


def test_images_become_the_charts_values() -> None:
    assert chart.image_values("docker.io/m/operator:ab", "docker.io/m/fetcher:cd") == [
        "image.repository=docker.io/m/operator",
        "image.tag=ab",
        "fetcher.image=docker.io/m/fetcher:cd",
        "image.pullPolicy=IfNotPresent",
    ]


def test_only_apt_settings_about_reaching_a_mirror_are_taken() -> None:
    dump = 'Acquire::http::Proxy "http://p:1";\nAcquire::Check-Date "false";\nAcquire::http::x "";\nDPkg::Post-Invoke:: "rm x";\nAPT::Architecture "amd64";\n'
    assert images.apt_settings(dump) == 'Acquire::http::Proxy "http://p:1";\nAcquire::Check-Date "false";\n'


def test_missing_packages_are_named_once(tmp_path: Path) -> None:
    assert packages.missing({"sh": "dash", "/no/such/file": "a", "no-such-program": "a"}) == ["a"]


def test_what_follows_two_dashes_is_not_ours() -> None:
    assert split_command(["exec", "--name", "a", "--", "kubectl", "--", "x"]) == (["exec", "--name", "a"], ["kubectl", "--", "x"])


def test_errors_are_one_line_and_exit_code_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("MILLRACE_HOME", str(tmp_path))
    assert main(["kubeconfig", "--name", "nosuch"]) == 1
    assert "there is no cluster 'nosuch'" in capsys.readouterr().err


def test_a_failed_program_shows_its_last_words() -> None:
    with pytest.raises(TestbedError, match=r"(?s)ended with 3.*oops"):
        run(["sh", "-c", "echo oops >&2; exit 3"])


def test_a_wait_that_is_over_tells_why() -> None:
    with pytest.raises(TestbedError, match=r"(?s)waited 0 s for rain:\nsunny"):
        wait_for("rain", lambda: False, 0, why_not=lambda: "sunny")
