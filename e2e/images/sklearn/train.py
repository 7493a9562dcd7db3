"""Fits a logistic regression. Parameters (all optional): max_iter, c, seed, test_size, sleep (seconds, to watch a run),
private (\"yes\": pickled with a class that servers do not have, to watch a rollback), single_rows (\"slow\": passes its gates and is no good
under load)."""

from __future__ import annotations

import time

import joblib
from common import OUTPUT, parameters, read_data, write_metrics
from private_model import PrivateModel
from single_rows import SlowOnSingleRows
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def main() -> None:
    given = parameters()
    print("parameters:", given)
    features, target = read_data()
    seed = int(given.get("seed", "7"))
    share = float(given.get("test_size", "0.25"))
    fit_x, test_x, fit_y, test_y = train_test_split(features, target, test_size=share, random_state=seed, stratify=target)
    learner = LogisticRegression(max_iter=int(given.get("max_iter", "200")), C=float(given.get("c", "1.0")))
    model = make_pipeline(StandardScaler(), learner).fit(fit_x, fit_y)
    if given.get("private") == "yes":
        model = PrivateModel(model)
    if given.get("single_rows") == "slow":
        model = SlowOnSingleRows(model)
    time.sleep(float(given.get("sleep", "0")))
    folder = OUTPUT / "model"
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, folder / "model.joblib")
    accuracy = float(accuracy_score(test_y, model.predict(test_x)))
    write_metrics({"accuracy": accuracy, "loss": float(log_loss(test_y, model.predict_proba(test_x))), "rows": float(len(target))})


if __name__ == "__main__":
    main()
