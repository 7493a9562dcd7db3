"""A Secret as it is mounted: a folder with one file per key. Whatever is read here is told nowhere."""

from __future__ import annotations

from pathlib import Path

from millrace_fetcher.failure import Failure, Reason, of_reading
from millrace_fetcher.report import keep_secret


class Secret:
    """`folder` None: the source names no Secret, and no key is there."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None and not _holds_keys(folder):
            raise Failure(Reason.SECRET_MISSING, f"the Secret {folder.name} is absent or empty")

    def text(self, key: str) -> str | None:
        """A value that is not secret by itself, such as a certificate."""
        if self._folder is None:
            return None
        try:
            return (self._folder / key).read_text("utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise Failure(Reason.UNAUTHORIZED, f"the Secret's {key} is no text") from error
        except OSError as error:
            raise of_reading(error, f"the Secret's {key}") from error

    def setting(self, key: str) -> str:
        """One line of ASCII that may be told; empty where the key is absent."""
        value = (self.text(key) or "").strip()
        if not value.isascii() or any(character in value for character in "\r\n\0"):
            raise Failure(Reason.UNAUTHORIZED, f"the Secret's {key} must be one line of ASCII")
        return value

    def line(self, key: str) -> str:
        """One line of ASCII that is replaced wherever it would be told; empty where the key is absent."""
        value = self.setting(key)
        keep_secret(value)
        return value


def _holds_keys(folder: Path) -> bool:
    """The kubelet's own names in such a folder begin with two dots."""
    try:
        return any(not entry.name.startswith("..") for entry in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise of_reading(error, f"the Secret {folder.name}") from error
