"""The scenarios' model server fails the share that it shall, and counts as MLServer does."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def server() -> ModuleType:
    """The program as it lies in the image, which is no package."""
    found = importlib.util.spec_from_file_location("light_server", Path(__file__).parents[2] / "images/sklearn/light_server.py")
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_share_that_fails_is_spread_evenly(server: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "parameters.json").write_text(json.dumps({"error_ratio": "0.25", "n": "1"}))
    model = server.Model(tmp_path)
    assert [model.predicts() for _ in range(8)] == [True, True, True, False] * 2


def test_without_parameters_none_fails(server: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "parameters.json").write_text("{}")
    model = server.Model(tmp_path)
    assert all(model.predicts() for _ in range(100))


def test_metrics_have_the_names_and_labels_of_mlserver(server: ModuleType) -> None:
    metrics = server.Metrics()
    metrics.note("POST", "/v2/models/line/infer", 200, 0.02)
    metrics.note("POST", "/v2/models/line/infer", 500, 0.3)
    metrics.note("GET", "/v2/models/line/ready", 200, 0.001)
    metrics.note("GET", "/v2/health/live", 200, 0.001)
    lines = metrics.text().decode().splitlines()
    infer = 'app_name="mlserver",method="POST",path="/v2/models/{model_name}/infer"'
    assert f'rest_server_requests_total{{{infer},status_code="200"}} 1' in lines
    assert f'rest_server_requests_total{{{infer},status_code="500"}} 1' in lines
    assert f'rest_server_request_duration_seconds_bucket{{{infer},status_code="200",le="0.01"}} 0' in lines
    assert f'rest_server_request_duration_seconds_bucket{{{infer},status_code="200",le="0.025"}} 1' in lines
    assert f'rest_server_request_duration_seconds_sum{{{infer},status_code="500"}} 0.3' in lines
    assert 'model_infer_request_failure_total{model="line",version="None"} 1' in lines
    assert 'rest_server_requests_total{app_name="mlserver",method="GET",path="/v2/models/{model_name}/ready",status_code="200"} 1' in lines
    assert not any("health" in line for line in lines)
