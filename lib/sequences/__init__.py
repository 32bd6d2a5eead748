"""Chapter 5: sequence models."""
