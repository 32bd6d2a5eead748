"""The singular value decomposition: what it is and what it is best at, two ways to compute it, and pictures made small.

`decomposition` follows the proofs: existence, the best matrix of low rank, and how subspaces are compared. `jacobi` computes all singular values
by rotations, `randomized` the largest ones from a sketch. `compression` counts the bytes of a picture, beside cosines.
"""
