"""Principal components: by three routes, how many to keep, and the linear autoencoder that finds the same plane.

Tables have a row for each observation: X (N, D). Source of the probabilistic model: M. E. Tipping, C. M. Bishop, Probabilistic
principal component analysis (1999).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.convnets.digits import Digits, halved
from lib.unsupervised.svd import decomposition

SIDE = 14  # pixels of a digit as this chapter's first pages take it


def digit_rows(digits: Digits) -> np.ndarray:
    """Return pictures of 28 × 28 pixels as rows (N, 196) from 0 to 1, each entry the mean of 2 × 2 pixels."""
    digits = validate.instance(digits, Digits, "digits")
    return halved(digits.images).reshape(-1, SIDE**2)


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of a table; made by `principal_components`.

    mean (D,);  axes (D, r), orthonormal columns;  variances (r,) along them, none greater than the one before
    """

    mean: np.ndarray
    axes: np.ndarray
    variances: np.ndarray

    def __post_init__(self):
        mean, axes = validate.vector(self.mean, "mean"), validate.matrix(self.axes, "axes")
        variances = validate.vector(self.variances, "variances", axes.shape[1], "columns of axes")
        if len(axes) != len(mean) or axes.shape[1] > len(mean):
            raise ValueError(f"axes must have {len(mean)} rows, and no more columns, but has shape {axes.shape}")
        if np.abs(axes.T @ axes - np.eye(axes.shape[1])).max() > 1e-6:
            raise ValueError("axes must have orthonormal columns")
        if variances.min() < 0 or (np.diff(variances) > 0).any():
            raise ValueError("variances must be at least 0, none greater than the one before")
        for name, value in (("mean", mean), ("axes", axes), ("variances", variances)):
            object.__setattr__(self, name, value)

    def scores(self, X, k: int | None = None) -> np.ndarray:
        """Return the k numbers that describe each row (n, k): its coordinates on the first axes, from this mean."""
        X = self._rows(X)
        return (X - self.mean) @ self.axes[:, : self._count(k)]

    def reconstruct(self, Z) -> np.ndarray:
        """Return the rows (n, D) that k numbers each describe.  Z (n, k), as from `scores`"""
        Z = validate.matrix(Z, "Z")
        return self.mean + Z @ self.axes[:, : self._count(Z.shape[1])].T

    def distances(self, X, k: int | None = None) -> np.ndarray:
        """Return the squared distance (n,) of each row from what its k numbers give back."""
        X = self._rows(X)
        return ((X - self.reconstruct(self.scores(X, k))) ** 2).sum(axis=1)

    def _rows(self, X) -> np.ndarray:
        X = validate.matrix(X, "X")
        if X.shape[1] != len(self.mean):
            raise ValueError(f"X has {X.shape[1]} columns, but the components are of {len(self.mean)}")
        return X

    def _count(self, k) -> int:
        most = self.axes.shape[1]
        return most if k is None else validate.whole(k, "k", low=1, high=most)


def principal_components(X, by: str = "svd") -> Components:
    """Return all min(N, D) principal components of a table, by "svd" of the centred table or "eig" of its covariance.

    X : (N, D), at least two rows. Variances have N − 1 below. Of each axis the entry that is largest in size is positive.
    Equation: eq-pca-svd
    """
    X = validate.matrix(X, "X")
    if len(X) < 2:
        raise ValueError(f"X must have at least two rows, for a variance, but has {len(X)}")
    if not isinstance(by, str) or by not in ("svd", "eig"):
        raise ValueError(f"by must be 'svd' or 'eig', but is {by!r}")
    mean, r = X.mean(axis=0), min(X.shape)
    if by == "svd":
        _, s, Vt = np.linalg.svd(X - mean, full_matrices=False)
        variances, axes = s**2 / (len(X) - 1), Vt.T
    else:
        variances, axes = np.linalg.eigh(covariance(X))  # rising
        variances, axes = np.maximum(variances[::-1][:r], 0), axes[:, ::-1][:, :r]
    return Components(mean, fix_signs(axes), variances)


def covariance(X) -> np.ndarray:
    """Return the covariance (D, D) of a table's columns, with N − 1 below.  X : (N, D), N at least 2"""
    X = validate.matrix(X, "X")
    if len(X) < 2:
        raise ValueError(f"X must have at least two rows, for a variance, but has {len(X)}")
    centred = X - X.mean(axis=0)
    return centred.T @ centred / (len(X) - 1)


def fix_signs(V) -> np.ndarray:
    """Return V (D, r) with the sign of each column chosen so that its entry of largest size is positive."""
    V = validate.matrix(V, "V")
    return decomposition.fix_signs(V, V.T)[0]


def power_iteration(C, x, steps: int) -> np.ndarray:
    """Return the unit vectors (steps + 1, D) that x becomes when C multiplies it again and again, the start among them.

    C : (D, D) symmetric, no eigenvalue below 0 by more than rounding;  x : (D,), not 0. Raises ValueError where C takes x to 0.
    Equation: eq-power-rate
    """
    C = validate.symmetric(C, "C")
    x = validate.vector(x, "x", len(C), "columns of C", within=validate.SAFE)
    steps = validate.whole(steps, "steps", low=0, high=100_000)
    path = [x]
    for step in range(steps + 1):
        length = float(np.linalg.norm(path[-1]))
        if length == 0:
            raise ValueError("x becomes 0: it must not be 0, nor be what C takes to 0")
        path[-1] = path[-1] / length
        if step < steps:
            path.append(C @ path[-1])
    return np.array(path)


def principal_angles(A, B) -> np.ndarray:
    """Return the angles between two planes (min(k, l),), in radians, rising: each the smallest with what is not yet used.

    A : (D, k), B : (D, l), each with independent columns, which span its plane. Small angles come from their sines, large ones from
    their cosines (A. Björck, G. H. Golub, 1973).
    Equation: eq-plane-angles
    """
    A, B = _basis(A, "A"), _basis(B, "B")
    if len(A) != len(B):
        raise ValueError(f"A and B must have as many rows, but have {len(A)} and {len(B)}")
    return decomposition.principal_angles(A, B)


def _basis(A, name: str) -> np.ndarray:
    A = validate.matrix(A, name)
    if A.shape[1] > A.shape[0] or np.linalg.matrix_rank(A) < A.shape[1]:
        raise ValueError(f"{name} must have independent columns, but its shape is {A.shape}, its rank less")
    return np.linalg.qr(A)[0]


# ------------------------------------------------------------------------------------------------ how many to keep
def broken_stick(D: int) -> np.ndarray:
    """Return the mean lengths (D,) of a stick's pieces, the longest first, when it is broken at D − 1 random places; their sum is 1.

    Equation: eq-broken-stick
    """
    D = validate.whole(D, "D", low=1, high=1_000_000)
    return np.cumsum(1 / np.arange(D, 0, -1))[::-1] / D


def parallel_analysis(X, rng: np.random.Generator, rounds: int = 5) -> np.ndarray:
    """Return the largest variances (D,) that `rounds` shuffled copies of a table have along their axes, place by place.

    X : (N, D), at least two rows. In a copy each column is shuffled by itself, which keeps its variance and breaks what joins it to
    others. Source: J. L. Horn (1965); with shuffled columns A. Buja, N. Eyuboglu (1992).
    """
    X, rng = np.ascontiguousarray(validate.matrix(X, "X")), validate.generator(rng)
    rounds = validate.whole(rounds, "rounds", low=1, high=10_000)
    copies = (np.linalg.eigvalsh(covariance(rng.permuted(X, axis=0)))[::-1] for _ in range(rounds))
    return np.max([np.maximum(values, 0) for values in copies], axis=0)


def noise_edges(variance: float, N: int, D: int) -> tuple[float, float]:
    """Return between which variances all components of pure noise lie, for many rows and columns.

    variance : of each of D independent columns;  N : rows. Source: V. A. Marčenko, L. A. Pastur (1967).
    Equation: eq-noise-edge
    """
    variance = validate.number(variance, "variance", low=0)
    share = validate.whole(D, "D", low=1) / validate.whole(N, "N", low=2)
    return variance * (1 - min(share, 1) ** 0.5) ** 2 if share < 1 else 0.0, variance * (1 + share**0.5) ** 2


def log_likelihood(components: Components, X, k: int) -> float:
    """Return the mean log density of the rows of X under probabilistic PCA with k components.

    The model: k variances along the first axes, and in all other directions one variance, the mean of those that are left
    over. All D components must be there, and be of positive variance left over.  X : (n, D);  k : 0 … D − 1
    Equation: eq-ppca
    """
    components = validate.instance(components, Components, "components")
    D = len(components.mean)
    if components.axes.shape[1] < D:
        raise ValueError(f"all {D} components are needed, but there are {components.axes.shape[1]}")
    k = validate.whole(k, "k", low=0, high=D - 1)
    variances = components.variances.copy()
    variances[k:] = variances[k:].mean()
    if not variances[-1] > 1e-12 * variances[0]:
        raise ValueError(f"nothing is left over after {k} components: the density has no bound")
    squares = components.scores(X) ** 2 / variances
    return float(-0.5 * (D * np.log(2 * np.pi) + np.log(variances).sum() + squares.sum(axis=1).mean()))


# ------------------------------------------------------------------------------------------- the linear autoencoder
@dataclass(frozen=True, eq=False)
class Autoencoder:
    """A linear autoencoder: x ↦ x W_e is the code, z ↦ z W_d what is made of it.

    encoder (D, k);  decoder (k, D)
    """

    encoder: np.ndarray
    decoder: np.ndarray

    def __post_init__(self):
        encoder, decoder = validate.matrix(self.encoder, "encoder"), validate.matrix(self.decoder, "decoder")
        if encoder.shape != decoder.shape[::-1]:
            raise ValueError(
                f"encoder (D, k) and decoder (k, D) do not fit: their shapes are {encoder.shape} and {decoder.shape}"
            )
        object.__setattr__(self, "encoder", encoder)
        object.__setattr__(self, "decoder", decoder)

    @property
    def product(self) -> np.ndarray:
        """The matrix (D, D) that takes a row to its reconstruction."""
        return self.encoder @ self.decoder


def random_autoencoder(D: int, k: int, rng: np.random.Generator, size: float = 0.01) -> Autoencoder:
    """Return an autoencoder of D numbers through k, its weights normal with the standard deviation `size`."""
    D, k = validate.whole(D, "D", low=1, high=100_000), validate.whole(k, "k", low=1, high=100_000)
    rng, size = validate.generator(rng), validate.number(size, "size", low=1e-12, high=1e12)
    return Autoencoder(size * rng.normal(size=(D, k)), size * rng.normal(size=(k, D)))


def autoencoder_loss(net: Autoencoder, C, price=0.0) -> float:
    """Return the squared distance between rows and reconstructions, summed over N rows and divided by N − 1, and the prices.

    C : (D, D), the rows' covariance;  price : of the squares of the weights, a number, or (k,), one for each entry of the code
    Equation: eq-autoencoder-loss, eq-penalised-loss
    """
    C, price = _checked(net, C, price)
    error = np.eye(len(C)) - net.product
    weights = (net.encoder**2).sum(axis=0) + (net.decoder**2).sum(axis=1)
    return float(np.sum(error * (C @ error)) + price @ weights)


def autoencoder_gradient(net: Autoencoder, C, price=0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the slopes of `autoencoder_loss` by the encoder (D, k) and the decoder (k, D).

    Equation: eq-autoencoder-gradient
    """
    C, price = _checked(net, C, price)
    return _slopes(net.encoder, net.decoder, C, price)


def training_path(net: Autoencoder, C, rate: float, steps: int, price=0.0) -> Iterator[Autoencoder]:
    """Yield the autoencoder before the first step of gradient descent and after each.

    C : (D, D), the rows' covariance;  rate : the step length;  price : as in `autoencoder_loss`
    """
    C, price = _checked(net, C, price)
    rate = validate.number(rate, "rate", low=0, open_low=True)
    steps = validate.whole(steps, "steps", low=0)
    return _path(net, C, rate, steps, price)


def train_autoencoder(net: Autoencoder, C, rate: float, steps: int, price=0.0) -> Autoencoder:
    """Return the autoencoder after so many steps of gradient descent; the arguments are those of `training_path`."""
    for net in training_path(net, C, rate, steps, price):  # noqa: B007, B020 - the last is what is wanted
        pass
    return net


def _path(net, C, rate, steps, price) -> Iterator[Autoencoder]:
    yield net
    for _ in range(steps):
        with np.errstate(over="ignore", invalid="ignore"):
            by_encoder, by_decoder = _slopes(net.encoder, net.decoder, C, price)
            encoder, decoder = net.encoder - rate * by_encoder, net.decoder - rate * by_decoder
        if not max(np.abs(encoder).max(), np.abs(decoder).max()) < validate.LARGEST:
            raise ValueError(f"the weights grow without end: the rate {rate:g} is too large for these data")
        net = Autoencoder(encoder, decoder)
        yield net


def _slopes(encoder, decoder, C, price):
    """Return both slopes by products of narrow matrices alone: C (I − W_e W_d) itself, (D, D), is never made."""
    across, back = C @ encoder, C @ decoder.T  # (D, k)
    by_encoder = -2 * (back - across @ (decoder @ decoder.T)) + 2 * encoder * price
    by_decoder = -2 * (across.T - (encoder.T @ across) @ decoder) + 2 * price[:, None] * decoder
    return by_encoder, by_decoder


def _checked(net, C, price):
    net = validate.instance(net, Autoencoder, "net")
    C = validate.symmetric(C, "C")
    D, k = net.encoder.shape
    if len(C) != D:
        raise ValueError(f"C is of {len(C)} columns, but the autoencoder of {D}")
    price = validate.array(price, "price")
    if price.shape not in ((), (k,)) or price.min() < 0:
        raise ValueError(f"price must be a number or ({k},), at least 0, but is {price}")
    return C, np.broadcast_to(price, (k,))
