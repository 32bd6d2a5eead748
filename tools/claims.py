"""Claims that could hardly fail: ``python -m tools.claims FOLDER``, after notebooks ran with BOOK_CLAIMS=FOLDER.

A bound is honest where the sentence beside it would be false outside. No program can read the sentence, but it can see a
bound that the number is nowhere near, or one that every possible value meets.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

FACTOR = 5.0  # a bound further from its number than this does not hold the number to anything
ROUNDING = 1e-5  # below it a number is an error of arithmetic, which may be as small as it likes


def loose(claim: dict) -> str:
    """Return in words why a recorded claim could hardly fail, or the empty string.

    claim : label, value (numbers), bounds (kind → numbers), named (kinds of bounds that were measured themselves)
    """
    values = claim["value"]
    value = math.fsum(values) / len(values)
    written = {k: b[0] for k, b in claim["bounds"].items() if k not in claim["named"]}
    low, high = (
        next((written[k] for k in kinds if k in written), None) for kinds in (("above", "least"), ("below", "most"))
    )
    if len(written) < len(claim["bounds"]) or "equal" in written:
        return ""  # another measurement, or one value alone: neither is wide
    if low is not None and high is not None and low < 0:
        return ""  # how near to zero a difference is: the width is the claim
    if low is not None and high is not None and (low == 0 <= high or high > FACTOR * low):
        return f"between {low:g} and {high:g} nearly everything fits"
    if low is not None:
        if value > 0 and low <= 0:
            return f"{value:.3g} is above {low:g}, as is anything that cannot be negative: give a bound near the number"
        if value > FACTOR * low > 0:
            return f"{value:.3g} is far above its bound {low:g}"
    if high is not None and high > ROUNDING:
        if 0 <= value < high / FACTOR:
            return f"{value:.3g} is far below its bound {high:g}"
        if high == 1 and 0.9 <= value < 1:
            return f"{value:.3g} is below 1, as is every share"
    return ""


def main(argv: list[str] | None = None) -> None:
    """Run the command line: exit with the claims that could hardly fail."""
    parser = argparse.ArgumentParser(prog="python -m tools.claims", description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path, help="where the runs recorded their claims")
    folder = parser.parse_args(argv).folder
    claims = [
        json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.read_text("utf-8").splitlines()
    ]
    if not claims:
        raise SystemExit(f"no claims were recorded in {folder}")
    found = [f"{Path(c['folder']).name}: «{c['label']}»: {why}" for c in claims if (why := loose(c))]
    if found:
        raise SystemExit("\n".join([f"{len(found)} of {len(claims)} claims could hardly fail:", *found]))
    print(f"{len(claims)} claims, each with a bound near its number.")


if __name__ == "__main__":
    main()
