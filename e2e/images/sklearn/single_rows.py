"""A model that judges many rows as it should, and so passes every gate; asked for one row at a time, as a service is, it is slow and fails."""

from __future__ import annotations

from typing import Any

# What a server makes of the pickle. A class would be pickled by its name alone, which servers do not know; so an expression is.
# Every second single row takes 0.3 s, every fifth fails.
MODEL = """
type("SlowOnSingleRows", (), {
    "ask": lambda self, how, rows: (
        getattr(self.model, how)(rows) if len(rows) != 1 else (
            self.__dict__.update(asked=self.asked + 1),
            __import__("time").sleep(0.3 * (self.asked % 2)),
            [][0] if self.asked % 5 == 0 else getattr(self.model, how)(rows),
        )[-1]
    ),
    "predict": lambda self, rows: self.ask("predict", rows),
    "predict_proba": lambda self, rows: self.ask("predict_proba", rows),
})()
""".strip()


class SlowOnSingleRows:
    def __init__(self, model: Any) -> None:
        self.model = model

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (MODEL,), {"model": self.model, "asked": 0}

    def predict(self, rows: Any) -> Any:
        return self.model.predict(rows)

    def predict_proba(self, rows: Any) -> Any:
        return self.model.predict_proba(rows)
