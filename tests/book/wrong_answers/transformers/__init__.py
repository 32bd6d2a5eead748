"""Wrong answers to the exercises on transformers, one module a notebook."""
