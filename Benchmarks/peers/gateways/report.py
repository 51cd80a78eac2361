"""Figures of all rounds as tables: medians, failures as sums."""

import statistics

LOAD = ["gateway", "callers", "calls/s", "p50 ms", "p95 ms", "failed", "Heddle's /mcp is"]
START = ["gateway", "listens after ms", "first answer after ms", "RSS MB, idle", "RSS MB, loaded"]
BASE = "Heddle, /mcp"


class Rows:
    """What was measured, by client, gateway and number of callers, and why something was not."""

    def __init__(self):
        self.figures: dict[str, dict[tuple[str, int], list[dict]]] = {}
        self.missing: dict[str, str] = {}
        self.versions: dict[str, str] = {}

    def add(self, client: str, name: str, callers: int, figures: dict) -> None:
        self.figures.setdefault(client, {}).setdefault((name, callers), []).append(figures)
        if figures.get("version"):
            self.versions[name] = figures["version"]

    def load(self, client: str) -> list[list[str]]:
        """The rows of one client's table, gateways in the order of their first measurement."""
        found = self.figures.get(client, {})
        rates = {key: median(runs, "rate") or 0 for key, runs in found.items()}
        rows = []
        for name in dict.fromkeys(name for name, _ in found):
            for callers in sorted(count for other, count in found if other == name):
                runs, rate, base = found[name, callers], rates[name, callers], rates.get((BASE, callers))
                ratio = f"{base / rate:.{2 if base < rate else 1}f} ×" if base and rate and name != BASE else ""
                rows.append([name, str(callers), number(rate), number(median(runs, "p50")), number(median(runs, "p95")),
                             f"{sum(run['failed'] for run in runs):,}", ratio])
        return rows + [[name, *["-"] * (len(LOAD) - 2), "not measured: " + why] for name, why in self.missing.items()]

    def errors(self, client: str) -> list[str]:
        """One example of what was said instead of the echo, for each gateway where something went wrong."""
        found = self.figures.get(client, {})
        examples = {name: run["error"] for (name, _), runs in found.items() for run in runs if run["error"]}
        return [f"{name}: an example of what went wrong: {error}" for name, error in examples.items()]


def median(runs: list[dict], key: str) -> float | None:
    values = [run[key] for run in runs if run[key] is not None]
    return statistics.median(values) if values else None


def number(value: float | None) -> str:
    """Three significant figures, and whole numbers from a hundred on."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(heading: list[str], rows: list[list[str]], markdown: bool) -> str:
    if markdown:
        lines = [heading, ["---"] * len(heading), *rows]
        return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)
    widths = [max(len(row[column]) for row in [heading, *rows] if column < len(heading) - 1 or row is heading)
              for column in range(len(heading))]
    aligned = lambda row: "".join(
        cell.ljust(width) if column == 0 else "  " + cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths))
    )
    return "\n".join(aligned(row).rstrip() for row in [heading, *rows])
