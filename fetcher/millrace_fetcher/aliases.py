"""MLflow's aliases, which people move too. A tag of the registered model records where we put an alias last: one that
points elsewhere was moved by a person and stays theirs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from millrace_fetcher import mlflow, report
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.mlflow import Api, Refused

RECORD = "millrace.dev/alias."


@dataclass(frozen=True)
class Record:
    """`at`: MLflow's version that has the alias by us; `before`: the one it may still have, while a move is not known
    to be done; `order`: which of our versions asked. Versions as MLflow numbers them; empty: none."""

    at: str
    before: str | None
    order: int


def _record_of(text: str) -> Record | None:
    """None when a person wrote it: then nothing is known to be ours."""
    try:
        value = json.loads(text)
        return Record(str(value["at"]), value["before"], int(value["order"]))
    except (ValueError, KeyError, TypeError):
        return None


class Claim:
    """The wish of one version for aliases of its model."""

    def __init__(self, api: Api, model: str, version: int, order: int) -> None:
        self._api = api
        self._model = model
        self._version = str(version)
        self._order = order

    def take(self, alias: str) -> bool:
        """Whether this version has the alias now, as read back."""
        now, record = self._now(alias), self._recorded(alias)
        if record is None and now not in {"", self._version}:
            report.say(f"the alias {alias} is at version {now} and not by us: it stays; delete it to hand it over")
            return False
        if record is not None and now not in {record.at, record.before}:
            report.say(f"the alias {alias} was moved by a person to version {now or 'none'}: it stays")
            return now == self._version
        if record is not None and record.order > self._order:
            report.say(f"the alias {alias} is at version {now}, a later one")
            return False
        if now != self._version or record != Record(self._version, None, self._order):
            self._move(alias, now)
        return True

    def _move(self, alias: str, now: str) -> None:
        # The intent is recorded first, so that after an interruption both ends of the move are known as ours.
        self._write(alias, Record(self._version, now, self._order))
        self._api.post("registered-models/alias", {"name": self._model, "alias": alias, "version": self._version})
        there = self._now(alias)
        if there != self._version:
            raise Failure(Reason.UNREACHABLE, f"the alias {alias} was set and is at version {there or 'none'}")
        self._write(alias, Record(self._version, None, self._order))

    def _now(self, alias: str) -> str:
        try:
            found = self._api.get("registered-models/alias", name=self._model, alias=alias)
        except Refused as refused:
            # An alias that nobody has is told as an invalid value by MLflow's SQL store.
            if refused.code not in {mlflow.ABSENT, "INVALID_PARAMETER_VALUE"}:
                raise
            return ""
        return str(self._api.member(found, "model_version")["version"])

    def _recorded(self, alias: str) -> Record | None:
        answer = self._api.get("registered-models/get", name=self._model)
        model = self._api.member(answer, "registered_model")
        text = mlflow.tags_of(model).get(RECORD + alias)
        return _record_of(text) if text is not None else None

    def _write(self, alias: str, record: Record) -> None:
        tag = {"name": self._model, "key": RECORD + alias, "value": json.dumps(asdict(record))}
        self._api.post("registered-models/set-tag", tag)
