"""A class that only the trainer's image path knows: a model pickled with it cannot be loaded by a server."""

from __future__ import annotations

from typing import Any


class PrivateModel:
    def __init__(self, model: Any) -> None:
        self.model = model

    def predict(self, rows: Any) -> Any:
        return self.model.predict(rows)

    def predict_proba(self, rows: Any) -> Any:
        return self.model.predict_proba(rows)
