"""What makes the book: notebooks in and out, the build, its checks. Run as ``python -m tools.<name>``."""
