"""From times to ratios, tables, thresholds and the page in docs."""

import re
import statistics
from pathlib import Path

from systems import COMPILERS, PEERS, SYSTEMS

TOLERANCE = 1e-3  # of the largest absolute output
WRONG_SHARE = 1e-4  # of the elements; differences of large numbers near zero account for a few
PEAK_SHARE, C_RATIO, BYTECODE_RATIO = 0.75, 0.7, 0.3  # what --require asks for
MATMUL = "matmul512"
REQUIRED = (MATMUL, "resnet50", "mobilenetv2", "bert_base_s128")
MEANS = {"onnxruntime": "onnxruntime / C", "peer": "better peer / C", "clang": "clang / gcc",
         "bytecode": "C / bytecode"}


def spread(above, below):
    """The median and the quartiles of the ratio, round by round."""
    ratios = [a / b for a, b in zip(above, below, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return {"median": middle, "low": low, "high": high}


def ratios(result):
    """How much faster the C of gcc is, and the bytecode's speed by that of the C."""
    medians = {name: result.medians(name) for name in result.blocks}
    if "gcc" not in medians:
        return {}
    ours = medians["gcc"]
    found = {name: spread(medians[name], ours) for name in (*PEERS, "clang") if name in medians}
    found["peer"] = min((found[name] for name in PEERS if name in found), key=lambda r: r["median"])
    if "bytecode" in medians:
        found["bytecode"] = spread(ours, medians["bytecode"])
    return found


def summary(name, facts, result):
    """One model's row of results."""
    times = {system: result.times(system) for system in result.blocks}
    row = {"model": name, **facts, "ratios": ratios(result), "rounds": len(result.limits),
           "median_ms": {s: statistics.median(t) * 1e3 for s, t in times.items()},
           "minimum_ms": {s: min(t) * 1e3 for s, t in times.items()},
           "runs": {s: len(t) for s, t in times.items()},
           "largest_difference": result.largest, "wrong_share": result.wrong,
           "failures": result.failures, "busy_before": result.busy,
           "peak_gflops": max(rates[0] for rates in result.limits),
           "peak_gbytes": max(rates[1] for rates in result.limits)}
    if "gcc" in times:
        seconds = 1e-3 * row["median_ms"]["gcc"]
        row["peak_share"] = 2e-9 * facts["multiply_adds"] / seconds / row["peak_gflops"]
        row["bandwidth_share"] = 1e-9 * facts["bytes_read"] / seconds / row["peak_gbytes"]
    return row


def wrong(row):
    """What is wrong with a row's outputs, and which of our systems failed, as lines of text."""
    lines = [f"{row['model']}: {system} fails: {why}" for system, why in row["failures"].items()
             if system not in PEERS]
    for system in set(row["largest_difference"]) - set(PEERS):
        share, largest = row["wrong_share"][system], row["largest_difference"][system]
        if share > WRONG_SHARE or not largest <= TOLERANCE:
            lines.append(f"{row['model']}: {system} differs from onnxruntime by {largest:.1e} of "
                         f"the largest output, {share:.1e} of the elements by too much")
    return lines


def missed(row):
    """The thresholds that a row misses, as lines of text."""
    if row["model"] not in REQUIRED:
        return []
    bounds = [("bytecode / C", row["ratios"].get("bytecode", {}).get("median"), BYTECODE_RATIO)]
    if row["model"] == MATMUL:
        bounds.append(("C / peak", row.get("peak_share"), PEAK_SHARE))
    else:
        ratio = row["ratios"].get("onnxruntime", {}).get("median")
        bounds.append(("C / onnxruntime", ratio, C_RATIO))
    return [f"{row['model']}: {what} is {value and round(value, 2)}, at least {bound} is asked for"
            for what, value, bound in bounds if value is None or value < bound]


def means(rows):
    """Geometric means of the ratios over the models that have them."""
    found = {kind: [row["ratios"][kind]["median"] for row in rows if kind in row["ratios"]]
             for kind in MEANS}
    return {kind: statistics.geometric_mean(values) for kind, values in found.items() if values}


def in_brackets(ratio):
    return f"{ratio['median']:.2f} ({ratio['low']:.2f}–{ratio['high']:.2f})" if ratio else "-"


def largest_of_ours(row, what):
    values = [value for system, value in row[what].items() if system not in PEERS]
    return f"{max(values):.0e}".replace("0e+00", "0") if values else "-"


def lines_of(header, rows):
    return [f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *rows)]


def tables(rows):
    """Ratios, then times, for people."""
    ratios = [[row["model"], *(in_brackets(row["ratios"].get(kind)) for kind in MEANS),
               *(f"{row[share]:.0%}" if share in row else "-"
                 for share in ("peak_share", "bandwidth_share")),
               *(largest_of_ours(row, what) for what in ("largest_difference", "wrong_share"))]
              for row in rows]
    mean = means(rows)
    ratios.append(["geometric mean", *(f"{mean[k]:.2f}" if k in mean else "-" for k in MEANS),
                   *[""] * 4])
    present = [s for s in SYSTEMS if any(s in row["median_ms"] for row in rows)]
    titles = [f"C, {s}" if s in COMPILERS else s for s in present]
    times = [[row["model"],
              *(f"{row['median_ms'][s]:.3g} ({row['minimum_ms'][s]:.3g})"
                if s in row["median_ms"] else "-" for s in present),
              f"{row['multiply_adds'] / 1e6:.4g}", f"{row['busy_before']:.0%}"] for row in rows]
    header = ["model", *MEANS.values(), "of peak", "of bandwidth", "difference", "wrong"]
    return "\n".join([*lines_of(header, ratios), "", *lines_of(
        ["ms", *titles, "10⁶ multiply-adds", "busy before"], times)])


def write_page(path, what, text):
    """Puts text between the markers of one table."""
    page, (first, last) = Path(path).read_text(), (f"<!-- {what} -->", "<!-- end -->")
    pattern = re.compile(f"{first}.*?{last}", re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"{path} has no {first}")
    Path(path).write_text(pattern.sub(lambda _: f"{first}\n{text}\n{last}", page))
