from __future__ import annotations

import io
import json
import math
import tarfile
from pathlib import Path

import pytest

from bench import floor, micro, scale
from bench.objects import pinned, trained, version
from bench.release import NotThere, file_of
from bench.report import Report, number
from bench.scrape import Metrics
from bench.writes import Story, rows
from cluster.audit import Request

TEXT = """# HELP took_seconds How long.
# TYPE took_seconds histogram
took_seconds_bucket{controller="a",le="0.01"} 80
took_seconds_bucket{controller="a",le="0.1"} 96
took_seconds_bucket{controller="a",le="+Inf"} 100
took_seconds_sum{controller="a"} 2.5
took_seconds_count{controller="a"} 100
passes_total{controller="a",result="success"} 90
passes_total{controller="a",result="error"} 10
passes_total{controller="b",result="success"} 1
plain 4
"""


def test_totals_are_summed_over_the_labels_that_are_not_asked_for() -> None:
    metrics = Metrics(TEXT)
    assert metrics.total("passes_total", controller="a") == 100
    assert metrics.total("plain") == 4
    assert metrics.values("passes_total", "controller") == ["a", "b"]


def test_quantiles_are_interpolated_within_their_bucket() -> None:
    took = Metrics(TEXT).histogram("took_seconds", controller="a")
    assert took.mean == 0.025
    assert took.quantile(0.4) == pytest.approx(0.005)
    assert took.quantile(0.88) == pytest.approx(0.055)
    assert took.quantile(0.99) == 0.1  # beyond the last bound nothing more is known
    assert math.isnan(Metrics("").histogram("took_seconds").quantile(0.5))


def request(verb: str, resource: str, name: str = "one", code: int = 200) -> Request:
    return Request(at=0.0, user="u", agent="millrace", verb=verb, resource=resource, namespace="n", name=name, code=code)


def test_the_floor_is_each_child_and_each_status_once() -> None:
    requests = [
        request("create", "deployments", "a", 201),
        request("create", "deployments", "b", 201),
        request("create", "events", "e", 201),
        *[request("update", "inferenceservices/status")] * 6,
        request("update", "leases"),
        request("get", "pods"),
    ]
    story = Story("deploy", objects=2, statuses=1, requests=requests)
    table = {row[0]: row[1] for row in rows([story])}
    assert table["create deployments"] == "1"
    assert table["**writes without events**"] == "4"
    assert table["floor: each child and each status once"] == "2"
    assert table["**ratio**"] == "2"
    assert table["reads of single objects"] == "0.5"
    assert story.problems() == []


def test_a_child_that_is_made_twice_is_wrong() -> None:
    story = Story("deploy", 1, 1, [request("create", "jobs", "a", 201)] * 2)
    assert story.problems() == ["deploy: jobs a was created 2 times"]


def test_children_of_some_objects_only_are_wrong() -> None:
    story = Story("deploy", 2, 1, [request("create", "jobs", "a", 201)])
    assert story.problems() == ["deploy: create jobs 1 times for 2 objects"]


def test_a_refused_creation_makes_no_child() -> None:
    assert Story("deploy", 1, 1, [request("create", "jobs", "a", 409)]).children == []


def test_the_report_tells_ratios_and_what_is_wrong() -> None:
    report = Report()
    report.row("start", 30, "ms", 20, "floor")
    report.must("requests", {"get pods": 1}, {})
    assert "| start | 30 ms | 20 ms: floor | 1.50 |" in report.text()
    assert report.wrong == ["requests: {'get pods': 1}, not {}"]


def test_numbers_keep_three_digits_that_mean_something() -> None:
    assert [number(value) for value in (0.04567, 12.345, 1234.5, 7.0)] == ["0.0457", "12.3", "1234", "7"]


def layer(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def test_the_topmost_layer_decides_what_a_file_of_an_image_is(tmp_path: Path) -> None:
    parts = {
        "manifest.json": json.dumps([{"Layers": ["1.tar", "2.tar"]}]).encode(),
        "1.tar": layer(program=b"old", other=b"x"),
        "2.tar": layer(program=b"new"),
    }
    archive = tmp_path / "image.tar"
    archive.write_bytes(layer(**parts))
    assert file_of(archive, "program") == b"new"
    assert file_of(archive, "other") == b"x"
    with pytest.raises(NotThere):
        file_of(archive, "absent")


def test_a_service_is_pinned_to_the_first_version_of_its_model() -> None:
    assert pinned(7)["spec"]["version"]["name"] == version(7, 1)["metadata"]["name"] == "pinned-7-v1"


def test_changed_parameters_are_all_that_changes_between_two_rounds() -> None:
    first, second = trained(0, {"round": "1"}), trained(0, {"round": "2"})
    assert first[1] == second[1]
    assert first[0]["spec"] | {"parameters": {}} == second[0]["spec"] | {"parameters": {}}


def test_a_child_is_made_again_as_it_was_asked_for() -> None:
    found = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a", "namespace": "n", "uid": "1", "resourceVersion": "2", "labels": {"x": "y"}, "ownerReferences": []},
        "spec": {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ports": [{"port": 80}]},
        "status": {"loadBalancer": {}},
    }
    again = floor.bare(found)
    assert again == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a", "namespace": "n", "labels": {"x": "y"}},
        "spec": {"ports": [{"port": 80}]},
    }
    assert floor.post(floor.Child("services", again))["path"] == "/api/v1/namespaces/bench/services"


def test_a_job_is_made_again_without_what_its_controller_gave_it() -> None:
    labels = {"controller-uid": "1", "job-name": "a", "own": "x"}
    found = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "a", "labels": labels},
        "spec": {"selector": {"matchLabels": {"controller-uid": "1"}}, "template": {"metadata": {"labels": labels}, "spec": {}}},
    }
    again = floor.bare(found)
    assert again["spec"] == {"template": {"metadata": {"labels": {"own": "x"}}, "spec": {}}}
    assert floor.post(floor.Child("jobs", again))["path"] == "/apis/batch/v1/namespaces/bench/jobs"


def test_a_status_is_written_again_with_another_time() -> None:
    conditions = [{"type": "A", "lastTransitionTime": "1"}, {"type": "B", "lastTransitionTime": "1"}]
    request = scale.rewritten({"metadata": {"name": "a", "namespace": "n"}, "status": {"phase": "Serving", "conditions": conditions}})
    assert request["path"].endswith("/namespaces/n/inferenceservices/a/status")
    assert request["body"]["status"]["conditions"][0] == conditions[0]
    assert request["body"]["status"]["conditions"][1]["lastTransitionTime"] != "1"


def test_micro_benchmarks_become_rows_beside_their_floor() -> None:
    lines = [{"name": f"{what}/{kind}", "bytes_per_second": speed, "line": 100.0} for what, speed in (("decode", 3e8), ("floor", 1e8)) for kind in micro.KINDS]
    cached = [{"name": f"cached/{kind}", "bytes": 10.0, "json": 20.0} for kind in micro.KINDS]
    calls = [{"name": f"call/{by}/process_time/real_time", "cpu_time": time, "time_unit": "us"} for by, time in (("beast", 100.0), ("cpprest", 250.0))]
    report = Report()
    micro.tell({"benchmarks": [*lines, *cached, *calls, {"name": "quiet pass", "cpu_time": 10000.0, "passes": 2.0, "time_unit": "ns"}]}, report)
    text = report.text()
    assert "| watch lines of Pod into structs, 100 bytes each | 300 MB/s | 100 MB/s: nlohmann's SAX, empty handler | 3.00 |" in text
    assert "| from a watch line to the end of a pass without a difference | 5 µs |" in text
    assert "| CPU of a call over TLS by cpprestsdk | 250 µs | 100 µs: by Beast | 2.50 |" in text
    assert report.wrong == []


def test_a_micro_benchmark_that_fails_is_told() -> None:
    report = Report()
    micro.tell({"benchmarks": [{"name": "quiet pass", "error_occurred": True, "error_message": "no pass"}]}, report)
    assert report.wrong == ["quiet pass: no pass"]
