"""What a look at a source tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content, canonical, sha256_of
from millrace_fetcher.task import Strength


@dataclass(frozen=True)
class Found:
    """`size` in bytes, None where nobody tells it. Strong: the identity stands for the same bytes for ever.
    `commit` is that of a repository."""

    identity: str
    strength: Strength
    size: int | None
    commit: str | None = None


@dataclass(frozen=True)
class Listed:
    """One line of a listing: the path below the prefix, and the store's own mark of the bytes. `lasting`: the mark is a
    version, which can never mean other bytes."""

    path: str
    size: int
    mark: str
    lasting: bool


def of_listing(lines: Sequence[Listed]) -> Found:
    ordered = sorted(lines, key=lambda line: line.path.encode())
    told = canonical([[line.path, line.size, line.mark] for line in ordered])
    strength: Strength = "Strong" if all(line.lasting for line in lines) else "Weak"
    return Found(f"list:{sha256_of(told)}", strength, sum(line.size for line in lines))


def check_digest(content: Content, wanted: str | None) -> None:
    if wanted is not None and content.digest != wanted:
        raise Failure(Reason.DIGEST_MISMATCH, f"the bytes are {content.digest}, wanted was {wanted}")
