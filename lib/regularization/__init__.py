"""Regularization: what keeps a model from believing its noise, from ridge to batch normalization."""
