"""Run by the Python of the real dvc: makes repositories in each layout, and tells what dvc itself says about them.
dvc_maker.py ROOT S3_URL WEB_URL"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dvc.api
from dvc.cli import main as cli
from dvc.fs import LocalFileSystem
from dvc.repo import Repo
from dvc_data.hashfile.hash import file_md5

ROOT, S3_URL, WEB_URL = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
CRLF = b"x,y\r\n1,2\r\n"


def run(*arguments: str) -> None:
    if cli([*arguments, "-q"] if arguments[0] != "stage" else list(arguments)) != 0:
        raise SystemExit(f"dvc {' '.join(arguments)} failed")


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def commit() -> str:
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", "next")
    return git("rev-parse", "HEAD")


def write(path: str, data: bytes) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(data)


def start(name: str) -> Path:
    folder = ROOT / "repos" / name
    folder.mkdir(parents=True)
    os.chdir(folder)
    git("init", "-q", "-b", "main")
    git("config", "uploadpack.allowFilter", "true")
    run("init")
    return folder


def remote(name: str, url: str, **options: str) -> None:
    run("remote", "add", name, url)
    for option, value in options.items():
        run("remote", "modify", name, option, value)


def make_plain() -> str:
    """DVC 3: a file, a folder, a pipeline in a folder of its own, a project in the project, files of git."""
    start("plain")
    remote("base", "s3://data/dvc", endpointurl=S3_URL)
    remote("storage", "remote://base/nested")
    remote("claim", str(ROOT / "claims" / "models" / "dvc"))
    remote("web", f"{WEB_URL}/files/web")
    remote("upload", str(ROOT / "files" / "web"))
    run("remote", "default", "storage")
    write("data/train.csv", b"a,b\n1,2\n")
    for name in ("a.png", "deep/b.png", "deep/er/ü.png", "empty"):
        write(f"data/images/{name}", b"" if name == "empty" else name.encode() * 100)
    write("params.yaml", b"lr: 1\n")
    write("src/notes.txt", b"of git\n")
    run("add", "data/train.csv", "data/images")
    Path("pipe").mkdir()
    os.chdir("pipe")
    Path("work").mkdir()
    run(
        "stage",
        "add",
        "-n",
        "copy",
        "-w",
        "work",
        "-d",
        "../../data/train.csv",
        "-o",
        "out.csv",
        "cp ../../data/train.csv out.csv",
    )
    run("repro")
    os.chdir("..")
    Path("sub").mkdir()
    os.chdir("sub")
    run("init", "--subdir")
    remote("own", "s3://data/sub", endpointurl=S3_URL)
    run("remote", "default", "own")
    write("inner.csv", b"inner\n")
    run("add", "inner.csv")
    run("push")
    os.chdir("..")
    run("push")
    run("push", "-r", "claim")
    run("push", "-r", "upload")
    return commit()


def make_legacy() -> str:
    """What DVC 2 left behind: no `hash` in the .dvc file, the old layout, and the md5 of a text's lines."""
    start("legacy")
    remote("storage", str(ROOT / "claims" / "models" / "legacy"))
    run("remote", "default", "storage")
    write("text.csv", CRLF)
    md5 = file_md5("text.csv", LocalFileSystem(), name="md5-dos2unix")
    write("text.csv.dvc", f"outs:\n- md5: {md5}\n  size: {len(CRLF)}\n  path: text.csv\n".encode())
    write(".gitignore", b"/text.csv\n")
    write(str(ROOT / "claims" / "models" / "legacy" / md5[:2] / md5[2:]), CRLF)
    listed = json.dumps([{"md5": md5, "relpath": "text.csv"}]).encode()
    write("listing", listed)
    folder = file_md5("listing", LocalFileSystem(), name="md5") + ".dir"
    Path("listing").unlink()
    write("folder.dvc", f"outs:\n- md5: {folder}\n  nfiles: 1\n  path: folder\n".encode())
    write(str(ROOT / "claims" / "models" / "legacy" / folder[:2] / folder[2:]), listed)
    return commit()


def make_versions() -> str:
    """Files under their own names in a bucket that keeps versions."""
    start("versions")
    remote("versions", "s3://kept/tree", endpointurl=S3_URL, version_aware="true")
    run("remote", "default", "versions")
    write("one.csv", b"one\n")
    write("many/a", b"a")
    write("many/deep/b", b"b")
    run("add", "one.csv", "many")
    run("push")
    return commit()


def make_imports(plain: str) -> str:
    """Imports of a file and a folder that DVC tracks, of what git tracks, of a part, and of a file of nobody."""
    start("imports")
    remote("storage", str(ROOT / "claims" / "models" / "imports"))
    run("remote", "default", "storage")
    source = str(ROOT / "repos" / "plain")
    for path, out in (
        ("data/train.csv", "train.csv"),
        ("data/images", "images"),
        ("src", "src"),
        ("src/notes.txt", "notes.txt"),
        ("data/images/deep", "deep"),
    ):
        run("import", source, path, "-o", out)
    write(str(ROOT / "outside.csv"), b"outside\n")
    run("import-url", str(ROOT / "outside.csv"), "outside.csv")
    run("push", "outside.csv.dvc")
    for file in Path().glob("*.dvc"):
        if file.is_file():
            file.write_text(file.read_text().replace(source, f"{WEB_URL}/plain"))
    return commit()


def said(name: str, path: str) -> str:
    """What dvc calls a path."""
    with Repo.open(str(ROOT / "repos" / name), subrepos=True, uninitialized=True) as repo:
        info = repo.dvcfs.info(path)
        entry: Any = info.get("dvc_info", {}).get("entry")
        if entry is not None and entry.hash_info:
            return f"md5:{entry.hash_info.value}"
        return f"md5:{info['dvc_info']['md5']}"


def main() -> None:
    (ROOT / "claims" / "models").mkdir(parents=True)
    commits = {"plain": make_plain(), "legacy": make_legacy(), "versions": make_versions()}
    commits["imports"] = make_imports(commits["plain"])
    paths = {
        "plain": ["data/train.csv", "data/images", "data/images/deep/b.png", "pipe/work/out.csv", "sub/inner.csv"],
        "legacy": ["text.csv", "folder"],
        "versions": ["one.csv", "many", "many/deep/b"],
        "imports": ["train.csv", "images", "src", "notes.txt", "deep", "outside.csv"],
    }
    names = {f"{name}:{path}": said(name, path) for name, each in paths.items() for path in each}
    text = dvc.api.read("text.csv", repo=str(ROOT / "repos" / "legacy"), mode="rb")
    (ROOT / "told.json").write_text(json.dumps({"commits": commits, "names": names, "text": text.hex()}))


if __name__ == "__main__":
    main()
