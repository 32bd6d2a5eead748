"""Writing a PyTorch module as ONNX, with lengths that are free.

torch.onnx follows one pass with an example and writes down the operators it meets. What is not told to be free may stay as it was in the example,
so a model that was written is run at other lengths than the example's before it is trusted. Needs the packages onnx and onnxscript.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

OPSET = 20


def write_onnx(
    network: nn.Module,
    example: torch.Tensor,
    path: str | Path,
    free: Mapping[int, str],
    names: tuple[str, str] = ("ids", "scores"),
    opset: int = OPSET,
) -> None:
    """Write a network of one input and one output to a .onnx file, weights included, as it computes without dropout (`eval`).

    example : an input; 2 or more along each free axis, since a length of 1 may be taken for granted;  names : of input and output
    free : axis of the input → the name of its length, {0: "batch", 1: "length"};  opset : the version of the operators
    The network is left in the mode that it was in. Raises TypeError and ValueError for what does not fit.
    """
    if not isinstance(network, nn.Module):
        raise TypeError(f"network must be a PyTorch module, but is {type(network).__name__}")
    if not isinstance(example, torch.Tensor):
        raise TypeError(f"example must be a tensor, but is {type(example).__name__}")
    for axis in free:
        if not isinstance(axis, int) or not 0 <= axis < example.ndim:
            raise ValueError(f"free must name axes from 0 to {example.ndim - 1}, but names {axis!r}")
        if example.shape[axis] < 2:
            raise ValueError(f"example must be 2 or longer along the free axis {axis}, but is {example.shape[axis]}")
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        with _quietly():
            torch.onnx.export(
                network,
                (example,),
                path,
                dynamo=True,
                verbose=False,
                external_data=False,
                opset_version=opset,
                input_names=[names[0]],
                output_names=[names[1]],
                dynamic_shapes=(dict(free),),
            )
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def _quietly() -> Iterator[None]:
    """Leave out what torch.onnx says of packages that are not there, and of itself."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logger.setLevel(level)
