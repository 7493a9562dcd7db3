"""The model server of the scenarios, which costs next to nothing: answers the Open Inference Protocol as far as probes and the load ask for
it, and tells on port 8082 what MLServer tells, by the same names, labels and buckets.

The model's parameters say how it behaves, the same each time: `error_ratio` "0.1" makes every tenth prediction fail, `latency` "0.2" makes
each take so many seconds.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

BUCKETS = ("0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1.0", "2.5", "5.0", "7.5", "10.0", "+Inf")
ROUTE = re.compile(r"/v2/models/(?P<model>[^/]+)(?P<versioned>/versions/(?P<version>[^/]+))?/(?P<what>infer|ready)")


class Metrics:
    """MLServer 1.7: the route's template as path, nothing about /v2/health, the version that the request named or None."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.sums: Counter[str] = Counter()

    def note(self, method: str, path: str, status: int, seconds: float) -> None:
        route = ROUTE.fullmatch(path)
        if route is None:
            return
        template = "/v2/models/{model_name}" + ("/versions/{model_version}" if route["versioned"] else "") + f"/{route['what']}"
        rest = f'app_name="mlserver",method="{method}",path="{template}",status_code="{status}"'
        model = f'model="{route["model"]}",version="{route["version"]}"'
        with self.lock:
            self.counts[f"rest_server_requests_total{{{rest}}}"] += 1
            self.counts[f"rest_server_request_duration_seconds_count{{{rest}}}"] += 1
            self.sums[f"rest_server_request_duration_seconds_sum{{{rest}}}"] += seconds  # type: ignore[assignment]
            for bucket in BUCKETS:
                self.counts[f'rest_server_request_duration_seconds_bucket{{{rest},le="{bucket}"}}'] += seconds <= float(bucket)
            if route["what"] == "infer":
                self.counts[f"model_infer_request_success_total{{{model}}}"] += status == 200
                self.counts[f"model_infer_request_failure_total{{{model}}}"] += status != 200
                self.counts[f"model_infer_request_duration_count{{{model}}}"] += 1
                self.sums[f"model_infer_request_duration_sum{{{model}}}"] += seconds  # type: ignore[assignment]

    def text(self) -> bytes:
        with self.lock:
            return "".join(f"{name} {value}\n" for name, value in [*self.counts.items(), *self.sums.items()]).encode()


class Model:
    def __init__(self, folder: Path) -> None:
        if (folder / "broken").exists():
            sys.exit("this model cannot be loaded")
        file = folder / "parameters.json"
        parameters = json.loads(file.read_text()) if file.exists() else {}
        self.error_ratio, self.latency = float(parameters.get("error_ratio", 0)), float(parameters.get("latency", 0))
        self.asked = 0
        self.lock = threading.Lock()

    def predicts(self) -> bool:
        """False for the share that shall fail, spread evenly."""
        time.sleep(self.latency)
        with self.lock:
            self.asked += 1
            return int(self.asked * self.error_ratio) == int((self.asked - 1) * self.error_ratio)


METRICS = Metrics()
VERSION = os.environ.get("MLSERVER_MODEL_VERSION", "")


class Predictions(http.server.BaseHTTPRequestHandler):
    model: Model

    def do_GET(self) -> None:
        self.answer(200, time.monotonic())

    def do_POST(self) -> None:
        began = time.monotonic()
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200 if self.model.predicts() else 500, began)

    def answer(self, status: int, began: float) -> None:
        body = json.dumps({"model_version": VERSION, "outputs": []} if status == 200 else {"model_version": VERSION, "error": "this one shall fail"}).encode()
        METRICS.note(self.command, self.path, status, time.monotonic() - began)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Exposition(Predictions):
    def do_GET(self) -> None:
        body = METRICS.text()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


def main() -> None:
    Predictions.model = Model(Path("/mnt/models"))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    threading.Thread(target=Server(("", 8082), Exposition).serve_forever, daemon=True).start()
    Server(("", 8080), Predictions).serve_forever()


if __name__ == "__main__":
    main()
