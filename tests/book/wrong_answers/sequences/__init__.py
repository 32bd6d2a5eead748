"""Wrong answers to the exercises on sequence models, one module a notebook."""
