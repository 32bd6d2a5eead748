"""The peers' test modules carry marks of their own, which pytest is told of before they are imported."""

MARKS = "fail_slow parallel_threads parallel_threads_limit skip_xp_backends slow thread_unsafe xfail_xp_backends xslow array_api_backends"


def pytest_configure(config):
    for mark in MARKS.split():
        config.addinivalue_line("markers", f"{mark}: of a peer's own test suite")
