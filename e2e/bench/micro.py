"""The micro-benchmarks (bench/ of the checkout) as rows of the report."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from bench.report import Report
from bench.world import say
from testbed.paths import CHECKOUT

PROGRAM = CHECKOUT / "build/bench/bench_engine"
KINDS = ("InferenceService", "Deployment", "Service", "Pod")
_MB = 1_000_000.0


def run(report: Report) -> None:
    say("  micro-benchmarks …")
    done = subprocess.run([str(PROGRAM), "--benchmark_format=json", "--benchmark_min_time=0.5"], capture_output=True, text=True, check=True)
    tell(json.loads(done.stdout), report)


def tell(found: dict[str, Any], report: Report) -> None:
    one = {each["name"].split("/process_time")[0]: each for each in found["benchmarks"]}
    failed = [f"{name}: {each['error_message']}" for name, each in one.items() if each.get("error_occurred")]
    if failed:
        report.wrong += failed
        return
    for kind in KINDS:
        speed, least = (one[f"{what}/{kind}"]["bytes_per_second"] / _MB for what in ("decode", "floor"))
        report.row(f"watch lines of {kind} into structs, {one[f'decode/{kind}']['line']:.0f} bytes each", speed, "MB/s", least, "nlohmann's SAX, empty handler")
        report.row(f"one {kind} in the cache", one[f"cached/{kind}"]["bytes"], "bytes", one[f"cached/{kind}"]["json"], "its JSON")
    report.row("from a watch line to the end of a pass without a difference", nanoseconds(one["quiet pass"]) / one["quiet pass"]["passes"] / 1000, "µs")
    beast, cpprest = nanoseconds(one["call/beast"]), nanoseconds(one["call/cpprest"])
    report.row("CPU of a call over TLS by Beast", beast / 1000, "µs")
    report.row("CPU of a call over TLS by cpprestsdk", cpprest / 1000, "µs", beast / 1000, "by Beast")


def nanoseconds(one: dict[str, Any]) -> float:
    return float(one["cpu_time"]) * {"ns": 1, "us": 1e3, "ms": 1e6}[one["time_unit"]]
