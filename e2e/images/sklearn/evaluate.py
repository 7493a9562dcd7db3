"""Judges the trained model on all data and adds the numbers to metrics.json, names beginning with `evaluated_`."""

from __future__ import annotations

import joblib
from common import OUTPUT, read_data, write_metrics
from sklearn.metrics import accuracy_score, roc_auc_score


def main() -> None:
    model = joblib.load(OUTPUT / "model" / "model.joblib")
    features, target = read_data()
    accuracy = float(accuracy_score(target, model.predict(features)))
    area = float(roc_auc_score(target, model.predict_proba(features)[:, 1]))
    write_metrics({"evaluated_accuracy": accuracy, "evaluated_auc": area})


if __name__ == "__main__":
    main()
