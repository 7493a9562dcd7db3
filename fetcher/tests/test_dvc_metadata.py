"""What others may write into a repository: nonsense is refused and named, nothing in it is obeyed."""

from __future__ import annotations

import pytest

from millrace_fetcher.dvc import objects, outs, project, remote
from millrace_fetcher.dvc.check import Sums
from millrace_fetcher.dvc.config import Config
from millrace_fetcher.failure import Failure, Reason

MD5 = "1" * 32
NONSENSE = {
    "no yaml": b"outs: [",
    "no text": b"\xff\xfe\x00",
    "no object": b"- a\n",
    "outs no list": b"outs: 7\n",
    "no path": f"outs:\n- md5: {MD5}\n".encode(),
    "md5 no hex": b"outs:\n- md5: ../../../etc/passwd\n  path: x.csv\n",
    "no md5": b"outs:\n- path: x.csv\n",
    "size no number": f"outs:\n- md5: {MD5}\n  size: many\n  path: x.csv\n".encode(),
    "an alias": b"a: &a [1]\nouts: *a\n",
    "too deep": b"outs: " + b"[" * 50 + b"]" * 50,
    "an import of nothing": f"deps:\n- path: x\n  repo: {{}}\nouts:\n- md5: {MD5}\n  path: x.csv\n".encode(),
    "files outside": f"outs:\n- path: x.csv\n  files:\n  - md5: {MD5}\n    relpath: ../y\n".encode(),
}


@pytest.mark.parametrize("what", sorted(NONSENSE))
def test_nonsense_is_refused(what: str) -> None:
    with pytest.raises(Failure) as caught:
        [objects.md5_of(out) for out in outs.of_dvc_file("x.csv.dvc", NONSENSE[what])]
    assert caught.value.reason is (Reason.BAD_TREE if what == "files outside" else Reason.BAD_METADATA)


DEFAULT = "[core]\n    remote = r\n['remote \"r\"']\n"


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("no ini [", "BadMetadata"),
        ("[core]\n", "RemoteMissing"),
        ("[core]\n    remote = r\n", "RemoteMissing"),
        (DEFAULT, "BadMetadata"),
        (DEFAULT + "    url = remote://r/x\n", "BadMetadata"),
        (DEFAULT + "    url = azure://x/y\n", "NotSupported"),
        (DEFAULT + "    url = ../storage\n", "NotSupported"),
        (DEFAULT + "    url = /etc\n", "NotSupported"),
        (DEFAULT + "    url = /millrace/claims/../../etc\n", "NotSupported"),
        (DEFAULT + "    url = http://localhost/x\n", "RedirectRefused"),
        (DEFAULT + "    url = s3://b/x\n    endpointurl = http://localhost\n", "RedirectRefused"),
    ],
)
def test_configs_that_make_no_sense(config: str, reason: str) -> None:
    with pytest.raises(Failure) as caught:
        remote.store_of(Config(".dvc/config", config.encode()).remote(None), remote.Keys(None, ("https", "h", 443)))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("data", "legacy", "same"),
    [
        (b"a\r\nb\r\n", True, b"a\nb\n"),
        (b"\0a\r\n", True, b"\0a\r\n"),
        (b"a\r\n", False, b"a\r\n"),
        (b"", True, b""),
        (b"x" * ((1 << 20) - 1) + b"\r\nend", True, b"x" * ((1 << 20) - 1) + b"\r\nend"),
    ],
)
def test_sums_of_dvc_2(data: bytes, legacy: bool, same: bytes) -> None:
    """The last one is a line end that falls between two of dvc's chunks: dvc leaves it as it is."""
    whole, parts, wanted = Sums(), Sums(), Sums()
    whole.update(data)
    for start in range(0, len(data), 700_001):
        parts.update(data[start : start + 700_001])
    wanted.update(same)
    assert whole.md5(legacy) == parts.md5(legacy) == wanted.md5(legacy=False)


def test_paths_stay_in_the_repository() -> None:
    assert project.path_of("./data//x/") == "data/x"
    text = b"outs:\n- path: ../../x\n- path: s3://b/x\n- path: /x\n"
    assert list(outs.of_dvc_file("a.dvc", text)) == []
