"""Training that is too large for one processor: sharing the work, the memory and the precision, and a program that does it.

`sharing`, `memory` and `precision` need only numpy; `train` is the program, for one process or many.
"""
