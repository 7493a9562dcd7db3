from __future__ import annotations

from cluster.recorder import documents


def test_documents_are_told_apart_and_warnings_left_out() -> None:
    text = 'Warning: old\n{\n    "a": 1\n}\nWarning: {\n{\n    "b": {\n        "c": 2\n    }\n}\n'
    assert list(documents(text.splitlines(keepends=True))) == [{"a": 1}, {"b": {"c": 2}}]


def test_a_document_that_is_not_whole_yet_is_not_told() -> None:
    assert list(documents(["{\n", '    "a": 1\n'])) == []
