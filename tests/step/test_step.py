"""millrace-step run and follow: docs/pods.md, section millrace-step."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PATIENCE, Pod, eventually

PYTHON = sys.executable


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_exit_code_is_the_commands(pod: Pod, code: int) -> None:
    assert pod.run("train", "sh", "-c", f"exit {code}")[0] == code
    assert (pod.state / "train.exit").read_text() == str(code)
    assert pod.message("train") == {"v": 1, "exitCode": code, "signal": 0, "outOfMemory": False, "stderr": ""}


def test_killed_command_is_128_and_the_signal(pod: Pod) -> None:
    assert pod.run("train", "sh", "-c", "kill -KILL $$")[0] == 137
    assert (pod.state / "train.exit").read_text() == "137"
    assert pod.message("train")["signal"] == 9


@pytest.mark.parametrize("name", ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2"])
def test_signals_are_forwarded(pod: Pod, name: str) -> None:
    script = f"trap 'echo heard; exit 7' {name}; touch {pod.folder}/ready; while :; do sleep 0.05; done"
    process = pod.start("train", "sh", "-c", script)
    eventually((pod.folder / "ready").exists)
    process.send_signal(getattr(signal, f"SIG{name}"))
    out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (7, b"heard\n")


def test_a_command_that_was_told_to_end_has_not_succeeded(pod: Pod) -> None:
    """A pod that is taken away: what train saved when it heard TERM is no model."""
    script = f"trap 'exit 0' TERM; touch {pod.folder}/ready; while :; do sleep 0.05; done"
    process = pod.start("train", "sh", "-c", script)
    eventually((pod.folder / "ready").exists)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    assert pod.message("train")["exitCode"] == 143
    assert pod.run("publish", "true", after="train")[0] == 0
    assert pod.message("publish")["skipped"] == "train"


def test_a_follower_that_had_done_its_work_when_it_was_told_to_end_has_succeeded(pod: Pod) -> None:
    pod.run("train", "true")
    said = '{"v":1,"digest":"sha256:a"}'
    script = f"trap 'exit 0' TERM; printf '%s' '{said}' >{pod.log('publish')}; touch {pod.folder}/ready; while :; do sleep 0.05; done"
    process = pod.start("publish", "sh", "-c", script, after="train")
    eventually((pod.folder / "ready").exists)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert pod.log("publish").read_text() == said


def test_command_starts_with_the_signals_and_umask_that_step_was_given(pod: Pod) -> None:
    script = "print(open('/proc/self/status').read(), __import__('os').umask(0))"
    _, out, _ = pod.run("train", PYTHON, "-c", script, preexec_fn=lambda: os.umask(0o077) and None)
    lines = dict(line.split(":\t", 1) for line in out.decode().splitlines() if ":\t" in line)
    assert int(lines["SigBlk"], 16) == 0
    assert out.decode().split()[-1] == str(0o077)


def test_stdout_passes_and_stderr_is_copied(pod: Pod) -> None:
    assert pod.run("train", "sh", "-c", "echo out; echo err >&2") == (0, b"out\n", b"err\n")
    assert pod.message("train")["stderr"] == "err\n"


def test_stderr_of_any_length_is_copied_whole_and_its_end_kept(pod: Pod) -> None:
    script = "import sys; sys.stderr.write('x' * 300000 + 'the end'); sys.exit(2)"
    code, _, err = pod.run("train", PYTHON, "-c", script)
    assert (code, len(err)) == (2, 300007)
    kept = pod.message("train")["stderr"]
    assert len(kept) == 1024 and kept.endswith("xthe end")


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (rb"\xff\xfea", "\ufffd\ufffda"),
        (rb"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (rb"\xc0\xaf", "\ufffd\ufffd"),
        (rb"\xf0\x9f\x98\x80 \xc3\xa4", "\U0001f600 ä"),
        (rb"\x00\x07\x1b[31m\x7f\"\\\n\t", '\x00\x07\x1b[31m\x7f"\\\n\t'),
        (rb"torn \xe2\x82", "torn \ufffd\ufffd"),
    ],
)
def test_stderr_becomes_valid_json(pod: Pod, raw: bytes, kept: str) -> None:
    script = f"import os; os.write(2, b'{raw.decode()}')"
    pod.run("train", PYTHON, "-c", script)
    assert pod.message("train")["stderr"] == kept
    assert all(byte >= 0x20 and byte != 0x7F for byte in pod.log("train").read_bytes())


def test_control_bytes_do_not_burst_the_message(pod: Pod) -> None:
    pod.run("train", PYTHON, "-c", "import os; os.write(2, b'\\x01' * 5000 + b'last')")
    kept = pod.message("train")["stderr"]
    assert kept.endswith("\x01last") and len(pod.log("train").read_bytes()) > 1480


def test_a_character_torn_at_the_cut_is_left_out(pod: Pod) -> None:
    pod.run("train", PYTHON, "-c", "import os; os.write(2, '€'.encode() * 500)")
    assert pod.message("train")["stderr"] == "€" * 341


def test_command_that_is_not_there_is_127(pod: Pod) -> None:
    code, _, err = pod.run("train", "no-such-command")
    assert (code, err) == (127, b"millrace-step: command not found: no-such-command\n")
    assert "no-such-command" in pod.message("train")["stderr"]
    assert pod.run("train", "/no/such/command")[0] == 127


def test_command_that_cannot_be_executed_is_126(pod: Pod) -> None:
    plain = pod.folder / "plain"
    plain.write_text("echo no\n")
    plain.chmod(0o644)
    assert pod.run("train", plain)[0] == 126
    assert pod.run("train", "plain", env={"PATH": str(pod.folder)})[0] == 126
    plain.chmod(0o755)  # executable, but no interpreter line: a shell would run it, we have none
    assert pod.run("train", plain)[0] == 126
    plain.write_text("#!/no/such/interpreter\n")
    code, _, err = pod.run("train", plain)
    assert code == 126 and b"interpreter" in err


def test_command_is_looked_for_in_path(pod: Pod) -> None:
    (pod.folder / "second").mkdir()
    script = pod.folder / "second" / "mine"
    script.write_text("#!/bin/sh\nexit 5\n")
    script.chmod(0o755)
    assert pod.run("train", "mine", env={"PATH": f"/nowhere:{pod.folder}/second"})[0] == 5


def test_follower_goes_on_after_success_and_is_followed(pod: Pod) -> None:
    order = pod.folder / "order"
    publish = pod.start("publish", "sh", "-c", f"echo publish >>{order}", after="train,evaluate")
    evaluate = pod.start("evaluate", "sh", "-c", f"echo evaluate >>{order}", after="train")
    pod.has_started("publish")
    pod.has_started("evaluate")
    assert not order.exists()
    train = pod.start("train", "sh", "-c", f"echo train >>{order}")
    assert [process.wait(PATIENCE) for process in (train, evaluate, publish)] == [0, 0, 0]
    assert order.read_text().split() == ["train", "evaluate", "publish"]


def test_followers_skip_after_failure(pod: Pod) -> None:
    evaluate = pod.start("evaluate", "touch", pod.folder / "ran", after="train")
    publish = pod.start("publish", "touch", pod.folder / "ran", after="evaluate")
    assert pod.run("train", "false")[0] == 1
    assert (evaluate.wait(PATIENCE), publish.wait(PATIENCE)) == (0, 0)
    assert pod.message("evaluate") == {"v": 1, "skipped": "train"}
    assert pod.message("publish") == {"v": 1, "skipped": "evaluate"}
    assert not (pod.folder / "ran").exists()


def test_follower_skips_when_step_itself_was_killed(pod: Pod) -> None:
    train = pod.start("train", "sh", "-c", f"echo $$ >{pod.folder}/pid; exec sleep 600")
    eventually(lambda: (pod.folder / "pid").exists() and (pod.folder / "pid").read_text().endswith("\n"))
    child = int((pod.folder / "pid").read_text())
    follower = pod.start("publish", "touch", pod.folder / "ran", after="train")
    pod.has_started("publish")
    assert follower.poll() is None
    train.kill()
    assert follower.wait(PATIENCE) == 0
    assert pod.message("publish") == {"v": 1, "skipped": "train"}
    assert not (pod.folder / "ran").exists() and not (pod.state / "train.exit").exists()
    eventually(lambda: not is_running(child))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_follower_that_waits_ends_on_term(pod: Pod) -> None:
    follower = pod.start("publish", "true", after="train")
    pod.has_started("publish")
    follower.terminate()
    assert follower.wait(PATIENCE) == 143
    assert pod.message("publish")["signal"] == 15
    assert not (pod.state / "publish.exit").exists()


def test_a_message_that_a_follower_wrote_itself_stays(pod: Pod) -> None:
    pod.run("train", "true")
    told = '{"v":1,"digest":"sha256:00"}'
    write = f"printf '%s' '{told}' >\"$MILLRACE_TERMINATION_LOG\""
    pod.log("publish").write_text('{"v":1,"digest":"from an earlier life"}')
    assert pod.run("publish", "sh", "-c", f"{write}; exit 20", after="train")[0] == 20
    assert pod.log("publish").read_text() == told
    pod.run("publish", "true", after="train")
    assert pod.message("publish")["exitCode"] == 0
    pod.run("publish", "sh", "-c", f"{write}; kill -KILL $$", after="train")
    assert pod.message("publish")["signal"] == 9
    pod.run("train", "sh", "-c", write)
    assert pod.message("train")["exitCode"] == 0


@pytest.mark.parametrize("index", ["1", "12"])
def test_followers_of_other_indexes_end_at_once(pod: Pod, index: str) -> None:
    assert pod.run("publish", "false", after="train", env={"JOB_COMPLETION_INDEX": index})[0] == 0
    assert pod.message("publish") == {"v": 1, "skipped": "index"}


def test_index_zero_works_and_train_runs_in_every_index(pod: Pod) -> None:
    assert pod.run("train", "sh", "-c", "exit 0", env={"JOB_COMPLETION_INDEX": "3"})[0] == 0
    assert pod.run("publish", "sh", "-c", "exit 9", after="train", env={"JOB_COMPLETION_INDEX": "0"})[0] == 9


def test_many_followers_at_once_disturb_nobody(pod: Pod) -> None:
    followers = [pod.start(f"f{n}", "true", after="train") for n in range(12)]
    assert pod.run("train", "true")[0] == 0
    assert [follower.wait(PATIENCE) for follower in followers] == [0] * 12
    assert all(pod.message(f"f{n}")["exitCode"] == 0 for n in range(12))


def test_a_second_holder_of_a_name_is_refused(pod: Pod) -> None:
    pod.start("train", "sleep", "600")
    pod.has_started("train")
    code, _, err = pod.run("train", "true")
    assert code == 125 and b"cannot hold the lock" in err


def test_state_is_open_to_every_user_whatever_the_umask(pod: Pod) -> None:
    model = pod.folder / "output" / "model"
    script = f"mkdir -p {model} && echo m >{model}/m && chmod 700 {model} && echo x >{model}/run && chmod 700 {model}/run"
    run = pod.run(
        "train",
        "sh",
        "-c",
        script,
        options=["--share", pod.folder / "output"],
        preexec_fn=lambda: os.umask(0o077) and None,
    )
    assert run[0] == 0, run
    assert mode(pod.state) == 0o777
    assert {mode(path) for path in pod.state.iterdir()} == {0o666}
    assert mode(pod.folder / "output") == 0o777
    assert (mode(model), mode(model / "m"), mode(model / "run")) == (0o755, 0o644, 0o744)


def test_sharing_follows_no_link_and_happens_only_after_success(pod: Pod) -> None:
    outside = pod.folder / "outside"
    outside.write_text("private")
    outside.chmod(0o600)
    out = pod.folder / "out"
    script = f"ln -s {outside} {out}/link; ln -s {pod.folder} {out}/up; touch {out}/f; chmod 600 {out}/f; exit $CODE"
    pod.run("train", "sh", "-c", script, options=["--share", out], env={"CODE": "1"})
    assert mode(out / "f") == 0o600
    pod.run("train", "sh", "-c", "exit 0", options=["--share", out])
    assert mode(out / "f") == 0o644 and mode(outside) == 0o600


@pytest.mark.parametrize("code", ["0", "1"])
def test_what_is_given_can_be_removed_by_others_even_after_a_failure(pod: Pod, code: str) -> None:
    out = pod.folder / "out"
    script = f"mkdir -p {out}/a/b && echo x >{out}/a/b/f && chmod 700 {out}/a {out}/a/b && chmod 600 {out}/a/b/f; exit {code}"
    pod.run("preprocess", "sh", "-c", script, options=["--give", out])
    assert (mode(out / "a"), mode(out / "a/b"), mode(out / "a/b/f")) == (0o777, 0o777, 0o644)


V1 = "memory/memory.oom_control"


@pytest.mark.parametrize("version", ["memory.events", V1])
@pytest.mark.parametrize("moved", [True, False])
def test_out_of_memory_is_seen_by_the_counter(pod: Pod, version: str, moved: bool) -> None:
    counter = pod.folder / "cgroup" / version
    counter.parent.mkdir(parents=True)
    text = "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n" if version == V1 else "low 0\nmax 9\noom 3\noom_kill {}\noom_group_kill 0\n"
    counter.write_text(text.format(2))
    after = text.format(3 if moved else 2)
    pod.run("train", "sh", "-c", f"printf '{after}' >{counter}; exit 1", env={"MILLRACE_CGROUP": str(pod.folder / "cgroup")})
    assert pod.message("train")["outOfMemory"] is moved


def test_background_processes_do_not_hold_the_step(pod: Pod) -> None:
    code, _, _ = pod.run("train", "sh", "-c", "sleep 600 >/dev/null & echo $! >&2")
    sleeper = int(pod.message("train")["stderr"])
    assert code == 0 and is_running(sleeper)
    os.kill(sleeper, signal.SIGKILL)


def test_orphans_are_reaped(pod: Pod) -> None:
    told = pod.folder / "pid"
    pod.start("train", "sh", "-c", f"(sh -c 'echo $$ >{told}; exit 3' &); exec sleep 600")
    eventually(lambda: told.exists() and told.read_text().endswith("\n"))
    orphan = Path("/proc") / told.read_text().strip()
    eventually(lambda: not orphan.exists())  # a zombie would stay


@pytest.mark.skipif(os.geteuid() != 0, reason="a PID namespace needs root")
def test_as_process_one_it_reaps_and_hears_term(pod: Pod) -> None:
    inner = "trap 'exit 4' TERM; for i in 1 2 3; do (sleep 0.01 &) ; done; sleep 0.3; ps -eo pid,stat,comm; echo ready; while :; do sleep 0.05; done"
    line: list[str | Path] = [
        "unshare",
        "--pid",
        "--fork",
        "--mount-proc",
        pod.binary,
        "run",
        "--name",
        "train",
        "--state",
        pod.state,
        "--",
        "sh",
        "-c",
        inner,
    ]
    environment = {**os.environ, "MILLRACE_TERMINATION_LOG": str(pod.log("train"))}
    process = subprocess.Popen(line, env=environment, stdout=subprocess.PIPE)
    pod.running.append(process)
    assert process.stdout is not None
    seen = []
    while (text := process.stdout.readline().decode()) not in ("ready\n", ""):
        seen.append(text.split())
    assert seen[1][0] == "1" and seen[1][2] == "millrace-step"
    assert not [row for row in seen if row[1].startswith("Z")]
    first = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
    os.kill(int(first), signal.SIGTERM)
    process.wait(PATIENCE)
    assert pod.message("train")["exitCode"] == 4


def test_install_copies_an_executable(pod: Pod) -> None:
    target = pod.folder / "a" / "bin"
    for _ in range(2):
        subprocess.run([pod.binary, "install", target], check=True, preexec_fn=lambda: os.umask(0o077) and None)
    assert mode(target / "millrace-step") == 0o555
    assert [path.name for path in target.iterdir()] == ["millrace-step"]
    assert (target / "millrace-step").read_bytes() == pod.binary.read_bytes()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ([], "use:"),
        (["walk"], "use:"),
        (["run", "--", "true"], "--name is missing"),
        (["run", "--name", "train"], "command"),
        (["run", "--name", "train", "--"], "command"),
        (["run", "--name", "../train", "--", "true"], "--name takes"),
        (["run", "--name", "train", "--after", "x", "--", "true"], "not known"),
        (["follow", "--name", "p", "--", "true"], "--after is missing"),
        (["follow", "--name", "p", "--after", "a,,b", "--", "true"], "--after takes"),
    ],
)
def test_a_wrong_command_line_is_told(binary: Path, line: list[str], why: str) -> None:
    done = subprocess.run([binary, *line], check=False, capture_output=True)
    assert done.returncode == 125 and why in done.stderr.decode()


@pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root")
def test_it_starts_in_a_chroot_that_holds_nothing_else(pod: Pod) -> None:
    source = pod.folder / "hello.c"
    source.write_text('#include <unistd.h>\nint main(void) { return write(2, "here", 4) == 4 ? 6 : 1; }\n')
    root = pod.folder / "root"
    (root / "state").mkdir(parents=True)
    subprocess.run(["gcc", "-static", "-o", root / "hello", source], check=True)
    (root / "step").write_bytes(pod.binary.read_bytes())
    (root / "step").chmod(0o555)
    line: list[str | Path] = ["chroot", root, "/step", "run", "--name", "train", "--state", "/state", "--", "/hello"]
    done = subprocess.run(line, env={"PATH": os.environ["PATH"], "MILLRACE_TERMINATION_LOG": "/message"}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (6, b"here")
    assert json.loads((root / "message").read_text())["exitCode"] == 6
    line = ["chroot", root, "/step", "run", "--name", "train", "--state", "/state", "--", "nothing"]
    assert subprocess.run(line, check=False, capture_output=True).returncode == 127


def test_it_is_static(binary: Path) -> None:
    headers = subprocess.run(["readelf", "-ld", binary], check=True, capture_output=True, text=True).stdout
    assert "INTERP" not in headers and "NEEDED" not in headers
    assert binary.stat().st_size < 2_000_000


SHOW = 'echo "$MILLRACE_CHECKPOINT_DIR,${MILLRACE_RESUME_DIR-unset}"'


def test_checkpoints_of_the_first_attempt_have_a_folder_and_nothing_to_resume(pod: Pod) -> None:
    folder = pod.folder / "claim" / "uid-3" / "a1"
    code, out, _ = pod.run("train", "sh", "-c", SHOW, options=["--checkpoint", folder], env={"MILLRACE_RESUME_DIR": "stale"})
    assert (code, out.decode()) == (0, f"{folder},unset\n")
    assert mode(folder) == 0o777


def test_a_later_attempt_resumes_from_the_newest_earlier_one_that_left_something(pod: Pod) -> None:
    run = pod.folder / "uid-3"
    for name in ("a1", "a2", "a9", "a10", "a11", "a12", "a13", "b2", "a2x"):
        (run / name).mkdir(parents=True)
    for name in ("a1", "a2", "a9", "a10", "a13", "b2", "a2x"):
        (run / name / "step").touch()
    code, out, _ = pod.run("train", "sh", "-c", SHOW, options=["--checkpoint", run / "a12"])
    assert (code, out.decode()) == (0, f"{run / 'a12'},{run / 'a10'}\n")


@pytest.mark.parametrize("name", ["", "a0", "x1", "a1x", "a"])
def test_a_checkpoint_folder_that_is_no_attempts_is_refused(pod: Pod, name: str) -> None:
    code, _, err = pod.run("train", "true", options=["--checkpoint", pod.folder / "uid-3" / name if name else "/"])
    assert code == 125
    assert b"checkpoints" in err


def test_a_checkpoint_folder_that_cannot_be_made_ends_the_step(pod: Pod) -> None:
    (pod.folder / "file").touch()
    code, _, _ = pod.run("train", "true", options=["--checkpoint", pod.folder / "file" / "a1"])
    assert code == 125
