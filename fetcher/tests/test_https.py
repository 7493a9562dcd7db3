"""https:// against a real server: identities, credentials, redirects, and that no secret is told."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from conftest import Answer, Web, basic, perform

from millrace_fetcher import cli, http, identity
from millrace_fetcher.sources import https
from millrace_fetcher.sources.https import file_name

DATA = b"1,2\n3,4\n"
HEADERS: Any = {"ETag": '"v1"', "Last_Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
WEAK = 'etag:"v1";size:8;modified:Mon, 01 Jan 2024 00:00:00 GMT'


@pytest.fixture
def secret(web: Web, tmp_path: Path) -> str:
    return web.secret(tmp_path / "secret")


def resolve(uri: str, **more: Any) -> tuple[int, Any]:
    code, message = perform("resolve", sources=[{"name": "web", "uri": uri, **more}])
    return code, (message["sources"] or message["errors"])[0]


def fetch(into: Path, uri: str, pinned: str, **more: Any) -> tuple[int, Any]:
    source = {"name": "web", "uri": uri, "identity": pinned, "strength": "Weak", **more}
    return perform("fetch", into=str(into), sources=[source])


def test_one_head_gives_a_weak_identity(web: Web, secret: str) -> None:
    uri = web.serve("/d.csv", DATA, **HEADERS)
    found = {"name": "web", "identity": WEAK, "strength": "Weak", "size": 8}
    assert resolve(uri, secret=secret) == (0, found)
    assert web.requests == [("HEAD", "/d.csv", None)]


def test_the_users_digest_makes_it_strong(web: Web, secret: str) -> None:
    digest = identity.sha256_of(DATA)
    found = {"name": "web", "identity": digest, "strength": "Strong", "size": 8}
    assert resolve(web.serve("/d.csv", DATA), secret=secret, digest=digest) == (0, found)
    code, error = resolve(web.url + "/none", secret=secret, digest=digest)
    assert (code, error["reason"]) == (10, "NotFound")


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (404, 10, "NotFound"),
        (410, 10, "NotFound"),
        (401, 10, "Unauthorized"),
        (403, 10, "Unauthorized"),
        (429, 20, "Unreachable"),
        (500, 20, "Unreachable"),
        (503, 20, "Unreachable"),
        (206, 10, "NotFound"),
    ],
)
def test_status_codes_have_a_meaning(web: Web, secret: str, status: int, code: int, reason: str) -> None:
    got, error = resolve(web.serve("/d.csv", DATA, status), secret=secret)
    assert (got, error["reason"]) == (code, reason)
    assert len(web.requests) == (3 if code == 20 else 1)


def test_what_recovers_is_tried_again(web: Web, secret: str) -> None:
    def second_time(_: BaseHTTPRequestHandler) -> Answer:
        return (503 if len(web.requests) == 1 else 200, {"ETag": '"v1"'}, DATA)

    web.pages["/d.csv"] = second_time
    assert resolve(web.url + "/d.csv", secret=secret)[0] == 0


def test_a_server_that_tells_nothing_needs_a_digest(web: Web, secret: str) -> None:
    uri = web.serve("/d.csv", b"", Content_Length="x")
    code, error = resolve(uri, secret=secret)
    assert (code, error["reason"]) == (10, "NotFound")
    assert "digest" in error["message"]


def test_an_unknown_authority_is_not_trusted(web: Web) -> None:
    code, error = resolve(web.serve("/d.csv", DATA))
    assert (code, error["reason"]) == (20, "Unreachable")
    assert "certificate" in error["message"].lower()
    assert web.requests == []


def test_fetch_takes_what_was_pinned(web: Web, secret: str, tmp_path: Path) -> None:
    uri = web.serve("/dir/d%20x.csv", DATA, **HEADERS)
    code, message = fetch(tmp_path / "into", uri, WEAK, secret=secret)
    assert (code, message["sources"]) == (0, [{"name": "web", "sha256": identity.sha256_of(DATA)}])
    assert (tmp_path / "into" / "web" / "d x.csv").read_bytes() == DATA


def test_fetch_of_changed_headers_is_data_changed(web: Web, secret: str, tmp_path: Path) -> None:
    uri = web.serve("/d.csv", DATA, ETag='"v2"')
    code, message = fetch(tmp_path / "into", uri, WEAK, secret=secret)
    assert (code, message["error"]["reason"]) == (10, "DataChanged")
    assert list((tmp_path / "into").iterdir()) == []


def test_fetch_of_other_bytes_than_the_digest(web: Web, secret: str, tmp_path: Path) -> None:
    digest = identity.sha256_of(b"other")
    code, message = fetch(tmp_path / "into", web.serve("/d.csv", DATA), digest, digest=digest, secret=secret)
    assert (code, message["error"]["reason"]) == (10, "DigestMismatch")
    assert list((tmp_path / "into").iterdir()) == []


def test_a_body_that_ends_early_is_unreachable(web: Web, secret: str, tmp_path: Path) -> None:
    uri = web.serve("/d.csv", DATA, Content_Length="100")
    code, message = fetch(tmp_path / "into", uri, "size:100", secret=secret)
    assert (code, message["error"]["reason"]) == (20, "Unreachable")
    assert list((tmp_path / "into").iterdir()) == []


def test_a_body_over_the_limit_is_not_read(
    web: Web, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "LARGEST", 7)
    uri = web.serve("/d.csv", DATA)
    code, message = fetch(tmp_path / "into", uri, "size:8", secret=secret)
    assert (code, message["error"]["reason"]) == (10, "TooLarge")


@pytest.mark.parametrize(
    ("keys", "header"),
    [({"token": "t0ken\n"}, "Bearer t0ken"), ({"username": "ann", "password": "s3cret"}, basic("ann", "s3cret"))],
)
def test_credentials_are_sent_to_their_host(web: Web, tmp_path: Path, keys: dict[str, str], header: str) -> None:
    uri = web.redirect("/old", "/d.csv")
    web.serve("/d.csv", DATA)
    assert resolve(uri, secret=web.secret(tmp_path / "s", **keys))[0] == 0
    assert web.requests == [("HEAD", "/old", header), ("HEAD", "/d.csv", header)]


def test_credentials_go_to_no_other_host(web: Web, other_web: Web, tmp_path: Path) -> None:
    target = other_web.serve("/d.csv", DATA)
    code, error = resolve(web.redirect("/old", target), secret=web.secret(tmp_path / "s", token="t0ken"))
    assert (code, error["reason"]) == (10, "RedirectRefused")
    assert other_web.requests == []


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("https://example.org:443/b", True),
        ("https://EXAMPLE.org/b", True),
        ("https://example.org:444/b", False),
        ("https://example.org.evil.test/b", False),
        ("http://example.org/b", False),
    ],
)
def test_a_servers_own_port_is_the_same_server(other: str, same: bool) -> None:
    home, there = (http.check_url(url, allow_http=True) for url in ("https://example.org/a", other))
    assert (http.server_of(home) == http.server_of(there)) is same


def test_without_credentials_another_host_is_followed(web: Web, other_web: Web, secret: str) -> None:
    target = other_web.serve("/d.csv", DATA, ETag='"v1"')
    assert resolve(web.redirect("/old", target), secret=secret)[0] == 0


@pytest.mark.parametrize(("length", "code"), [(5, 0), (6, 10)])
def test_five_redirects_are_followed(web: Web, secret: str, length: int, code: int) -> None:
    for number in range(length):
        web.redirect(f"/{number}", f"/{number + 1}")
    web.serve(f"/{length}", DATA)
    got, told = resolve(web.url + "/0", secret=secret)
    assert (got, told.get("reason")) == (code, "RedirectRefused" if code else None)


@pytest.mark.parametrize(
    "target", ["http://localhost/d", "file:///etc/passwd", "https://u:p@localhost/d", "https://[x"]
)
def test_redirects_to_other_schemes_are_refused(web: Web, secret: str, target: str) -> None:
    code, error = resolve(web.redirect("/old", target), secret=secret)
    assert code == 10
    assert error["reason"] in {"RedirectRefused", "Unauthorized", "NotFound"}


def test_verify_streams_an_artifact(web: Web, secret: str) -> None:
    uri, digest = web.serve("/m.bin", DATA), identity.sha256_of(DATA)
    message = {"v": 1, "digest": digest, "size": 8, "files": 1}
    assert perform("verify", uri=uri, digest=digest, secret=secret) == (0, message)


@pytest.mark.parametrize("path", ["/none", "/forbidden", "/old", "/broken"])
def test_no_secret_is_told(
    web: Web, other_web: Web, tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    web.serve("/forbidden", b"", 403)
    web.serve("/broken", b"", 500)
    web.redirect("/old", other_web.url + "/d?signature=T0P&pass=s3cret")
    secret = web.secret(tmp_path / "s", username="ann", password="s3cret-word")
    source = {"name": "web", "uri": f"{web.url}{path}?signature=QUERYS3CRET", "secret": secret}
    code, raw = cli.perform("resolve", json.dumps({"v": 1, "sources": [source]}))
    assert code in {10, 20}
    told = raw.decode() + capsys.readouterr().err
    assert path in told
    for value in ("s3cret", "QUERYS3CRET", "T0P", basic("ann", "s3cret-word").split()[1]):
        assert value not in told


def test_credentials_in_the_url_are_refused_and_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, error = resolve("https://ann:hunter2@localhost:9/x")
    assert (code, error["reason"]) == (10, "Unauthorized")
    assert "hunter2" not in json.dumps(error) + capsys.readouterr().err


def test_secrets_that_would_break_a_header_are_refused(web: Web, tmp_path: Path) -> None:
    uri = web.serve("/d.csv", DATA)
    code, error = resolve(uri, secret=web.secret(tmp_path / "s", token="a\r\nX-Evil: 1"))
    assert (code, error["reason"]) == (10, "Unauthorized")
    assert "Evil" not in error["message"]
    (tmp_path / "s" / "token").unlink()
    (tmp_path / "s" / "ca.crt").write_text("not one")
    assert resolve(uri, secret=str(tmp_path / "s"))[1]["reason"] == "Unauthorized"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h/a/b.csv?x", "b.csv"),
        ("https://h/", "data"),
        ("https://h/..", "data"),
        ("https://h/a%2Fb", "data"),
        ("https://h/%00", "data"),
        ("https://h/%2e%2e", "data"),
        ("https://h/" + "x" * 300, "data"),
    ],
)
def test_file_names_stay_in_their_folder(url: str, name: str) -> None:
    assert file_name(url) == name
