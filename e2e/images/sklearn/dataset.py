"""Writes scikit-learn's breast-cancer data (569 rows, 30 features, CC BY 4.0) as CSV: dataset.py FILE."""

from __future__ import annotations

import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer


def main(path: Path) -> None:
    data = load_breast_cancer()
    header = [*(name.replace(" ", "_") for name in data.feature_names), "target"]
    rows = [",".join([*(repr(float(value)) for value in row), str(int(target))]) for row, target in zip(data.data, data.target, strict=True)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([",".join(header), *rows]) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
