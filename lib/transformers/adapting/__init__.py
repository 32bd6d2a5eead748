"""A trained model meets another task, and then leaves Python.

`low_rank` changes weights by products of thin matrices, in numpy; `training` trains such changes, or all weights, with PyTorch; `by_hand` goes
back through a whole GPT in numpy, for where PyTorch is not. `export`
writes a model as ONNX, `onnx_file` reads one and writes it again, and `onnx_graph` computes it in numpy, with the operators of `operators`; `shrinking`
makes it smaller, and `shipping` is such a model with its alphabet. `runner.mjs` computes it in JavaScript. What needs PyTorch, `training`, `export` and
`leaving`, which trains a model and compares its file, is imported by name.
"""
