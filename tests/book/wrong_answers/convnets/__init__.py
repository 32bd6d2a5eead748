"""Wrong answers to the exercises on convolutional networks, one module a notebook."""
