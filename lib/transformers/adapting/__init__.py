"""A trained model meets another task, and then leaves Python.

`low_rank` changes weights by products of thin matrices, in numpy; `training` trains such changes, or all weights, with PyTorch. `onnx_graph`
reads a model that was written as ONNX and computes it in numpy, with the operators of `operators`; `export` writes one. What needs
PyTorch, `training` and `export`, is imported by name.
"""
