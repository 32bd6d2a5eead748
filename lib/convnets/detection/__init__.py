"""Finding things and saying where: boxes, what a detector's answers are worth, and two detectors."""
