"""A steady load: one prediction every interval over a fresh connection, counted by the version and the status that answered.

Runs in a pod (cluster/load.py): `python3 load_program.py URLS BODY RATE [HOST]`; several URLs, with blanks between them, are asked in turn.
Prints one JSON line a second and a last one when it is told to stop (SIGTERM): {"sent": n, "failed": n, "versions": {"1": n}, "errors":
{"…": n}, "codes": {"200": {"1": n}}, "at": seconds since 1970}, all counted from the start. `versions` are predictions; `codes` is every
answer by its status, or by the name of what went wrong with the connection, and by the version that it names ("" for none).
"""

from __future__ import annotations

import http.client
import json
import signal
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

SECONDS = 10  # that an answer may take


class Load:
    def __init__(self, urls: str, body: bytes, rate: float, host: str = "") -> None:
        self.servers, self.host = [urlsplit(url) for url in urls.split()], host
        self.body, self.interval = body, 1 / rate
        self.sent = 0
        self.versions: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.codes: dict[str, Counter[str]] = {}
        self.lock = threading.Lock()
        self.stop = threading.Event()

    def ask(self, turn: int = 0) -> None:
        to = self.servers[turn % len(self.servers)]
        code, version, error = "", "", ""
        connection = http.client.HTTPConnection(to.hostname or "", to.port or 80, timeout=SECONDS)
        headers = {"Content-Type": "application/json", "Connection": "close", "Host": self.host or to.netloc}
        try:
            connection.request("POST", to.path, self.body, headers)
            answer = connection.getresponse()
            text = answer.read()
            code = str(answer.status)
            version = version_in(text)
            if answer.status != 200:
                error = f"{code} {text[:100].decode(errors='replace')}"
        except Exception as problem:
            code, error = type(problem).__name__, str(problem)[:120] or type(problem).__name__
        finally:
            connection.close()
        self.note(code, version, error)

    def note(self, code: str, version: str, error: str) -> None:
        with self.lock:
            self.sent += 1
            self.codes.setdefault(code, Counter())[version] += 1
            if error:
                self.errors[error] += 1
            else:
                self.versions[version] += 1

    def line(self) -> str:
        with self.lock:
            counts = {"sent": self.sent, "failed": sum(self.errors.values()), "versions": self.versions, "errors": self.errors, "codes": self.codes}
            return json.dumps({**counts, "at": time.time()})

    def run(self) -> None:
        began = time.monotonic()
        told = 0.0
        threads: list[threading.Thread] = []
        for n in range(sys.maxsize):
            if self.stop.wait(max(0.0, began + n * self.interval - time.monotonic())):
                break
            threads.append(threading.Thread(target=self.ask, args=(n,)))
            threads[-1].start()
            if time.monotonic() - told >= 1:
                told = time.monotonic()
                threads = [t for t in threads if t.is_alive()]
                print(self.line(), flush=True)
        for thread in threads:
            thread.join()
        print(self.line(), flush=True)


def version_in(text: bytes) -> str:
    try:
        answer = json.loads(text)
    except ValueError:
        return ""
    return str(answer.get("model_version", "")) if isinstance(answer, dict) else ""


def main() -> None:
    load = Load(sys.argv[1], sys.argv[2].encode(), float(sys.argv[3]), *sys.argv[4:])
    signal.signal(signal.SIGTERM, lambda *_: load.stop.set())
    load.run()


if __name__ == "__main__":
    main()
