"""MLflow's tracking server and registry on a claim; what it holds is read back by its own client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cluster import Cluster
from servers.server import Program, Server
from testbed.paths import client
from testbed.recipes import recipe

_CLIENT = Path(__file__).with_name("mlflow_program.py")
_SERVE = (
    "server",
    "--host=0.0.0.0",
    "--port=5000",
    "--workers=1",
    "--allowed-hosts=*",
    "--backend-store-uri=sqlite:////mlflow/store.db",
    "--artifacts-destination=/mlflow/artifacts",
)


class Mlflow(Server):
    def __init__(self, cluster: Cluster, namespace: str) -> None:
        program = Program(
            name="mlflow",
            image="mlflow",
            reference=recipe("mlflow").reference,
            port=5000,
            probe="/health",
            args=("mlflow", *_SERVE),
            folders={"mlflow": "/mlflow"},
            memory="400Mi",
            tls=False,
        )
        super().__init__(cluster, namespace, program)
        self.start()

    def runs(self, experiment: str) -> list[dict[str, Any]]:
        """id, status, parameters, metrics, tags of each, oldest first."""
        return self._ask("runs", experiment)

    def versions(self, model: str) -> list[dict[str, Any]]:
        """version, run, source, tags, aliases of each, oldest first."""
        return self._ask("versions", model)

    def _ask(self, what: str, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.cluster.run(str(client("mlflow", "python")), "-P", str(_CLIENT), self.url, what, name).stdout)
        return found
