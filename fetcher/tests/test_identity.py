"""Identities: docs/pods.md, section Identities and digests."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millrace_fetcher import identity, tree
from millrace_fetcher.failure import Failure, Reason

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda name: name not in {".", ".."} and len(name.encode()) <= 60
)
TREES = st.dictionaries(st.tuples(NAMES, NAMES), st.binary(max_size=50), max_size=8)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_file_is_the_hash_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"1,2\n")
    content = tree.read(tmp_path, "a.csv")
    assert content == identity.Content("sha256:" + sha(b"1,2\n"), 4, (identity.Entry("a.csv", sha(b"1,2\n"), 4),))


def test_a_folder_is_the_hash_of_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "b" / "ä.txt").write_bytes(b"x")
    (tmp_path / "b.txt").write_bytes(b"")
    manifest = (
        f'{{"files":[{{"path":"b.txt","sha256":"{sha(b"")}","size":0}},'
        f'{{"path":"b/ä.txt","sha256":"{sha(b"x")}","size":1}}],"v":1}}'
    )
    content = tree.read(tmp_path)
    assert content.digest == "sha256:" + sha(manifest.encode())
    assert identity.manifest(content.files) == manifest.encode()


def test_the_manifest_is_frozen() -> None:
    """Digests are paths in stores: this value may never change."""
    entries = [identity.Entry("model/b", "00", 2), identity.Entry("model/\U0001f600\n", "ff", 1)]
    assert identity.sha256_of(identity.manifest(entries)) == (
        "sha256:"
        + sha(
            b'{"files":[{"path":"model/b","sha256":"00","size":2},'
            b'{"path":"model/\xf0\x9f\x98\x80\\n","sha256":"ff","size":1}],"v":1}'
        )
    )


@settings(max_examples=40, deadline=None)
@given(TREES)
def test_a_copy_has_the_same_identity_and_any_change_another(files: dict[tuple[str, str], bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for (above, name), data in files.items():
            (root / "tree" / above).mkdir(parents=True, exist_ok=True)
            (root / "tree" / above / name).write_bytes(data)
        (root / "tree").mkdir(exist_ok=True)
        first = tree.read(root, "tree", into=root / "copy")
        assert tree.read(root / "copy") == first
        assert json.loads(identity.manifest(first.files))["v"] == 1
        assert [entry.path.encode() for entry in first.files] == sorted(entry.path.encode() for entry in first.files)
        (root / "copy" / "one more").write_bytes(b"")
        assert tree.read(root / "copy").digest != first.digest


def _link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize("make", [_link, os.mkfifo, _socket], ids=["link", "fifo", "socket"])
@pytest.mark.parametrize("where", ["odd", "inner/odd"])
def test_what_is_no_plain_file_is_refused(tmp_path: Path, make: object, where: str) -> None:
    (tmp_path / "inner").mkdir()
    make(tmp_path / where)  # type: ignore[operator]
    with pytest.raises(Failure, match="odd") as caught:
        tree.read(tmp_path)
    assert caught.value.reason is Reason.BAD_TREE
    with pytest.raises(Failure) as caught:
        tree.read(tmp_path, where)
    assert caught.value.reason is Reason.BAD_TREE


def test_links_on_the_way_are_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "f").write_text("x")
    (tmp_path / "way").symlink_to("real")
    with pytest.raises(Failure, match="symbolic link") as caught:
        tree.read(tmp_path, "way/f")
    assert caught.value.reason is Reason.BAD_TREE


def test_names_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))).write_text("x")
    with pytest.raises(Failure, match="UTF-8") as caught:
        tree.read(tmp_path)
    assert caught.value.reason is Reason.BAD_TREE


def test_the_limit_counts_the_whole_tree(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12")
    (tmp_path / "b").write_bytes(b"34")
    assert tree.read(tmp_path, limit=4).size == 4
    with pytest.raises(Failure) as caught:
        tree.read(tmp_path, limit=3)
    assert caught.value.reason is Reason.TOO_LARGE


def test_weak_identities() -> None:
    assert identity.weak('"x"', 7, "Mon, 01 Jan 2024 00:00:00 GMT") == (
        'etag:"x";size:7;modified:Mon, 01 Jan 2024 00:00:00 GMT'
    )
    assert identity.weak(None, 0, None) == "size:0"
    assert identity.weak(None, None, None) == ""
    text = 'etag:"' + "x" * 200 + '"'
    assert identity.weak('"' + "x" * 200 + '"', None, None) == "h:" + sha(text.encode())
