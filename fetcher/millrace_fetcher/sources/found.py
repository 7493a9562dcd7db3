"""What a look at a source tells."""

from __future__ import annotations

from dataclasses import dataclass

from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content
from millrace_fetcher.task import Strength


@dataclass(frozen=True)
class Found:
    """`size` in bytes, None where nobody tells it. Strong: the identity stands for the same bytes for ever.
    `commit` is that of a repository."""

    identity: str
    strength: Strength
    size: int | None
    commit: str | None = None


def check_digest(content: Content, wanted: str | None) -> None:
    if wanted is not None and content.digest != wanted:
        raise Failure(Reason.DIGEST_MISMATCH, f"the bytes are {content.digest}, wanted was {wanted}")
