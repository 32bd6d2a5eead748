"""Chapter 2: least squares, conditioning, and the solvers with what each keeps and costs."""
