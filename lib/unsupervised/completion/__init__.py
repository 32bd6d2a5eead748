"""Matrices with most entries missing: ratings and their baselines, factors by least squares and by gradients, and parts."""
