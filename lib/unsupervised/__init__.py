"""Chapter 8: unsupervised learning."""
