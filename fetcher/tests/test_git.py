"""Code from git, served by the real git over TLS: revisions, credentials, redirects and bad repositories."""

from __future__ import annotations

import json
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from conftest import basic, perform
from git_server import GitServer, commit, git, serving

from millrace_fetcher import cli
from millrace_fetcher.git import program, repository
from millrace_fetcher.git.address import address_of

FILES = {"train.py": b"print(1)\n", "lib/a.py": b"", "lib/same.py": b"print(1)\n"}


@pytest.fixture
def server(tmp_path: Path, authority: trustme.CA) -> Iterator[GitServer]:
    with serving(tmp_path / "repos", authority) as made:
        yield made


@pytest.fixture
def other_server(tmp_path: Path, authority: trustme.CA) -> Iterator[GitServer]:
    with serving(tmp_path / "others", authority) as made:
        yield made


@pytest.fixture
def secret(server: GitServer, tmp_path: Path) -> str:
    return server.secret(tmp_path / "secrets" / "git-read")


def source(server: GitServer, rev: str = "main", repo: str = "/code", **more: Any) -> dict[str, Any]:
    return {"name": "job/.code", "git": {"repo": server.url + repo, "rev": rev}, **more}


def resolve(*sources: dict[str, Any]) -> tuple[int, Any]:
    code, message = perform("resolve", sources=list(sources))
    assert message["told"] == len(sources)
    return code, (message["sources"] or message["errors"] or [None])[0]


def fetch(server: GitServer, into: Path, pinned: str, secret: str, **more: Any) -> tuple[int, Any]:
    one = {"git": {"repo": server.url + "/code", "rev": "main"}, "commit": pinned, "identity": f"git:{pinned}"}
    more = {"name": ".code", "strength": "Strong", "into": str(into / "code"), "secret": secret, **more}
    return perform("fetch", into=str(into / "data"), sources=[{**one, **more}])


def test_a_branch_is_a_commit_and_asked_once(server: GitServer, secret: str) -> None:
    head = commit(server.root / "code", FILES)
    first, second = source(server, secret=secret), {**source(server, secret=secret), "name": "other/.code"}
    code, found = resolve(first, second)
    assert (code, found) == (0, {"name": "job/.code", "identity": f"git:{head}", "strength": "Strong", "commit": head})
    assert [path for _, path, _ in server.requests].count("/code/info/refs") == 1


def test_what_is_known_is_not_told_again(server: GitServer, secret: str) -> None:
    head = commit(server.root / "code", FILES)
    assert resolve(source(server, secret=secret, known=f"git:{head}")) == (0, None)


@pytest.mark.parametrize("rev", ["v1", "refs/tags/v1", "tags/v1"])
def test_an_annotated_tag_is_its_commit(server: GitServer, secret: str, rev: str) -> None:
    head = commit(server.root / "code", FILES)
    git(server.root / "code", "tag", "-a", "v1", "-m", "first")
    commit(server.root / "code", {"new": b"1"})
    assert resolve(source(server, rev, secret=secret))[1]["commit"] == head


def test_a_commit_is_taken_as_it_is_when_it_is_there(server: GitServer, secret: str) -> None:
    head = commit(server.root / "code", FILES)
    commit(server.root / "code", {"new": b"1"})
    assert resolve(source(server, head, secret=secret))[1]["commit"] == head
    code, error = resolve(source(server, "0" * 40, secret=secret))
    assert (code, error["reason"]) == (10, "RevisionNotFound")


@pytest.mark.parametrize("rev", ["nothing", "--upload-pack=touch x", "main^", "../x", "HEAD:train.py"])
def test_an_unknown_revision_is_named(server: GitServer, secret: str, rev: str) -> None:
    commit(server.root / "code", FILES)
    code, error = resolve(source(server, rev, secret=secret))
    assert (code, error["reason"]) == (10, "RevisionNotFound")
    assert rev in error["message"]


def test_a_short_commit_is_explained(server: GitServer, secret: str) -> None:
    head = commit(server.root / "code", FILES)
    assert "in full" in resolve(source(server, head[:9], secret=secret))[1]["message"]


def test_an_unknown_repository_is_gits_sentence(server: GitServer, secret: str) -> None:
    code, error = resolve(source(server, repo="/none", secret=secret))
    assert (code, error["reason"]) == (10, "NotFound")
    assert "not found" in error["message"]


def test_the_tree_of_the_pinned_commit_is_fetched(server: GitServer, secret: str, tmp_path: Path) -> None:
    folder = server.root / "code"
    folder.mkdir(parents=True)
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    head = commit(folder, FILES)
    commit(folder, {"train.py": b"print(2)\n"})
    code, message = fetch(server, tmp_path, head, secret)
    assert (code, message["sources"]) == (0, [])  # the pinned commit says all
    for path, data in FILES.items():
        assert (tmp_path / "code" / path).read_bytes() == data
    assert (tmp_path / "code" / "run.sh").stat().st_mode & stat.S_IXOTH
    assert not (tmp_path / "data" / ".code").exists()


def test_another_commit_than_the_pinned_is_data_changed(server: GitServer, secret: str, tmp_path: Path) -> None:
    head = commit(server.root / "code", FILES)
    code, message = fetch(server, tmp_path, head, secret, identity="git:" + "1" * 40)
    assert (code, message["error"]["reason"]) == (10, "DataChanged")
    assert not (tmp_path / "code").exists()


def test_a_link_in_the_code_is_refused(server: GitServer, secret: str, tmp_path: Path) -> None:
    (server.root / "code").mkdir(parents=True)
    (server.root / "code" / "out").symlink_to("/etc/passwd")
    code, message = fetch(server, tmp_path, commit(server.root / "code", FILES), secret)
    assert (code, message["error"]["reason"]) == (10, "BadTree")


@pytest.mark.parametrize(
    ("keys", "header"),
    [
        ({"username": "ann", "password": "s3cret-word"}, basic("ann", "s3cret-word")),
        ({"token": "t0ken-word"}, basic("x-access-token", "t0ken-word")),
        ({"username": "bot", "token": "t0ken-word"}, basic("bot", "t0ken-word")),
    ],
)
def test_credentials_are_sent_to_their_server(
    server: GitServer, tmp_path: Path, keys: dict[str, str], header: str
) -> None:
    commit(server.root / "code", FILES)
    server.wanted = header
    assert resolve(source(server, secret=server.secret(tmp_path / "s", **keys)))[0] == 0
    assert {authorization for _, _, authorization in server.requests} == {header}


def test_wrong_credentials_are_refused_and_not_told(
    server: GitServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(server.root / "code", FILES)
    server.wanted = basic("ann", "right")
    wrong = server.secret(tmp_path / "s", username="ann", password="s3cret-word")
    code, raw = cli.perform("resolve", json.dumps({"v": 1, "sources": [source(server, secret=wrong)]}))
    error = json.loads(raw)["errors"][0]
    assert (code, error["reason"]) == (10, "Unauthorized")
    told = raw.decode() + capsys.readouterr().err
    assert "s3cret-word" not in told
    assert basic("ann", "s3cret-word").split()[1] not in told


def test_a_redirect_on_the_same_server_is_followed(server: GitServer, tmp_path: Path) -> None:
    head = commit(server.root / "code", FILES)
    server.moved["/old"] = server.url + "/code"
    secret = server.secret(tmp_path / "s", token="t0ken-word")
    assert resolve(source(server, repo="/old", secret=secret))[1].get("commit") == head


def test_credentials_go_to_no_other_server(server: GitServer, other_server: GitServer, tmp_path: Path) -> None:
    commit(other_server.root / "code", FILES)
    server.moved["/code"] = other_server.url + "/code"
    code, error = resolve(source(server, secret=server.secret(tmp_path / "s", token="t0ken-word")))
    assert (code, error["reason"]) == (10, "RedirectRefused")
    assert other_server.requests == []


def test_without_credentials_another_server_is_followed(
    server: GitServer, other_server: GitServer, secret: str
) -> None:
    head = commit(other_server.root / "code", FILES)
    server.moved["/code"] = other_server.url + "/code"
    assert resolve(source(server, secret=secret))[1].get("commit") == head
    assert {authorization for _, _, authorization in other_server.requests} == {None}


def test_a_server_that_hangs_is_given_up(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "LS_REMOTE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        repo = f"https://127.0.0.1:{silent.getsockname()[1]}/code"
        code, error = resolve({"name": "a/.code", "git": {"repo": repo, "rev": "main"}, "secret": secret})
    assert (code, error["reason"]) == (20, "Unreachable")
    assert "too long" in error["message"]


def test_an_answer_without_end_is_cut(server: GitServer, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(server.root / "code", FILES)
    monkeypatch.setattr(program, "LONGEST_ANSWER", 10)
    code, error = resolve(source(server, secret=secret))
    assert (code, error["reason"]) == (10, "TooLarge")


def test_a_pack_over_the_bound_is_not_kept(server: GitServer, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    head = commit(server.root / "code", {f"file-{number}": b"x" for number in range(2000)})
    monkeypatch.setattr(program, "LARGEST_FILE", 4096)
    code, error = resolve(source(server, head, secret=secret))
    assert (code, error["reason"]) == (10, "TooLarge"), error


@pytest.mark.parametrize(
    ("repo", "reason"),
    [
        ("file:///etc", "NotFound"),
        ("/etc", "NotFound"),
        ("ext::sh -c id", "NotFound"),
        ("-upload-pack=x", "NotFound"),
        ("https://host/r?x=1", "NotFound"),
        ("https://ann:hunter2@host/r", "Unauthorized"),
        ("http://localhost/r", "Unauthorized"),
        ("ssh://-oProxyCommand=id/r", "NotFound"),
        ("git@-oProxyCommand=id:r", "NotFound"),
    ],
)
def test_what_is_no_repository_is_refused(
    secret: str, repo: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, error = resolve({"name": "a/.code", "git": {"repo": repo, "rev": "main"}, "secret": secret})
    assert (code, error["reason"]) == (10, reason)
    assert "hunter2" not in json.dumps(error) + capsys.readouterr().err


@pytest.mark.parametrize(
    ("repo", "server"),
    [
        ("https://Host.test/a.git", ("https", "host.test", 443)),
        ("ssh://git@host.test:2222/a", ("ssh", "host.test", 2222)),
        ("git@host.test:team/a.git", ("ssh", "host.test", 22)),
    ],
)
def test_addresses_name_their_server(repo: str, server: tuple[str, str, int]) -> None:
    assert address_of(repo, has_secret=True).server == server


def test_ssh_asks_for_the_hosts_keys(tmp_path: Path, server: GitServer) -> None:
    secret = server.secret(tmp_path / "s", ssh_privatekey="no key")
    one = {"name": "a/.code", "git": {"repo": "git@host.test:a", "rev": "main"}, "secret": secret}
    code, error = resolve(one)
    assert (code, error["reason"]) == (10, "Unauthorized")
    assert "known_hosts" in error["message"]


def test_an_absent_secret_is_named(server: GitServer, tmp_path: Path) -> None:
    code, error = resolve(source(server, secret=str(tmp_path / "git-read")))
    assert (code, error["reason"]) == (20, "SecretMissing")
    assert "git-read" in error["message"]


def test_the_ssh_command_reaches_a_server(tmp_path: Path, server: GitServer) -> None:
    """A listener that speaks no ssh: what matters is that ssh starts, isolated, and that its sentence comes back."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            connection, _ = listener.accept()
            connection.sendall(b"nonsense\r\n" * 2000)
            connection.close()

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        secret = server.secret(tmp_path / "s", ssh_privatekey="no key", known_hosts="x")
        repo = f"ssh://git@127.0.0.1:{listener.getsockname()[1]}/code"
        code, error = resolve({"name": "a/.code", "git": {"repo": repo, "rev": "main"}, "secret": secret})
        thread.join(5)
    assert code in {10, 20}
    assert error["message"].startswith("git ls-remote")
