"""The picture of the kill matrix."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Final

from benchmarks import kill_lines
from benchmarks.kill_lines import MODES
from clickdrop.leaks import LEAKS
from partywall.oracle.judge import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.kill_lines import Line

SIDE, LEFT, TOP, RIGHT = 9, 230, 120, 60
LEAK_COLOUR, ALARM_COLOUR, EMPTY = "#1b5e9b", "#b3261e", "#eee"
PITCH: Final = SIDE * len(MODES) + 10


def picture(lines: Sequence[Line]) -> str:
    """The matrix as an SVG: a row for each leak and decoy, for each property a square for each mode, the darker the
    more of the whole runs found it in that way, in red what is not the leak; at the end in how many of all runs it was
    found."""
    runs = kill_lines.by_name(lines)
    width, height = LEFT + PITCH * len(PROPERTIES) + RIGHT, TOP + (SIDE + 3) * len(runs) + 10
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="9">',
        "<title>Kill matrix</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for column, property_ in enumerate(PROPERTIES):
        x = LEFT + PITCH * column + PITCH / 2
        drawn.append(f'<text transform="translate({x:g} {TOP - 6}) rotate(-45)">{escape(property_)}</text>')
    for row, (name, each) in enumerate(runs.items()):
        drawn += _row(name, each, TOP + (SIDE + 3) * row)
    return "\n".join([*drawn, "</svg>"]) + "\n"


def _row(name: str, runs: Sequence[Line], y: int) -> list[str]:
    label = escape(name if name in LEAKS else f"decoy {name}" if name else "nothing planted")
    whole = kill_lines.whole(runs)
    counts = Counter((property_, mode) for line in whole for property_, mode in line["found"])
    drawn = [f'<text x="{LEFT - 8}" y="{y + SIDE - 1}" text-anchor="end">{label}</text>']
    for column, property_ in enumerate(PROPERTIES):
        colour = LEAK_COLOUR if name in LEAKS and kill_lines.shows(name, property_) else ALARM_COLOUR
        for place, mode in enumerate(MODES):
            found = counts[property_, mode]
            fill, opacity = (colour, found / len(whole)) if found else (EMPTY, 1)
            drawn.append(
                f'<rect x="{LEFT + PITCH * column + SIDE * place}" y="{y}" width="{SIDE - 1}" height="{SIDE}" '
                f'fill="{fill}" fill-opacity="{opacity:.2f}">'
                f"<title>{label}, {property_}, {mode}: {found} of {len(whole)}</title></rect>"
            )
    x = LEFT + PITCH * len(PROPERTIES)
    return [*drawn, f'<text x="{x}" y="{y + SIDE - 1}">{kill_lines.of(runs)}</text>']
