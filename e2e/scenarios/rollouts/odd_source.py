"""A metrics source that misbehaves, run inside the cluster's network: `python3 odd_source.py ADDRESS PORT slow|nan UPSTREAM`.

slow: asks Prometheus after ten seconds. nan: answers every question with a vector of NaN, as 0/0 does.
"""

from __future__ import annotations

import http.server
import json
import sys
import time
import urllib.request

SLOW_SECONDS = 10


def serve(address: str, port: int, how: str, upstream: str) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(None)

        def do_POST(self) -> None:
            self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def answer(self, body: bytes | None) -> None:
            text = not_a_number() if how == "nan" else self.asked(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def asked(self, body: bytes | None) -> bytes:
            time.sleep(SLOW_SECONDS)
            kind = {"Content-Type": self.headers.get("Content-Type", "")} if body is not None else {}
            with urllib.request.urlopen(urllib.request.Request(upstream + self.path, body, kind), timeout=30) as answer:
                return bytes(answer.read())

        def log_message(self, *_: object) -> None:
            pass

    http.server.ThreadingHTTPServer((address, port), Handler).serve_forever()


def not_a_number() -> bytes:
    result = [{"metric": {}, "value": [time.time(), "NaN"]}]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
