"""What `make bench` measured, by ratio to the floor: `python -m bench.ratios RUN.json`.

The floor is the compiled loop of engine.kernels.floor, measured in the same run: a machine that is
slower or busier today slows both, and so ratios can be compared where nanoseconds cannot.
"""

import argparse
import json
import sys
from importlib.util import find_spec
from pathlib import Path

from protocol.mistake import Mistake

FLOOR = "bench_flow[A-floor]"
NOTABLE = 1.1
"""A ratio that has grown or shrunk so many times is pointed at."""


def main() -> int:
    """Print a run, beside an earlier one where one is named; return 0 unless one is unreadable."""
    parser = argparse.ArgumentParser("bench.ratios", description="A benchmark run by its floor.")
    parser.add_argument("run", type=Path, metavar="RUN.json")
    parser.add_argument("--against", type=Path, metavar="EARLIER.json")
    parser.add_argument("--plot", type=Path, metavar="FILE.png")
    arguments = parser.parse_args()
    try:
        ratios = read_ratios(arguments.run)
        earlier = read_ratios(arguments.against) if arguments.against else {}
    except Mistake as error:
        print(f"bench.ratios: {error}", file=sys.stderr)
        return 1
    for name, ratio in ratios.items():
        print(f"{name:44}{ratio:14.2f}{tell_change(ratio, earlier.get(name))}")
    if arguments.plot and find_spec("matplotlib"):
        plot(ratios, earlier, arguments.plot)
        print(f"drawn in {arguments.plot}")
    return 0


def read_ratios(path: Path) -> dict[str, float]:
    """Return the time of an operation of each benchmark, in floors, the shortest of its rounds."""
    try:
        results = json.loads(path.read_bytes())["benchmarks"]
        least = {
            result["name"]: result["stats"]["min"] / result["extra_info"].get("operations", 1)
            for result in results
        }
        return {name: time / least[FLOOR] for name, time in least.items()}
    except OSError as error:
        raise Mistake(f"{path}: cannot be read: {error.strerror}; run make bench first") from None
    except (ValueError, KeyError) as error:
        raise Mistake(f"{path}: is no benchmark run with {FLOOR} in it: {error}") from None


def tell_change(ratio: float, before: float | None) -> str:
    """Say how a ratio has changed, and point at it where it is notable."""
    if before is None:
        return ""
    change = ratio / before
    is_notable = not 1 / NOTABLE < change < NOTABLE
    return f"{before:14.2f}{change:8.2f}{'  <--' if is_notable else ''}"


def plot(ratios: dict[str, float], earlier: dict[str, float], path: Path) -> None:
    """Draw a bar for each benchmark, on a logarithmic scale."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1 + 0.22 * len(ratios)), layout="constrained")
    axes = figure.subplots()
    names = list(reversed(ratios))
    axes.barh(names, [ratios[name] for name in names], label="this run")
    known = [name for name in names if name in earlier]
    axes.plot([earlier[name] for name in known], known, "k|", label="earlier run")
    axes.set_xscale("log")
    axes.set_xlabel("time of an operation, in floors")
    axes.legend()
    figure.savefig(path)


if __name__ == "__main__":
    raise SystemExit(main())
