from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cluster.audit import AuditLog, counts, table


def event(verb: str, resource: str, **others: Any) -> dict[str, Any]:
    subresource = others.pop("subresource", "")
    about = {"resource": resource, "namespace": "a", "name": "one"} | ({"subresource": subresource} if subresource else {})
    common = {
        "stage": "ResponseComplete",
        "auditID": others.get("requestReceivedTimestamp", verb + resource),
        "verb": verb,
        "user": {"username": "somebody"},
        "userAgent": "millrace",
        "objectRef": about,
        "responseStatus": {"code": 200},
        "requestReceivedTimestamp": "2026-01-31T10:00:00.250000Z",
    }
    return common | others


def lines(*events: dict[str, Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in events)


def test_a_watch_that_begins_and_ends_is_one_request(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    watch = event("watch", "pods", auditID="w")
    path.write_text(lines(watch | {"stage": "ResponseStarted"}, event("get", "pods", auditID="g"), watch))
    assert counts(AuditLog(path).requests()) == {"watch pods": 1, "get pods": 1}


def test_a_refused_watch_is_one_request_too(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_text(lines(event("watch", "pods", responseStatus={"code": 410})))
    assert [request.code for request in AuditLog(path).requests()] == [410]


def test_subresources_are_part_of_what_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_text(lines(event("update", "inferenceservices", subresource="status"), event("list", "inferenceservices")))
    found = AuditLog(path).requests()
    assert counts(request for request in found if request.writes) == {"update inferenceservices/status": 1}


def test_only_the_named_program_counts(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_text(lines(event("create", "jobs", userAgent="kubectl/v1", auditID="k"), event("create", "jobs", auditID="m")))
    assert len(AuditLog(path, agent="millrace").requests()) == 1


def test_reading_goes_on_after_the_last_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    whole, begun = lines(event("get", "pods")), lines(event("create", "pods"))
    path.write_text(whole + begun[:40])
    log = AuditLog(path)
    assert counts(log.requests()) == {"get pods": 1}
    path.write_text(whole + begun)
    assert counts(log.requests()) == {"get pods": 1, "create pods": 1}


def test_the_window_is_closed_below_and_open_above(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    times = [f"2026-01-31T10:00:0{second}.000000Z" for second in range(3)]
    path.write_text(lines(*(event("get", "pods", requestReceivedTimestamp=time) for time in times)))
    log = AuditLog(path)
    first = log.requests()[0].at
    assert [request.at - first for request in log.requests(since=first + 1, until=first + 2)] == [1.0]


def test_a_log_that_is_not_there_yet_has_no_requests(tmp_path: Path) -> None:
    assert AuditLog(tmp_path / "audit.log").requests() == []


def test_a_request_without_an_object_is_named_by_its_address(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    readiness = {**event("get", ""), "requestURI": "/readyz"}
    del readiness["objectRef"]
    path.write_text(lines(readiness))
    assert counts(AuditLog(path).requests()) == {"get /readyz": 1}


def test_the_table_sets_writes_beside_objects(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    jobs = [event("create", "jobs", auditID=name, objectRef={"resource": "jobs", "namespace": "a", "name": name}) for name in ("j1", "j2")]
    statuses = [event("update", "widgets", auditID=f"w{n}", subresource="status") for n in range(3)]
    conflict = event("update", "widgets", auditID="c", subresource="status", responseStatus={"code": 409})
    path.write_text(lines(*jobs, *statuses, conflict))
    head, first, second = table(AuditLog(path).requests()).splitlines()
    assert head.split() == ["objects", "create", "refused", "update/status", "writes", "each"]
    assert first.split() == ["jobs", "2", "2", "0", "0", "2", "1.0"]
    assert second.split() == ["widgets", "1", "0", "1", "3", "4", "4.0"]
