"""The images of the testbed, and the hash of what each is made of."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from testbed.config import PAUSE_IMAGE
from testbed.paths import CHECKOUT, E2E
from testbed.shell import TestbedError
from testbed.tools import pins

BASE_PACKAGES = ("ca-certificates",)
BASE_SUITE = "bookworm"


@dataclass(frozen=True)
class Recipe:
    """`reference` is the name in the node; `parents` are recipes whose images its FROM lines name. Without a Dockerfile it is the
    debootstrapped base, or one static program on nothing: of `tool`, or compiled from `inputs`."""

    name: str
    reference: str
    dockerfile: Path | None = None
    context: Path = CHECKOUT
    inputs: tuple[Path, ...] = ()
    parents: tuple[str, ...] = ()
    tool: str = ""

    @property
    def is_program(self) -> bool:
        return self.dockerfile is None and self.name != "base"


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("pause", PAUSE_IMAGE, inputs=(E2E / "images/pause/pause.c",)),
        Recipe("base", "docker.io/library/debian:bookworm-slim"),
        Recipe("python", "docker.io/library/python:3.11-slim-bookworm", E2E / "images/python/Dockerfile", parents=("base",)),
        Recipe("sklearn", "docker.io/millrace/mlserver-sklearn:demo", E2E / "images/sklearn/Dockerfile", E2E / "images/sklearn", parents=("python",)),
        Recipe("fetcher", "docker.io/millrace/fetcher:dev", CHECKOUT / "fetcher/Dockerfile", parents=("base", "python")),
        Recipe("s3", "docker.io/millrace/s3:test", inputs=pins("versitygw"), tool="versitygw"),
        Recipe("git", "docker.io/millrace/git:test", E2E / "images/git/Dockerfile", E2E / "images/git", parents=("base",)),
        Recipe("mlflow", "docker.io/millrace/mlflow:test", E2E / "images/mlflow/Dockerfile", E2E / "images/mlflow", parents=("python",)),
        Recipe("operator", "docker.io/millrace/operator:dev", CHECKOUT / "Dockerfile", parents=("base",)),
    )
}


def recipe(name: str) -> Recipe:
    if name not in RECIPES:
        raise TestbedError(f"image {name!r}: known are {', '.join(RECIPES)}")
    return RECIPES[name]


def with_parents(names: Iterable[str]) -> list[str]:
    """The names and what they stand on, parents first, each once."""
    ordered: list[str] = []
    for name in names:
        for one in [*with_parents(recipe(name).parents), name]:
            if one not in ordered:
                ordered.append(one)
    return ordered


def copied_paths(dockerfile: str) -> list[str]:
    """The sources of COPY and ADD that come from the context, as written."""
    joined = re.sub(r"\\\n", " ", dockerfile)
    found: list[str] = []
    for line in joined.splitlines():
        words = line.split()
        if not words or words[0].upper() not in ("COPY", "ADD") or any(word.startswith("--from=") for word in words):
            continue
        plain = [word.strip('[],"') for word in words[1:] if not word.startswith("--")]
        found += plain[:-1]
    return found


_IGNORED = {"__pycache__", ".git", "build", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".venv"}


def files_below(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = (file for file in path.rglob("*") if file.is_file() and not _IGNORED & set(file.relative_to(path).parts))
    return sorted(file for file in files if not any(part.endswith(".egg-info") for part in file.parts))


def hash_of_files(root: Path, files: Iterable[Path]) -> str:
    """Over relative name, executable bit and bytes of each file: what a COPY would carry."""
    digest = hashlib.sha256()
    for file in sorted(set(files)):
        executable = b"x" if file.stat().st_mode & 0o100 else b"-"
        digest.update(str(file.relative_to(root)).encode() + b"\0" + executable + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def hash_of(name: str) -> str:
    """Changes when the image would."""
    one = recipe(name)
    files = list(one.inputs)
    if one.dockerfile is not None:
        if not one.dockerfile.exists():
            raise TestbedError(f"image {name}: {one.dockerfile.relative_to(CHECKOUT)} is not there")
        files.append(one.dockerfile)
        for source in copied_paths(one.dockerfile.read_text()):
            matches = sorted(one.context.glob(source.removeprefix("./").rstrip("/") or "."))
            files += [file for match in matches for file in files_below(match)]
    parts = [hash_of_files(CHECKOUT, files), one.reference, *(hash_of(parent) for parent in one.parents)]
    if name == "base":
        parts += [BASE_SUITE, *BASE_PACKAGES]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
