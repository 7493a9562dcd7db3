"""What is shipped: the images as archives, and the operator's binary out of its own image."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

from testbed import images
from testbed.paths import millrace_home

PROGRAM = "usr/bin/millrace"


class NotThere(RuntimeError):
    """An image lacks what it has to hold."""


@dataclass(frozen=True)
class Sizes:
    """In bytes. Archives are uncompressed; `python` is what the fetcher's image stands on."""

    operator: int
    fetcher: int
    python: int
    binary: int


def sizes(binary: Path) -> Sizes:
    archives = {name: images.archive_file(name).stat().st_size for name in ("operator", "fetcher", "python")}
    return Sizes(**archives, binary=binary.stat().st_size)


def binary() -> Path:
    """The program of the operator's image, which is stripped and built for release."""
    folder = millrace_home() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "millrace"
    path.unlink(missing_ok=True)
    path.write_bytes(file_of(images.archive_file("operator"), PROGRAM))
    path.chmod(0o755)
    return path


def file_of(archive: Path, name: str) -> bytes:
    """A file of an image: the topmost layer that has it decides."""
    with tarfile.open(archive) as outer:
        manifest = outer.extractfile("manifest.json")
        assert manifest is not None
        for layer in reversed(json.load(manifest)[0]["Layers"]):
            with tarfile.open(fileobj=outer.extractfile(layer)) as inner:
                for member in inner:
                    if member.name.removeprefix("./") == name and member.isfile():
                        found = inner.extractfile(member)
                        assert found is not None
                        return found.read()
    raise NotThere(f"{archive} holds no {name}")
