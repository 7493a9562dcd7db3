"""What an image is made of decides when it is built again."""

from pathlib import Path

import pytest

from testbed import recipes
from testbed.recipes import Recipe, copied_paths, hash_of, hash_of_files, with_parents
from testbed.shell import TestbedError


def test_copy_names_what_comes_from_the_context() -> None:
    dockerfile = 'FROM a AS b\nCOPY cmake operator \\\n  ./\nCOPY --chown=1:1 ["one file", "/x"]\nCOPY --from=b /image /\nADD model.bin /m\nRUN cp COPY x\n'
    assert copied_paths(dockerfile) == ["cmake", "operator", "one", "file", "model.bin"]


def test_parents_come_first_and_once() -> None:
    assert with_parents(["sklearn", "python", "pause"]) == ["base", "python", "sklearn", "pause"]


def test_an_unknown_image_is_told_with_the_known_ones() -> None:
    with pytest.raises(TestbedError, match="'nosuch': known are pause"):
        with_parents(["nosuch"])


def test_the_hash_follows_name_bytes_and_mode(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("1")
    first = hash_of_files(tmp_path, [file])
    assert hash_of_files(tmp_path, [file, file]) == first
    file.chmod(0o755)
    executable = hash_of_files(tmp_path, [file])
    file.write_text("2")
    assert len({first, executable, hash_of_files(tmp_path, [file])}) == 3


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "src" / "__pycache__").mkdir(parents=True)
    (tmp_path / "src" / "main.c").write_text("int x;")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY src /src\n")
    parent = Recipe("under", "u:1", inputs=(tmp_path / "below",))
    (tmp_path / "below").write_text("p")
    child = Recipe("over", "o:1", tmp_path / "Dockerfile", tmp_path, parents=("under",))
    monkeypatch.setattr(recipes, "RECIPES", {"under": parent, "over": child})
    monkeypatch.setattr(recipes, "CHECKOUT", tmp_path)
    return tmp_path


def test_an_image_changes_with_its_copied_files_and_its_parent_only(context: Path) -> None:
    first = hash_of("over")
    (context / "src" / "__pycache__" / "x.pyc").write_text("noise")
    (context / "elsewhere").write_text("noise")
    assert hash_of("over") == first
    (context / "src" / "main.c").write_text("int y;")
    second = hash_of("over")
    (context / "below").write_text("q")
    assert len({first, second, hash_of("over")}) == 3


def test_a_missing_dockerfile_is_told(context: Path) -> None:
    (context / "Dockerfile").unlink()
    with pytest.raises(TestbedError, match="Dockerfile is not there"):
        hash_of("over")
