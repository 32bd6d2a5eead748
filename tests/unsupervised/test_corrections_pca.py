"""The corrections to the sources' passage on the linear autoencoder: what it says failing, what is right holding."""

import numpy as np

from lib.unsupervised import pca


def test_th_3_20_the_encoder_is_a_projection_only_with_its_decoder():
    rng = np.random.default_rng(20)
    X = rng.normal(size=(40, 5)) * [5, 4, 1, 0.5, 0.2] @ np.linalg.qr(rng.normal(size=(5, 5)))[0]
    C, found = pca.covariance(X), pca.principal_components(X)
    V, least = found.axes[:, :2], found.variances[2:].sum()
    B = np.array([[2.0, 1.0], [0.0, 0.5]])
    net = pca.Autoencoder(V @ np.linalg.inv(B), B @ V.T)
    assert np.isclose(pca.autoencoder_loss(net, C), least)  # a minimum
    assert np.allclose(net.product @ net.product, net.product) and np.allclose(net.product, net.product.T)
    codes, coordinates = (X - X.mean(axis=0)) @ net.encoder, found.scores(X, 2)
    assert np.abs(np.linalg.norm(codes, axis=1) - np.linalg.norm(coordinates, axis=1)).max() > 1  # no projection's
    spans_the_plane = pca.Autoencoder(3 * V, V.T)  # "the rows of W_e span the plane" is not enough
    assert pca.autoencoder_loss(spans_the_plane, C) > 2 * least


def test_th_3_20_without_equal_values_the_plane_is_one_and_with_them_it_is_not():
    C = np.diag([2.0, 1.0, 1.0])
    planes = [np.eye(3)[:, [0, 1]], np.eye(3)[:, [0, 2]]]
    assert all(np.isclose(pca.autoencoder_loss(pca.Autoencoder(V, V.T), C), 1) for V in planes)
    assert np.isclose(pca.principal_angles(*planes).max(), np.pi / 2)


def test_exercise_3_the_matrix_needs_no_centred_sample():
    X = np.random.default_rng(21).normal(size=(3, 10)) + 4  # the notes' X: a column an observation
    C = X @ X.T / 10
    assert np.abs(X.mean(axis=1)).min() > 1
    assert np.allclose(C, C.T) and np.linalg.eigvalsh(C).min() > 0
