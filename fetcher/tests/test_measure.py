"""measure: two metrics.json side by side, by the rules of publish."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import perform, refused


def paths(folder: Path, **texts: str) -> dict[str, str]:
    for role, text in texts.items():
        (folder / role).mkdir()
        (folder / role / "metrics.json").write_text(text)
    return {role: str(folder / role / "metrics.json") for role in texts}


def test_the_numbers_asked_for_are_told_by_role(tmp_path: Path) -> None:
    metrics = paths(tmp_path, challenger='{"accuracy": 0.9310, "loss": 5}', champion='{"accuracy": 1e-9}')
    assert perform("measure", metrics=metrics, report=["accuracy", "absent"]) == (
        0,
        {"v": 1, "challenger": {"accuracy": "0.931"}, "champion": {"accuracy": "1e-09"}},
    )


def test_without_a_champion_only_the_challenger_is_told(tmp_path: Path) -> None:
    metrics = paths(tmp_path, challenger='{"accuracy": 1}')
    assert perform("measure", metrics=metrics, report=["accuracy"]) == (0, {"v": 1, "challenger": {"accuracy": "1"}})


def test_an_evaluation_that_wrote_nothing_has_no_numbers(tmp_path: Path) -> None:
    metrics = {"challenger": str(tmp_path / "challenger/metrics.json"), "champion": str(tmp_path / "none.json")}
    message = {"v": 1, "challenger": {}, "champion": {}}
    assert perform("measure", metrics=metrics, report=["accuracy"]) == (0, message)


@pytest.mark.parametrize("text", ['{"accuracy": NaN}', "[]", '{"accuracy": "1"}', "{"])
def test_bad_numbers_are_told_with_their_role(tmp_path: Path, text: str) -> None:
    metrics = paths(tmp_path, challenger='{"accuracy": 1}', champion=text)
    code, message = perform("measure", metrics=metrics, report=["accuracy"])
    assert (code, message["error"]["reason"]) == (10, "BadMetrics")
    assert message["error"]["message"].startswith("champion: metrics.json: ")


def test_a_report_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    names = [f"metric_{number:02}_{'x' * 30}" for number in range(10)]
    text = "{" + ",".join(f'"{name}": 0.30000000000000004' for name in names) + "}"
    metrics = paths(tmp_path, challenger=text, champion=text)
    assert refused("measure", metrics=metrics, report=names) == (10, "BadMetrics")


@pytest.mark.parametrize(
    "metrics", [{}, {"champion": "/a"}, {"challenger": "a"}, {"challenger": "/a", "other": "/b"}, 1]
)
def test_a_task_of_nonsense_is_ours(metrics: object) -> None:
    assert refused("measure", metrics=metrics, report=[]) == (30, "MalformedTask")
