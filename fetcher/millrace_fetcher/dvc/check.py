"""Whether bytes are those of an md5 as DVC means it."""

from __future__ import annotations

import hashlib

_LOOKED_AT = 512
_CHUNK = 1 << 20
_TEXT = bytes(range(32, 127)) + b"\n\r\t\f\b"


class Sums:
    """The md5 of bytes. DVC 2 hashed a text as if its lines ended with LF, chunk by chunk of a megabyte; what it takes
    for a text shows in the first 512 bytes."""

    def __init__(self) -> None:
        self._raw = hashlib.md5(usedforsecurity=False)
        self._lines = hashlib.md5(usedforsecurity=False)
        self._head = b""
        self._left = b""

    def update(self, data: bytes, /) -> None:
        self._raw.update(data)
        self._head += data[: _LOOKED_AT - len(self._head)]
        self._left += data
        while len(self._left) >= _CHUNK:
            self._lines.update(self._left[:_CHUNK].replace(b"\r\n", b"\n"))
            self._left = self._left[_CHUNK:]

    def matches(self, md5: str, legacy: bool) -> bool:
        return md5 in {self.md5(legacy=False), self.md5(legacy)}

    def md5(self, legacy: bool) -> str:
        return self._of_lines() if legacy and self._is_text() else self._raw.hexdigest()

    def _of_lines(self) -> str:
        whole = self._lines.copy()
        whole.update(self._left.replace(b"\r\n", b"\n"))
        return whole.hexdigest()

    def _is_text(self) -> bool:
        if b"\0" in self._head:
            return False
        others = self._head.translate(None, _TEXT)
        return not self._head or len(others) / len(self._head) <= 0.30
