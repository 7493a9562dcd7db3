"""The page of metrics of the operator's process: clean for Prometheus, and nothing but what docs/metrics.md lists."""

from __future__ import annotations

import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from stand import PATIENCE, running

ROOT = Path(__file__).resolve().parents[2]
AT_ZERO = [
    'controller_runtime_reconcile_total{controller="trainingjob",result="error"} 0',
    'controller_runtime_reconcile_panics_total{controller="modelversion"} 0',
    'controller_runtime_terminal_reconcile_errors_total{controller="inferenceservice"} 0',
    'workqueue_retries_total{controller="trainingjob",name="trainingjob"} 0',
    'workqueue_depth{controller="trainingjob",name="trainingjob",priority="-100"} 0',
    'workqueue_unfinished_work_seconds{controller="trainingjob",name="trainingjob"} 0',
    'leader_election_slowpath_total{name="millrace"} 0',
    'millrace_watch_idle_timeouts_total{kind="Pod"} 0',
    'millrace_cache_objects{kind="Pod"} 0',
    "millrace_fencing_rejections_total 0",
]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def pages(port: int) -> Iterator[str]:
    """The page, again and again."""
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
                yield answer.read().decode()
        except urllib.error.URLError:
            pass
        time.sleep(0.05)


@pytest.fixture(scope="module")
def page(program: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a process that leads."""
    port = free_port()
    with running(program, tmp_path_factory.mktemp("metrics"), bind=f"127.0.0.1:{port}") as (server, _):
        assert server.led.wait(PATIENCE)
        return next(text for text in pages(port) if 'leader_election_master_status{name="millrace"} 1' in text)


def test_prometheus_finds_nothing_to_say(page: str) -> None:
    said = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True, timeout=PATIENCE)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_every_metric_is_documented_and_explained(page: str) -> None:
    documented = set(re.findall(r"^\| `(\w+)` \| (?:counter|gauge|histogram)", (ROOT / "docs/metrics.md").read_text(), re.M))
    shown = set(re.findall(r"^# TYPE (\w+) ", page, re.M))
    assert len(shown) > 30 and shown <= documented
    assert shown == set(re.findall(r"^# HELP (\w+) \S", page, re.M))


@pytest.mark.parametrize("line", AT_ZERO)
def test_begins_at_zero(page: str, line: str) -> None:
    assert line in page.splitlines()


def test_the_clock_that_it_goes_by_begins_right(page: str) -> None:
    """But for what lies between two readings, by which a clock that was set would not be told."""
    (behind,) = re.findall(r"^millrace_clock_behind_seconds (\S+)$", page, re.M)
    assert abs(float(behind)) < 1


def test_each_watched_kind_has_its_watch(page: str) -> None:
    def kinds(name: str) -> set[str]:
        return set(re.findall(rf'^{name}{{kind="(\w+)"}} ', page, re.M))

    assert {"Pod", "Job", "Deployment", "Service"} <= kinds("millrace_cache_objects")
    assert kinds("millrace_watch_age_seconds") == kinds("millrace_cache_bytes") == kinds("millrace_cache_objects")
    assert "Pod" in kinds("millrace_watch_starts_total") & kinds("millrace_watch_last_event_seconds")
