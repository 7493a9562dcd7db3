"""Rows of what was measured, beside the floor that was measured in the same run; and what must hold."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    what: str
    value: float
    unit: str
    floor: float | None
    floor_is: str

    def cells(self) -> list[str]:
        ratio = f"{self.value / self.floor:.2f}" if self.floor else ""
        floor = "" if self.floor is None else f"{number(self.floor)} {self.unit}: {self.floor_is}"
        return [self.what, f"{number(self.value)} {self.unit}", floor, ratio]


@dataclass
class Report:
    title: str = ""
    rows: list[Row] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)

    def row(self, what: str, value: float, unit: str, floor: float | None = None, floor_is: str = "") -> None:
        self.rows.append(Row(what, value, unit, floor, floor_is))

    def section(self, title: str, head: list[str], rows: list[list[str]]) -> None:
        """A table of its own, after the measured ones."""
        self.sections.append(f"## {title}\n{table(head, rows)}")

    def must(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.wrong.append(f"{what}: {found}, not {wanted}")

    def text(self) -> str:
        measured = table(["what", "measured", "floor", "ratio"], [row.cells() for row in self.rows])
        wrong = [f"- {one}" for one in self.wrong] or ["- nothing"]
        return "\n\n".join(["## Sizes and times\n" + measured, *self.sections, "## Wrong\n" + "\n".join(wrong)])


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float) -> str:
    """Three digits that mean something; whole numbers stay whole."""
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
