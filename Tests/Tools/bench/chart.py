"""A bar chart of ratios as SVG: one row per model, a logarithmic axis, a line at 1."""

from math import log2

LEFT, WIDTH, ROW, TOP, RIGHT = 170, 560, 26, 46, 70
COLOURS = {"onnxruntime": "#4878a8", "peer": "#e08a3c"}
TITLES = {"onnxruntime": "onnxruntime / C", "peer": "better of onnxruntime and OpenVINO / C"}


def chart(rows):
    """The medians as bars, the quartiles as lines across their ends."""
    rows = [row for row in rows if row["ratios"]]
    values = [r[k] for row in rows for kind, r in row["ratios"].items() if kind in COLOURS
              for k in ("low", "high")]
    low, high = min(0.5, *values) * 0.95, max(2, *values) * 1.05
    at = lambda value: LEFT + WIDTH * (log2(value) - log2(low)) / (log2(high) - log2(low))
    bottom = TOP + ROW * len(rows)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" '
             f'height="{bottom + 30}" font-family="sans-serif" font-size="12">',
             '<rect width="100%" height="100%" fill="#fff"/>']
    for place, (kind, colour) in enumerate(COLOURS.items()):
        x = LEFT + 150 * place
        parts.append(f'<rect x="{x}" y="14" width="12" height="12" fill="{colour}"/>'
                     f'<text x="{x + 18}" y="24">{TITLES[kind]}</text>')
    for tick in (0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 16):
        if low <= tick <= high:
            stroke = "#000" if tick == 1 else "#ddd"
            parts.append(f'<line x1="{at(tick):.1f}" x2="{at(tick):.1f}" y1="{TOP - 8}" '
                         f'y2="{bottom}" stroke="{stroke}"/><text x="{at(tick):.1f}" '
                         f'y="{bottom + 16}" text-anchor="middle">{tick:g}</text>')
    for index, row in enumerate(rows):
        y = TOP + ROW * index
        parts.append(f'<text x="{LEFT - 10}" y="{y + 14}" text-anchor="end">{row["model"]}</text>')
        for place, kind in enumerate(COLOURS):
            if kind in row["ratios"]:
                parts.append(bar(row["ratios"][kind], at, y + 10 * place, COLOURS[kind]))
    return "\n".join([*parts, "</svg>\n"])


def bar(ratio, at, y, colour):
    first, last = sorted((at(1), at(ratio["median"])))
    return (f'<rect x="{first:.1f}" y="{y}" width="{last - first:.1f}" height="9" '
            f'fill="{colour}"/><line x1="{at(ratio["low"]):.1f}" x2="{at(ratio["high"]):.1f}" '
            f'y1="{y + 4.5}" y2="{y + 4.5}" stroke="#333"/>'
            f'<text x="{max(last, at(ratio["high"])) + 4:.1f}" y="{y + 9}" font-size="9">'
            f'{ratio["median"]:.2f}</text>')
