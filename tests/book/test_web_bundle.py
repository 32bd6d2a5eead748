"""The committed bundle is what its sources give, and the page's JavaScript passes its own tests."""

import os
import re
import subprocess

import pytest

from tools import bundle


@pytest.fixture(scope="module")
def packages():
    """The locked npm packages, through the node that comes with pip; skips where npm cannot fetch them."""
    done = bundle.install()
    if done.returncode:
        reason = f"npm could not install the locked packages: {done.stderr.strip()[-300:]}"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


def test_committed_bundle_is_up_to_date(packages, tmp_path):
    done = bundle.run("node", "build.mjs", str(tmp_path))
    assert done.returncode == 0, done.stderr
    limits = {"book.js": 22_000, "book.css": 20_000, "favicon.svg": 2_000, "worker.js": 130_000, "runner.js": 420_000}
    for name in limits:
        fresh = (tmp_path / name).read_bytes()
        assert fresh == (bundle.WEB / "dist" / name).read_bytes(), f"web/dist/{name} is stale: run `make bundle`"
        assert len(fresh) < limits[name], f"{name} has grown to {len(fresh)} bytes"


def test_unit_tests_of_the_pages_javascript(packages):
    done = bundle.run("npm", "test")
    assert done.returncode == 0, done.stdout[-3000:]
    passed = re.search(r"^(?:#|ℹ) pass (\d+)", done.stdout, re.M)
    assert passed and int(passed.group(1)) >= 30


def test_lock_names_no_download_address():
    lock = (bundle.WEB / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock and '"integrity"' in lock


def test_bundle_calls_no_other_host():
    for name, allowed in (
        ("book.js", set()),
        ("worker.js", set()),
        ("runner.js", {"http://www.w3.org"}),
    ):
        script = (bundle.WEB / "dist" / name).read_text(encoding="utf-8")
        assert set(re.findall(r"https?://[\w.-]+", script)) <= allowed, name
    assert subprocess.run(["git", "check-ignore", "-q", str(bundle.WEB / "dist")], cwd=bundle.WEB).returncode == 1
