"""How scenarios are shared out."""

from __future__ import annotations

import pytest

from scenarios import workers
from testbed.paths import E2E


def test_files_that_share_a_setup_are_one_unit() -> None:
    units = [workers.unit_of(f"scenarios/data/{file}::test_it[a::b]") for file in ("test_gates.py", "test_mlflow.py", "test_attempts.py")]
    assert units == ["scenarios/data", "scenarios/data", "scenarios/data/test_attempts.py"]
    assert workers.unit_of("scenarios/bad_input/test_runs.py::test_metrics[nan]") == "scenarios/bad_input/test_runs.py"


def test_what_goes_first_is_there() -> None:
    assert [unit for unit in (*workers.FIRST, workers.ALONE) if not (E2E / unit).exists()] == []


def test_each_worker_has_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    assert workers.cluster_name() == workers.CLUSTER
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw2")
    assert workers.cluster_name() == f"{workers.CLUSTER}-gw2"
