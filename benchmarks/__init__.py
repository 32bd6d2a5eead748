"""Our algorithms beside the library a user would pick instead, alternating in one run: ``make bench``."""
