"""What train and evaluate share: where things lie in a run's pod, and how its data is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path("/millrace")
OUTPUT = ROOT / "output"


def parameters(root: Path = ROOT) -> dict[str, str]:
    path = root / "parameters.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def read_data(root: Path = ROOT) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Features and targets of every CSV below data/, the columns as the header of each file names them."""
    files = sorted((root / "data").glob("*/**/*.csv")) or sorted((root / "data").glob("*.csv"))
    if not files:
        raise SystemExit(f"no CSV file below {root / 'data'}")
    tables = [_read(file) for file in files]
    return np.vstack([features for features, _ in tables]), np.concatenate([target for _, target in tables])


def _read(file: Path) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    header = file.open().readline().strip().split(",")
    if "target" not in header:
        raise SystemExit(f"{file}: no column 'target'")
    rows = np.loadtxt(file, delimiter=",", skiprows=1, ndmin=2)
    at = header.index("target")
    return np.delete(rows, at, axis=1), rows[:, at].astype(int)


def write_metrics(metrics: dict[str, float]) -> None:
    path = OUTPUT / "metrics.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**known, **metrics}, sort_keys=True))
    print("metrics:", json.dumps(metrics, sort_keys=True))
