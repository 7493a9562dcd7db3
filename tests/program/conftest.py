from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def program() -> Path:
    """MILLRACE, or the build of the preset dev."""
    path = Path(os.environ.get("MILLRACE", ROOT / "build/dev/millrace"))
    if not path.exists():
        pytest.skip("the operator is not built")
    return path
