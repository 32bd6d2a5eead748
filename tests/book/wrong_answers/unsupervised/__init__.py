"""Wrong answers to the exercises on unsupervised learning, one module a notebook."""
