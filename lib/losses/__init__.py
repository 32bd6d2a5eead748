"""Chapter 1: losses and their gradients."""
