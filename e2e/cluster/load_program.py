"""A steady load: one prediction every interval over a fresh connection, counted by the version that answered.

Runs in a pod (cluster/load.py): `python3 load_program.py URL BODY RATE`. Prints one JSON line a second and a last one when it is
told to stop (SIGTERM): {"sent": n, "failed": n, "versions": {"1": n}, "errors": {"…": n}, "at": seconds since 1970}.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
import urllib.request
from collections import Counter


class Load:
    def __init__(self, url: str, body: bytes, rate: float) -> None:
        self.url, self.body, self.interval = url, body, 1 / rate
        self.sent = 0
        self.versions: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.stop = threading.Event()

    def ask(self) -> None:
        request = urllib.request.Request(self.url, self.body, {"Content-Type": "application/json", "Connection": "close"})
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                answer = json.loads(response.read())
            version, error = str(answer.get("model_version", "")), ""
        except Exception as problem:
            version, error = "", str(problem)[:120]
        with self.lock:
            self.sent += 1
            if error:
                self.errors[error] += 1
            else:
                self.versions[version] += 1

    def line(self) -> str:
        with self.lock:
            counts = {"sent": self.sent, "failed": sum(self.errors.values())}
            return json.dumps({**counts, "versions": dict(self.versions), "errors": dict(self.errors), "at": time.time()})

    def run(self) -> None:
        began = time.monotonic()
        threads: list[threading.Thread] = []
        for n in range(sys.maxsize):
            if self.stop.wait(max(0.0, began + n * self.interval - time.monotonic())):
                break
            threads = [t for t in threads if t.is_alive()]
            threads.append(threading.Thread(target=self.ask))
            threads[-1].start()
            if n % max(1, round(1 / self.interval)) == 0:
                print(self.line(), flush=True)
        for thread in threads:
            thread.join()
        print(self.line(), flush=True)


def main() -> None:
    load = Load(sys.argv[1], sys.argv[2].encode(), float(sys.argv[3]))
    signal.signal(signal.SIGTERM, lambda *_: load.stop.set())
    load.run()


if __name__ == "__main__":
    main()
