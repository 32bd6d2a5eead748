"""Every public function of the chapters, found by introspection, with arguments that are as they should be.

The book gives one thing one name, so most arguments follow from their parameters' names. What differs is listed by function.
Values are multiples of 1/8, so that they are the same numbers in 32 bits.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import cache

import numpy as np

CHAPTERS = (
    "least_squares",
    "losses",
    "regularization",
    "word_vectors",
    "sequences",
    "transformers",
    "convnets",
    "unsupervised",
)

OPTIMISERS = "Optimiser GradientDescent Momentum Nesterov AdaGrad RMSProp Adam AdamW".split()

NOT_ATTACKED = {  # a module or a function, and why
    "word_vectors.corpus": "reads the docstrings of installed packages: strings, no arrays",
    "word_vectors.distributed": "starts processes, or is one of several; its arguments are checked by the trainer's tests",
    "word_vectors.pretrained": "reads vectors from packages that may not be there",
    "word_vectors.search": "the inner loops of `alignment` and `WordVectors`, which check for them",
    "word_vectors.alignment.dictionary_of": "checks pairs against matrices that are checked already",
    "word_vectors.alignment.vectors_of": "the check that its siblings share",
    "word_vectors.vocabulary.words_of": "the check that its siblings share",
    "word_vectors.unsupervised.pulled": "unchecked by design: `orthogonality_step` checks",
    "word_vectors.parallel.share_in_turn": "unchecked by design: `in_turn` checks",
    "word_vectors.adversarial.scores": "unchecked by design, in the game's loop: `play` checks",
    "word_vectors.adversarial.slopes": "unchecked by design, in the game's loop: `play` checks",
    "word_vectors.adversarial.adversary": "makes a PyTorch module from a PyTorch generator: no arrays",
    "word_vectors.context.Network": "a PyTorch module: `Reader` makes and feeds it",
    "word_vectors.training.meets": "takes checked settings alone",
    "word_vectors.training.meetings": "takes a checked text and checked settings alone",
    "word_vectors.training.rate_at": "takes checked settings alone",
    **dict.fromkeys(
        (f"transformers.tokens.{name}" for name in ("pair_counts", "merge_pair", "encode_word", "encode_in_order")),
        "one step, unchecked by design: the learners and `Tokenizer` check",
    ),
    "sequences.cells": "one step, unchecked by design, in the loop of `layers`, which checks",
    "sequences.translation.search": "takes a model, a function: its own tests hand it bad ones",
    "sequences.translation.translator.Translator": "made by training, from words: its own tests hand it bad ones",
    "sequences.translation.translator.number_translator": "takes weights by name: its own tests leave out and cut each",
    "sequences.translation.translator.translator_of": "takes weights by name: its own tests leave out and cut each",
    "sequences.number_words.words_typed": "takes what someone typed, a text: its own tests and the demos' hand it odd ones",
    "sequences.translation.training": "takes words, gives a PyTorch module: its own tests hand it bad ones",
    **dict.fromkeys(
        (f"sequences.languages.{n}" for n in ("read_catalogues", "entries", "held_back", "new_words", "joined")),
        "reads the sentences of a package: texts, no arrays; its own tests hand it bad ones",
    ),
    "sequences.languages.Reader": "made by training, from texts: its own tests hand it bad ones",
    "sequences.languages.train_reader": "trains a PyTorch module on texts: no arrays but labels",
    "sequences.forecasting.train_forecaster": "trains a PyTorch module: its own tests hand it bad ones",
    "sequences.forecasting.RecurrentForecaster": "made by training: its own tests hand it bad ones",
    "sequences.fast": "takes PyTorch's tensors: no arrays; its own tests hand it bad ones",
    "sequences.layers.weights_of": "reads a PyTorch module: no arrays",
    "sequences.characters.encode": "reads a text: no arrays",
    "sequences.characters.split_documents": "reads documents, names and texts: its own tests hand it bad ones",
    "sequences.characters.train_reader": "trains with PyTorch: its own tests hand it bad ones",
    "transformers.fast": "takes PyTorch's tensors: no arrays; its own tests hand it bad ones",
    "transformers.beyond": "takes names and counts, trains in PyTorch: its own tests hand it bad ones",
    "transformers.gpt_training": "takes a function that makes batches, gives weights: its own tests train with it",
    "transformers.bert_training": "takes a function that makes batches, gives weights: its own tests train with it",
    "transformers.bert.Bert": "made by training, from weights by name: its own tests hand it bad ones",
    "transformers.bert.number_bert": "the same, with its vocabulary",
    "transformers.gpt.GPT": "made by training, from weights by name: its own tests hand it bad ones",
    "transformers.gpt.go_on": "takes a trained model: its own tests hand it bad tokens",
    "transformers.attention.heads_of": "reads a PyTorch module: no arrays",
    "transformers.blocks.block_of": "reads a PyTorch module: no arrays",
    "transformers.transformer.Transformer": "made by training, from words: its own tests hand it bad ones",
    "transformers.transformer.number_transformer": "the same, with its vocabularies",
    "transformers.transformer.nested": "reads a block's weights by name, which are checked where they are used",
    "transformers.transformer.flat": "gives names to a block's weights, which are checked where they are used",
    "transformers.adapting.operators": "one operator, unchecked by design: a graph checks what it is fed, and names the node that cannot compute",
    "transformers.adapting.onnx_graph": "takes a model's graph and arrays by name: its own tests hand it bad ones",
    "transformers.adapting.onnx_file": "reads a file's bytes: its own tests hand it spoilt ones",
    "transformers.adapting.export": "takes a PyTorch module, writes a file: its own tests hand it bad ones",
    "transformers.adapting.leaving": "takes a PyTorch module, writes files: its own tests",
    "transformers.adapting.shipping": "a model's file and texts: its own tests hand it bad ones",
    **{
        f"transformers.adapting.shrinking.{name}": "takes a graph: its own tests hand it bad ones"
        for name in ("bytes_of", "fold_constants", "fold_norms", "in_half", "in_whole_numbers", "matrices_of")
    },
    **dict.fromkeys(
        (
            f"transformers.adapting.spoken.{n}"
            for n in ("read_symbols", "lines", "answered", "features", "Pupil", "stored", "pupil")
        ),
        "takes texts, a trained model, or weights by name: its own tests hand it bad ones",
    ),
    "transformers.adapting.training": "takes a model and a function that makes batches: its own tests hand it bad ones",
    "unsupervised.pca.digit_rows": "takes the book's digits, which check their own arrays",
    **dict.fromkeys(
        (
            f"unsupervised.completion.{n}"
            for n in ("als.solve_rows", "als.solve_rows_in_a_loop", "implicit.solve_implicit_rows")
        ),
        "one half of a sweep on a sparse matrix, unchecked by design: the methods check",
    ),
    "unsupervised.completion.als.sweep_in_blocks": "the same for blocks of sparse rows, for data that do not fit twice",
    "unsupervised.completion.descent.one_rating": "one step's gradient, to be read: `sgd` checks",
    **dict.fromkeys(
        (
            f"unsupervised.completion.{n}"
            for n in ("als.Factors", "descent.Biased", "ratings.Baseline", "ratings.Planted")
        ),
        "what the module's functions give",
    ),
    "unsupervised.completion.ratings.Ratings.table": "takes one number for what is missing, also NaN",
    "unsupervised.completion.ratings.Ratings.take": "numpy's own indexing",
    "unsupervised.training": "trains with PyTorch: its own tests train with it, and hand it bad ones",
    **dict.fromkeys(
        (f"unsupervised.autoencoders.{name}" for name in ("Deep", "Plain", "Convolutional")),
        "made by training, from weights by name: its own tests hand it bad ones",
    ),
    "unsupervised.generative.training": "trains with PyTorch: its own tests train with it",
    "unsupervised.generative.variational.Variational": "made by training, from weights by name: its own tests leave out and cut each",
    "unsupervised.generative.flow.Flow": "made by training, from weights by name: its own tests leave out and cut each",
    "unsupervised.generative.flow.follow": "takes a function: its own tests hand it bad ones",
    "unsupervised.tensors.kept": "one step, unchecked by design: `tt_svd` and `rounded` check",
    "convnets.digits.digits": "takes nothing: reads a package's file",
    "convnets.digits.train_and_test": "takes nothing: reads a package's file",
    "convnets.digits.other_scanner": "takes nothing: reads a package's file",
    "convnets.digits.read_digits": "takes nothing: reads a package's file",
    "convnets.digits.Digits": "made by the module, from a package's file",
    "convnets.fast": "takes PyTorch's tensors: no arrays; its own tests hand it bad ones",
    "convnets.depth": "PyTorch networks, trained on the book's own digits: no arrays come in; its own tests hand it bad settings",
    "convnets.photos": "takes a photo's name, no arrays: its own tests hand it bad ones",
    **dict.fromkeys(
        (f"transformers.scale.precision.{name}" for name in ("to_float16", "to_bfloat16")),
        "infinity and 0 are its answers, where PyTorch's two bytes give them: its own tests compare",
    ),
    "transformers.scale.trial": "starts processes, trains: its own tests do",
    "transformers.scale.train": "starts from a text and files, or is one of several processes: its own tests hand it bad ones",
    "transformers.adapting.by_hand": "takes a model and a batch of tokens: its own tests hand it bad ones",
    "convnets.canvases": "takes the module's digits and a generator: its own tests hand it bad ones",
    "convnets.detection.training": "trains with PyTorch: its own tests train with it",
    "convnets.detection.grid.GridDetector": "made by training, from weights by name: its own tests hand it bad ones",
    "convnets.detection.regions.RegionDetector": "made by training, from weights by name: its own tests hand it bad ones",
    "convnets.detection.regions.windows": "takes nothing",
    "convnets.seeing.training": "trains with PyTorch: its own tests train with it",
    "convnets.seeing.shifts.Lenets": "made by training, from weights by name: its own tests hand it bad ones",
    "convnets.segmentation.training": "trains with PyTorch: its own tests train with it",
    "convnets.segmentation.unet.SmallUNet": "made by training, from weights by name: its own tests hand it bad ones",
    "convnets.segmentation.unet.Sizes": "made by the module",
    "convnets.pooling.halved": "unchecked by design, in the network's pass, which checks",
    "convnets.training": "takes a list of layers, trains a PyTorch module: its own tests hand it bad ones",
    "convnets.networks.LeNet": "made by training, from weights by name: its own tests leave out and cut each",
    "convnets.architectures": "takes layers, names and whole numbers, no arrays: its own tests hand it bad ones",
    "convnets.glyphs": "takes numbers of typefaces and a generator, no arrays: its own tests hand it bad ones",
    "convnets.detection.letters.LetterDetector": "made by training, from weights by name: its own tests hand it bad ones",
    "convnets.networks.Chain": "made by training, from weights by name: its own tests hand it bad ones",
    "convnets.networks.fit_chain": "takes a list of layers and trains: its own tests hand it bad ones",
    "convnets.networks.shapes_of": "takes a list of layers, no arrays",
    "convnets.networks.Read": "what a LeNet gives",
    "transformers.training": "takes words, gives a PyTorch module: its own tests hand it bad ones",
    **dict.fromkeys(
        (
            "least_squares.iterative.schulz_plain",
            "least_squares.iterative.conjugate_gradients_plain",
            "least_squares.direct.through_mirrors",
            "least_squares.direct.clear_columns",
            "least_squares.direct.refine",
            "least_squares.direct.triangle_by_blocks",
        ),
        "the algorithm as its page shows it, without checks: the function beside it checks and is attacked",
    ),
    "least_squares.cost.measure": "runs the function that it is given",
    "losses.autodiff.Tensor.backward": "takes nothing",
    "losses.optimisers.Optimiser": "what the optimisers share: it takes no step",
    "losses.optimisers.Optimiser.__call__": "what the optimisers share: it takes no step",
    **{
        f"{owner}.{name}": why
        for owner, names, why in (
            ("word_vectors.training.Trainer", "load run save", "trains, or reads and writes a file"),
            (
                "word_vectors.context.Reader",
                "learn log_probabilities perplexity states vectors",
                "reads sentences, lists of words",
            ),
            ("word_vectors.vectors.WordVectors", "load save", "reads and writes a file"),
            *(
                (f"losses.optimisers.{name}", "step direction", "called by `__call__`, which checks")
                for name in OPTIMISERS
            ),
        )
        for name in names.split()
    },
}


def eighths(*shape: int, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng([seed, *shape]).integers(-24, 25, size=shape)
    return np.where(values == 0, 5, values) / 8


N, D, K = 8, 3, 4
A, Y = eighths(N, D), eighths(N, D, seed=2)
B = eighths(D, D, seed=1)
SPD = B @ B.T + np.eye(D)
SPD_N = np.diag(np.arange(1.0, N + 1)) + (np.eye(N, k=1) + np.eye(N, k=-1)) / 2
POSITIVE = np.array([0.5, 1.0, 2.0, 3.0, 0.25, 4.0, 1.5, 2.5])
LABELS = np.arange(N) % K
LAYERS = [(eighths(D, 4), eighths(4)), (eighths(4, 2), eighths(2))]
SENTENCES = [s.split() for s in ("a b c d e a b", "b a d c e b a", "c a b e d a c", "d b a c a b e") for _ in range(5)]
PAIRS = np.array([[0, 1], [1, 2], [2, 0], [3, 4]])


@cache
def text():
    from lib.word_vectors.vocabulary import read

    return read(SENTENCES, 1)


@cache
def vectors():
    from lib.word_vectors.vectors import WordVectors

    return WordVectors(tuple("abcde"), eighths(5, D))


def by_name() -> dict[str, object]:
    """Return the usual value of each name that parameters have."""
    return dict(
        A=A, X=A, Y=Y, Z=eighths(N, K), W=eighths(D, D, seed=4), M=B, T=B, G=SPD, H=SPD, C=SPD_N, P=np.triu(SPD), dA=Y, a=eighths(5, D),
        R=np.triu(SPD), L=np.tril(SPD), x=eighths(N), y=eighths(N, seed=3), b=eighths(N, seed=3), w=eighths(D), z=eighths(N), e=eighths(N),
        t=np.arange(N) % 2.0, y_hat=eighths(N, seed=4), u=eighths(D, seed=5), v=eighths(D, seed=6), c=eighths(D), k=2, s=np.array([3.0, 2.0, 0.5]),
        labels=LABELS, targets=eighths(N, 2), values=POSITIVE, weights=POSITIVE, losses=POSITIVE, lams=np.array([4.0, 1.0, 0.5]), truth=eighths(N),
        lam=0.5, lam2=0.25, tol=1e-10, eps=0.125, delta=0.5, tau=0.25, sigma=0.5, kappa=100.0, rho=0.5, eta=0.01, weight=2.0, w0=0.5, v0=0.5,
        target=1.0, leak=0.125, gain=1.5, beta=0.5, beta1=0.5, beta2=0.5, rate=0.125, momentum=0.5, p=0.5, seed=1, rcond=1e-10, error=0.5,
        variance=1.5, steepness=8.0, scale=2.0, exponent=0.75, shift=0.5, sample=0.01, latency=0.5, bandwidth=8.0, compute=4.0, handling=0.125,
        steps=3, max_iterations=50, passes=20, N=N, D=D, K=2, m=3, d=2, n=2, j=1, width=4, depth=2, epochs=1, batch=4, samples=5, points=21, draws=4,
        size=3, degree=2, window=2, negatives=2, patience=2, best=1, frequent=4, processes=3, meetings=3, row=1, centre=1, context=2, hidden=4,
        order=2, symbols=7, longest=3, min_count=1, block=2, rounds=1, turns=2, lead=1, dimension=4, labelled=1, classes=K, down=1, right=-1,
        step=0.125, share=0.5, power=0.5, residual=0.125, smoothing=0.125, dropout=0.25, decay=0.875, weight_decay=0.25, x_hat=0.5, value=0.5,
        gamma=eighths(D), alpha=eighths(D), query=eighths(4), counts=np.array([5.0, 4.0, 3.0, 2.0, 1.0]), noise=eighths(4, D), U=eighths(D, D),
        contexts=eighths(4, D), left=np.array([0.0, 0.5, 1.0]), parts=eighths(3, 3), places=np.array([[0, 1], [1, 2]]), pairs=PAIRS,
        rng=np.random.default_rng(0), phi="tanh", name="tanh", layers=LAYERS, sizes=[3, 4, 2], text=text(), vocabulary=text().vocabulary,
        vectors=vectors(), sentences=SENTENCES, documents=SENTENCES, exact=eighths(N), computed=eighths(N, seed=9), images=eighths(3, 4, 5),
        copies=eighths(3, N, D), predictions=eighths(5, N), rows=np.array([0, 3, 1]), g=eighths(N, D), V=None, start=None, words=tuple("abcde"),
        f=lambda x: np.asarray(x) ** 2, which=np.arange(N) % 2, word="a", sentence=list("abcde"), at=1, log_probabilities=-POSITIVE,
        gradient=eighths(N), mean=None, axis=0, index=1, other=SENTENCES, one=SENTENCES, what="a", schedule=lambda t, steps: 1.0, first=2,
    )  # fmt: skip


def differing() -> dict[str, dict[str, object]]:
    """Return what is usual for one function alone."""
    from lib.least_squares import direct
    from lib.losses import optimisers
    from lib.regularization import network, normalization
    from lib.word_vectors import context, training

    V = direct.householder_qr(A)[0]
    unit = np.linalg.qr(A)[0]
    net = network.new_network(D, K, network.Recipe(hidden=4))
    cache_of = lambda layer: layer(A, eighths(D), eighths(D))[1]
    small = training.Settings(dimension=4, epochs=1, window=2)
    quick = context.Settings(dimension=4, layers=1, epochs=1, threads=1)
    found, table = np.array([[0, 1], [2, 1], [3, 0]]), np.abs(eighths(5, 5))
    tensor = {"f": lambda *tensors: sum(((x * x).sum() for x in tensors[1:]), (tensors[0] * tensors[0]).sum())}
    return {
        "least_squares.accuracy.problem": dict(D=2),
        "least_squares.accuracy.digits_of": dict(solver=direct.qr_solve, exact=eighths(D)),
        "least_squares.conditioning.inverse_differential": dict(A=SPD, H=B),
        "least_squares.conditioning.relative_condition": dict(x=eighths(D)),
        "least_squares.cost.flops": dict(method="SVD", D=2),
        "least_squares.cost.fit_exponent": dict(sizes=np.array([1.0, 2.0, 4.0]), values=np.array([1.0, 4.0, 15.0])),
        "least_squares.direct.apply_qt": dict(V=V),
        "least_squares.inner_product.to_basis": dict(k=eighths(D)),
        "least_squares.inner_product.from_basis": dict(k=eighths(D)),
        "least_squares.inner_product.generalized_least_squares": dict(G=SPD_N),
        "least_squares.inner_product.linear_estimator_covariance": dict(K=eighths(D, N)),
        "least_squares.iterative.schulz_step": dict(X=A.T),
        "least_squares.iterative.conjugate_gradients": dict(A=SPD, b=eighths(D)),
        "least_squares.iterative.minres": dict(A=B + B.T, b=eighths(D)),
        "least_squares.iterative.symmlq": dict(A=B + B.T, b=eighths(D)),
        "least_squares.model.one_hot": dict(labels=LABELS),
        "least_squares.model.drop_category": dict(c=0.5),
        "least_squares.pseudoinverse.penrose_defects": dict(X=A.T),
        "least_squares.pseudoinverse.r_squared": dict(A=np.column_stack([np.ones(N), A])),
        "least_squares.squeeze.squeeze_solve": dict(b=(1.0, 2.0)),
        "losses.autodiff.Tensor": dict(value=np.abs(A)),
        **{f"losses.autodiff.Tensor.__{name}__": dict(other=A) for name in ("add", "sub", "mul", "truediv")},
        **{f"losses.optimisers.{name}.__call__": dict(g=eighths(D, seed=8)) for name in OPTIMISERS},
        "losses.neurons.OneHiddenLayer.__call__": dict(X=A),
        "regularization.normalization.BatchNorm.__call__": dict(x=A),
        "losses.autodiff.log_sum_exp": dict(Z=A),
        "losses.autodiff.gradients": tensor | dict(arrays=A),
        "losses.autodiff.gradcheck": tensor | dict(arrays=A, step=1e-6),
        "losses.backprop.numerical_gradient": dict(f=lambda x: float(np.sum(x**2)), x=eighths(D)),
        "losses.backprop.neuron": dict(x=eighths(D)),
        "losses.backprop.linear_vjp": dict(G=eighths(N, D)),
        "losses.backprop.sum_to_shape": dict(G=A, shape=(1, D)),
        "losses.classification.log_likelihood": dict(p=np.arange(1, N + 1) / 16),
        "losses.classification.cross_entropy_gradient": dict(labels=LABELS % D),
        "losses.classification.fit_softmax": dict(classes=K),
        "losses.neurons.OneHiddenLayer": dict(value=np.tanh, b=eighths(D), v=eighths(D)),
        "losses.neurons.random_layer": dict(f=np.sin),
        "losses.neurons.largest_error": dict(network=lambda x: x[:, 0], f=np.sin),
        "losses.optimisers.minimise": dict(gradient=lambda w: w, optimiser=optimisers.GradientDescent(0.125)),
        "losses.optimisers.train": dict(optimiser=optimisers.GradientDescent(0.125)),
        "losses.optimisers.unflatten": dict(w=eighths(26)),
        "losses.optimisers.largest_stable_rate": dict(steps=30),
        "losses.optimisers.inverse": dict(t=1),
        "losses.optimisers.cosine": dict(t=1),
        "losses.optimisers.constant": dict(t=1),
        "regularization.lasso.lasso_orthonormal": dict(A=unit),
        "regularization.lasso.lasso": dict(start=eighths(D)),
        "regularization.network.Recipe": dict(shift=0),
        "regularization.network.loss_and_gradients": dict(net=net, rng=np.random.default_rng(0)),
        "regularization.noise.dropout": dict(rng=np.random.default_rng(0)),
        "regularization.network.new_network": dict(recipe=network.Recipe(hidden=4), K=K),
        "regularization.network.train": dict(X_val=A, labels_val=LABELS, recipe=network.Recipe(hidden=4, epochs=2)),
        "regularization.noise.dropout_mask": dict(shape=(2, 3)),
        "regularization.noise.noisy_loss": dict(C=SPD),
        "regularization.noise.fit_with_noise": dict(C=SPD),
        "regularization.noise.weight_decay_step": dict(w=eighths(N)),
        "regularization.normalization.batch_norm": dict(x=A, beta=eighths(D), variance=None),
        "regularization.normalization.layer_norm": dict(x=A, beta=eighths(D)),
        "regularization.normalization.batch_norm_gradient": dict(cache=cache_of(normalization.batch_norm)),
        "regularization.normalization.layer_norm_gradient": dict(cache=cache_of(normalization.layer_norm)),
        "regularization.normalization.BatchNorm": dict(D=D),
        "regularization.overfitting.linear_bias_variance": dict(M=eighths(N, N), f=eighths(N)),
        "regularization.overfitting.cross_validation_errors": dict(
            fit=lambda A, y: np.linalg.lstsq(A, y, rcond=None)[0], parts=[np.arange(4), np.arange(4, N)]
        ),
        "regularization.overfitting.prediction_matrix": dict(lam=0.5),
        "regularization.overfitting.interpolation_risk": dict(N=9, p=4, used=1.0, unused=0.5, sigma=0.25),
        "word_vectors.adversarial.Game": dict(beta=0.02),
        "word_vectors.adversarial.play": dict(changes=dict(rounds=1, turns=2, batch=4, hidden=4)),
        "word_vectors.alignment.precision": dict(found=found, gold=np.array([1, 2, 2])),
        "word_vectors.alignment.occurrences": dict(found=found, size=5),
        "word_vectors.context.Settings": dict(batch=64, layers=1),
        "word_vectors.context.Reader": dict(changes=dataclasses.asdict(quick)),
        "word_vectors.context.train": dict(changes=dataclasses.asdict(quick)),
        "word_vectors.counting.bag_of_words": {},
        "word_vectors.counting.idf": dict(counts=table),
        "word_vectors.counting.tfidf": dict(counts=table),
        "word_vectors.counting.cosines": dict(table=eighths(5, 4)),
        "word_vectors.counting.pmi": dict(C=table),
        "word_vectors.counting.ppmi": dict(C=table),
        "word_vectors.counting.svd_vectors": dict(M=eighths(5, 4)),
        "word_vectors.counting.strongest": dict(table=table),
        "word_vectors.counting.expected_loss": dict(C=table, S=eighths(5, 5), k=2.0),
        "word_vectors.evaluation.human_judgements": dict(name="wordsim353"),
        "word_vectors.evaluation.agreement": dict(pairs=[("a", "b", 1.0), ("b", "c", 2.0), ("c", "d", 5.0), ("a", "e", 3.0)]),
        "word_vectors.evaluation.solved": dict(asked=[("a", "b", "c", "d")]),
        "word_vectors.evaluation.plant_twins": dict(text=_many_words(), sizes=[5], each=1),
        "word_vectors.evaluation.twins_found": dict(twins=np.array([[0, 1, 5], [2, 3, 5]])),
        "word_vectors.evaluation.planted": dict(tokens=400, words=20, topics=2, styles=2),
        "word_vectors.evaluation.class_share": dict(classes=np.array([0, 0, 1, 1, 0])),
        "word_vectors.halves.Spaces": dict(source=vectors(), target=vectors()),
        "word_vectors.halves.train_apart": dict(settings=small, shared=2, rare=1),
        "word_vectors.language.Ngrams": dict(sentences=[np.array([0, 1, 2]), np.array([3, 4])]),
        "word_vectors.senses.choose_pairs": dict(vocabulary=_many_words().vocabulary, n=1, low=1, high=1000),
        "word_vectors.senses.plant": dict(pairs=[("a", "b"), ("c", "d")]),
        "word_vectors.senses.mix": dict(layers=eighths(3, N, D), scores=eighths(3), gamma=1.5),
        "word_vectors.senses.told_apart": dict(labelled=1),
        "word_vectors.training.Settings": dict(rate=0.05),
        "word_vectors.training.Trainer": dict(changes=dataclasses.asdict(small)),
        "word_vectors.training.train": dict(changes=dataclasses.asdict(small)),
        "word_vectors.training.train_all": dict(runs={"one": small}, workers=1),
        "word_vectors.vectors.WordVectors": dict(matrix=eighths(5, D)),
        "word_vectors.vocabulary.Text": dict(tokens=text().tokens, sentence=text().sentence),
        "word_vectors.word2vec.block_gradient": dict(M=eighths(N, N)),
        "losses.autodiff.Tensor.__getitem__": dict(index=1),
        "losses.autodiff.Tensor.__matmul__": dict(other=B),
        "losses.autodiff.Tensor.__pow__": dict(exponent=2.0),
        "losses.autodiff.Tensor.reshape": dict(shape=(D, N)),
        "word_vectors.context.Reader.at": dict(places=np.array([[0, 1], [1, 2]])),
        "word_vectors.language.Ngrams.log_probabilities": dict(sentences=[np.array([0, 1, 2]), np.array([3, 4])]),
        "word_vectors.vectors.WordVectors.similarity": dict(one="a", other="b"),
        "word_vectors.vectors.WordVectors.neighbours": dict(what=eighths(D)),
        "word_vectors.vectors.WordVectors.analogy": dict(a="a", b="b", c="c"),
        "word_vectors.halves.Spaces.deal": dict(test=2),
        "word_vectors.training.Trainer.vectors": dict(which="words"),
        **_sequences(),
        **_transformers(),
        **_convnets(),
        **_detection(),
        **_segmentation(),
        **_fields(),
        **_unsupervised(),
        **_seeing(),
    }  # fmt: skip


def _seeing() -> dict[str, dict[str, object]]:
    from lib.convnets.seeing import attribution, shifts

    net, images = shifts.random_lenets(1)["blurred"][0], np.abs(eighths(2, 28, 28)) / 8
    asked = dict(net=net, images=images, labels=np.array([3, 1]))
    name = "convnets.seeing."
    return {
        name + "attribution.checked_pictures": asked,
        name + "attribution.slopes": asked,
        name + "attribution.slopes_times_input": dict(**asked, baseline=0.5),
        name + "attribution.integrated_gradients": dict(**asked, baseline=images[0], steps=2),
        name + "attribution.occlusion": dict(net=net, image=images[0], label=3, size=14, stride=7, filler=0.5),
        name + "attribution.patches": dict(size=8, stride=4),
        name + "attribution.shuffled": dict(net=net, layers=attribution.LAYERS[:2], rng=np.random.default_rng(0)),
        name + "attribution.ranks": dict(values=eighths(7)),
        name + "attribution.rank_correlation": dict(a=eighths(7), b=np.abs(eighths(7))),
        name + "attribution.replaced": dict(images=images, maps=eighths(2, 28, 28), count=5, filler=0.5),
        name + "attribution.scores_of": asked,
        name + "ascent.ascend": dict(net=net, toward=eighths(10), start=images[0], steps=2, rate=0.5, penalty=0.5, blur=True, bounds=(0.0, 1.0)),
        name + "ascent.loss_slopes": asked,
        name + "ascent.sign_step": dict(**asked, eps=0.125),
        name + "shifts.moved": dict(images=images, down=2, right=-3),
        name + "shifts.places": dict(distance=2),
        name + "shifts.consistency": dict(said=np.array([[1, 2], [1, 1], [2, 1]])),
        name + "shifts.random_lenets": dict(seeds=1),
    }  # fmt: skip


def _svd() -> dict[str, dict[str, object]]:
    sigma, Q, W = np.array([4.0, 2.0, 1.0, 0.5, 0.25]), np.eye(5, 2), np.eye(5)[:, 1:4]
    image, name = np.abs(eighths(8, 16)) / 4, "unsupervised.svd."
    return {
        name + "decomposition.completed": dict(Q=Q),
        name + "decomposition.svd_by_eigenvectors": dict(A=A),
        name + "decomposition.truncation_errors": dict(sigma=sigma),
        name + "decomposition.energy": dict(sigma=sigma),
        name + "decomposition.rank_for_error": dict(sigma=sigma, error=0.125),
        name + "decomposition.fix_signs": dict(U=eighths(6, 3), Vt=eighths(3, 4)),
        name + "decomposition.principal_angles": dict(Q=Q, W=W),
        name + "jacobi.rotation": dict(alpha=2.0, beta=3.0, gamma=0.5),
        name + "jacobi.orthogonal_columns": dict(A=A, sweeps=30),
        name + "jacobi.jacobi_svd": dict(A=A, sweeps=30),
        name + "jacobi.Jacobi": dict(U=Q, sigma=sigma[:2], Vt=np.eye(2), cosines=np.array([0.5, 0.0])),
        name + "randomized.range_finder": dict(size=2, power=1),
        name + "randomized.randomized_svd": dict(k=2, oversample=1, power=1),
        name + "randomized.expected_spectral_error": dict(sigma=sigma, k=2, oversample=2, power=1),
        name + "randomized.expected_frobenius_error": dict(sigma=sigma, k=2, oversample=2),
        name + "compression.parameters": dict(m=8, n=16, k=2),
        name + "compression.rank_within": dict(m=8, n=16, size=200),
        name + "compression.svd_picture": dict(image=image, size=200),
        name + "compression.dct_picture": dict(image=image, size=200, block=4),
        name + "compression.relative_error": dict(image=image, close=image / 2),
        name + "compression.turned_stripes": dict(angle=30.0, side=16, wide=4.0),
        name + "compression.edge_values": dict(n=5),
    }


def _pca() -> dict[str, dict[str, object]]:
    from lib.unsupervised import pca

    X = eighths(9, 3) + np.eye(9, 3)
    C = np.diag([2.0, 1.0, 0.5])
    mean, k, rng = X.mean(axis=0), 2, np.random.default_rng(0)
    found, net = pca.principal_components(X), pca.Autoencoder(np.eye(3, k), np.eye(k, 3))
    learning, name = dict(net=net, C=C, rate=0.125, steps=3, price=0.25), "unsupervised.pca."
    return {
        name + "Components": dict(mean=mean, axes=np.eye(3, k), variances=np.array([2.0, 1.0])),
        name + "Components.scores": dict(X=X, k=k),
        name + "Components.reconstruct": dict(Z=eighths(4, k)),
        name + "Components.distances": dict(X=X, k=k),
        name + "principal_components": dict(X=X, by="svd"),
        name + "covariance": dict(X=X),
        name + "fix_signs": dict(V=X),
        name + "power_iteration": dict(C=C, x=np.ones(3), steps=3),
        name + "principal_angles": dict(A=X[:, :2], B=X[:, 1:]),
        name + "broken_stick": dict(D=5),
        name + "parallel_analysis": dict(X=X, rng=rng, rounds=2),
        name + "noise_edges": dict(variance=1.0, N=20, D=5),
        name + "log_likelihood": dict(components=found, X=X, k=1),
        name + "Autoencoder": dict(encoder=net.encoder, decoder=net.decoder),
        name + "random_autoencoder": dict(D=3, k=k, rng=rng, size=0.125),
        name + "autoencoder_loss": dict(net=net, C=C, price=0.25),
        name + "autoencoder_gradient": dict(net=net, C=C, price=0.25),
        name + "training_path": learning,
        name + "train_autoencoder": learning,
    }


def _completion() -> dict[str, dict[str, object]]:
    from lib.unsupervised.completion import ratings as rt

    rng, name = np.random.default_rng(3), "unsupervised.completion."
    seen, U, V = rng.random((6, 5)) < 0.7, eighths(6, 2), eighths(5, 2)
    R = rt.observed(np.where(seen, eighths(6, 5), np.nan))
    factors = dict(ratings=R, U=U, V=V, lam=0.125)
    some = dict(ratings=R, rank=2, lam=0.125, sweeps=2)
    parts = dict(X=np.abs(eighths(6, 5)), mask=seen.astype(float), rank=2)
    sure = rt.observed(np.where(seen, 1 + np.abs(eighths(6, 5)), np.nan))
    return {
        name + "ratings.Ratings": dict(rows=R.rows, columns=R.columns, values=R.values, shape=(6, 5)),
        name + "ratings.Ratings.minus": dict(fitted=eighths(len(R))),
        name + "ratings.observed": dict(table=eighths(6, 5)),
        name + "ratings.split": dict(ratings=R),
        name + "ratings.rmse": dict(fitted=eighths(len(R)), ratings=R),
        name + "ratings.biases": dict(ratings=R, shrink_columns=1.0, shrink_rows=1.0),
        name + "ratings.planted": dict(m=9, n=8, rank=2, share=0.5, noise=0.5, choosing=0.5),
        name + "als.objective": factors,
        name + "als.als": some,
        name + "als.complete": dict(ratings=R, rank=2, sweeps=5),
        name + "descent.sgd": dict(ratings=R, rank=2, lam=0.125, rate=0.0625, epochs=2, batch=3),
        name + "nonnegative.update": parts | dict(U=np.abs(U), V=np.abs(V)),
        name + "nonnegative.nmf": parts,
        name + "implicit.implicit_objective": dict(confidences=sure, U=U, V=V, lam=0.125),
        name + "implicit.percentile": dict(
            scores=eighths(6, 5),
            touched=rt.Ratings(np.arange(6), np.zeros(6, int), np.ones(6), (6, 5)),
            held=rt.Ratings(np.arange(6), np.ones(6, int), np.ones(6), (6, 5)),
        ),
        name + "ratings.films": dict(seed=0, choosing=0.5),
        name + "implicit.implicit_als": dict(confidences=sure, rank=2, lam=0.125, sweeps=2),
    }


def _autoencoders() -> dict[str, dict[str, object]]:
    name = "unsupervised.autoencoders."
    return {
        name + "projected": dict(mean=eighths(D), V=np.eye(D)[:, :2]),
        name + "area_under_curve": dict(normal=POSITIVE, strange=eighths(5)),
        name + "rate_penalty": dict(H=(eighths(N, D) + 4) / 8, rho=0.125),
        name + "best_denoiser": dict(noisy=eighths(N, D), points=eighths(5, D), sigma=0.5),
    }


def _generative() -> dict[str, dict[str, object]]:
    name, images = "unsupervised.generative.", np.abs(eighths(2, 14, 14)) / 4
    return {
        "convnets.digits.halved": dict(images=images),
        name + "variational.gaussian_kl": dict(mu=eighths(3, 2), log_var=eighths(3, 2)),
        name + "variational.picture_loss": dict(scores=eighths(3, 2), x=np.abs(eighths(3, 2)) / 4),
        name + "variational.live_dimensions": dict(kl=np.abs(eighths(3, 2))),
        name + "flow.between": dict(data=eighths(3, 2), noise=eighths(3, 2), t=np.array([0.0, 0.5, 1.0])),
        name + "flow.exact_velocity": dict(points=eighths(3, 2), x=eighths(4, 2), t=0.5),
        name + "variational.shapes": dict(hidden=4, code=2),
        name + "flow.shapes": dict(hidden=4),
        name + "flow.time_code": dict(t=np.array([0.0, 0.5])),
    }


def _unsupervised() -> dict[str, dict[str, object]]:
    return {**_svd(), **_pca(), **_completion(), **_autoencoders(), **_generative(), **_tensors()}


def _tensors() -> dict[str, dict[str, object]]:
    from lib.unsupervised.tensors import TensorTrain

    cores = (eighths(1, 2, 2), eighths(2, 3, 2), eighths(2, 2, 1))
    train, array, name = TensorTrain(cores), eighths(2, 3, 2), "unsupervised.tensors."
    return {
        name + "unfolding": dict(A=array, k=1),
        name + "TensorTrain": dict(cores=cores),
        name + "TensorTrain.entries": dict(places=np.array([[0, 1, 1], [1, 2, 0]])),
        name + "tt_svd": dict(A=array, eps=0.125),
        name + "rank_one": dict(vectors=[eighths(2), eighths(3)]),
        name + "add": dict(a=train, b=train),
        name + "multiply": dict(a=train, b=train),
        name + "inner": dict(a=train, b=train),
        name + "rounded": dict(train=train, eps=0.125),
        name + "Tucker": dict(core=eighths(2, 2), factors=[eighths(3, 2), eighths(4, 2)]),
        name + "hosvd": dict(A=array, ranks=np.array([1, 2, 2])),
    }


def _segmentation() -> dict[str, dict[str, object]]:
    said, true = np.zeros((2, 6, 7)), np.zeros((2, 6, 7))
    said[:, 1:5, 1:5], true[:, 2:6, 1:6] = 1, 1
    hard, soft = dict(said=said, true=true), dict(p=0.25 + said / 2, true=true)
    name = "convnets.segmentation."
    return {
        name + "scores.dice": hard,
        name + "scores.jaccard": hard,
        name + "scores.mean_dice": hard,
        name + "scores.soft_dice": soft,
        name + "scores.soft_dice_gradient": soft,
        name + "scores.pieces": dict(mask=said[0]),
        name + "scores.instance_counts": dict(masks=said, instances=true.astype(int)),
        name + "unet.valid_sizes": dict(n=60, levels=2),
        name + "unet.parameters": dict(width=4, levels=2, inputs=1, classes=2),
        name + "unet.taps_at": dict(n=4, k=3, stride=2),
        name + "unet.enlarge": dict(x=said, times=2),
    }


def _detection() -> dict[str, dict[str, object]]:
    from lib.convnets.detection.average_precision import Found, Truth

    boxes, others = (
        np.array([[1.0, 2, 20, 30], [4, 4, 30, 20], [40, 8, 50, 60]]),
        np.array([[2.0, 2, 20, 28], [8, 8, 20, 24], [30, 8, 50, 40]]),
    )
    scores, labels, pair = np.array([0.5, 0.75, 0.25]), np.array([1, 0, 1]), dict(a=boxes, b=others)
    found, truth, image = Found(boxes, scores, labels), Truth(others, labels), np.abs(eighths(64, 64))
    name, curve = "convnets.detection.", dict(precision=np.array([1.0, 0.5, 0.75]), recall=np.array([0.25, 0.25, 0.5]))
    return {
        name + "boxes.checked_boxes": dict(boxes=boxes, name="boxes"),
        name + "boxes.to_corners": dict(boxes=boxes),
        name + "boxes.to_sizes": dict(boxes=boxes),
        name + "boxes.area": dict(boxes=boxes),
        name + "boxes.intersection": pair,
        name + "boxes.iou": pair,
        name + "boxes.intersection_over_first": pair,
        name + "boxes.giou": pair,
        name + "boxes.nms": dict(boxes=boxes, scores=scores, most=0.5, labels=labels),
        name + "boxes.soft_nms": dict(boxes=boxes, scores=scores),
        name + "boxes.encode": dict(boxes=boxes, proposals=others),
        name + "boxes.decode": dict(code=eighths(3, 4), proposals=others),
        name + "average_precision.Found": dict(boxes=boxes, scores=scores, labels=labels),
        name + "average_precision.Found.rows": dict(rows=np.array([0, 2])),
        name + "average_precision.Truth": dict(boxes=boxes, labels=labels, crowd=np.array([0, 1, 0])),
        name + "average_precision.match": dict(boxes=boxes, scores=scores, truths=others, least=0.5),
        name + "average_precision.precision_recall": dict(scores=scores, hits=np.array([1, 0, 1]), truths=4),
        name + "average_precision.envelope": dict(precision=curve["precision"]),
        name + "average_precision.average_precision": curve,
        name + "average_precision.kinds_of_error": dict(found=found, truth=truth, least=0.5),
        name + "average_precision.evaluate": dict(found=[found], truth=[truth]),
        name + "grid.cell_targets": dict(boxes=boxes, labels=labels),
        name + "grid.decode_cells": dict(outputs=eighths(2, 15, 8, 8), least=0.125),
        name + "grid.without_doubles": dict(found=found),
        name + "regions.components": dict(image=image),
        name + "regions.crops": dict(image=image, boxes=boxes),
        name + "regions.region_targets": dict(proposals=others, boxes=boxes, labels=labels, least=0.5),
    }  # fmt: skip


def _convnets() -> dict[str, dict[str, object]]:
    return _convolution() | _augmentation()


def _augmentation() -> dict[str, dict[str, object]]:
    image, boxes = eighths(3, 5, 4) % 1, np.array([[0.0, 1, 2, 4], [1, 0, 4, 2]])
    mixed = dict(X=eighths(3, 2, 4), Y=np.eye(3), partner=np.array([1, 2, 0]))
    here, small = (
        dict(A=np.array([[1.0, 0.5], [-0.25, 1]]), t=np.array([0.5, -1])),
        dict(left=1, top=0, width=2, height=3),
    )
    return {
        "convnets.augmentation.turn": dict(degrees=20.0),
        "convnets.augmentation.stretch": dict(x=1.5),
        "convnets.augmentation.slant": dict(share=0.5),
        "convnets.augmentation.warp": dict(images=image, how="linear", **here),
        "convnets.augmentation.warp_boxes": dict(boxes=boxes, shape=(5, 4), **here),
        "convnets.augmentation.flip": dict(images=image),
        "convnets.augmentation.flip_boxes": dict(boxes=boxes, width=4),
        "convnets.augmentation.crop": dict(images=image, **small),
        "convnets.augmentation.crop_boxes": dict(boxes=boxes, **small),
        "convnets.augmentation.box_of": dict(mask=np.eye(4)),
        "convnets.augmentation.brightness": dict(images=image, factor=1.5),
        "convnets.augmentation.contrast": dict(image=image, factor=1.5),
        "convnets.augmentation.saturation": dict(image=image, factor=1.5),
        "convnets.augmentation.erase": dict(images=image, left=1, top=-1, side=2),
        "convnets.augmentation.mixup": dict(lam=np.array([0.5, 0.25, 1]), **mixed),
        "convnets.augmentation.cutmix": dict(windows=np.array([[0, 0, 2, 1], [1, 0, 4, 2], [0, 0, 0, 0]]), **mixed),
        "convnets.digits.enlarging": dict(few=3, many=5),
    }


def _convolution() -> dict[str, dict[str, object]]:
    x, K = eighths(2, 3, 5, 4), eighths(2, 3, 3, 2)
    one = dict(x=x, K=K, b=eighths(2), stride=2, padding=1)
    return {
        "convnets.convolution.extent": dict(k=3, dilation=2),
        "convnets.convolution.output_size": dict(n=7, k=3, stride=2, padding=1, dilation=1),
        "convnets.convolution.same_padding": dict(k=4, dilation=3),
        "convnets.convolution.pad": dict(x=x, padding=((1, 0), (2, 1)), mode="reflect"),
        "convnets.convolution.pad_gradient": dict(d_padded=eighths(2, 6, 7), padding=((1, 0), (2, 1)), mode="reflect"),
        "convnets.convolution.conv2d": one,
        "convnets.convolution.conv2d_loops": one,
        "convnets.convolution.conv2d_gradients": dict(d_out=eighths(2, 2, 3, 3), x=x, K=K, stride=2, padding=1),
        "convnets.convolution.conv_transpose2d": dict(y=eighths(2, 2, 3, 3), K=K, b=eighths(3), stride=2, padding=1),
        "convnets.convolution.im2col": dict(x=x, kernel=(3, 2), stride=1),
        "convnets.convolution.col2im": dict(columns=eighths(2, 9, 18), shape=(2, 3, 5, 4), kernel=(3, 2)),
        "convnets.convolution.filtered": dict(image=eighths(5, 4), kernel=eighths(3, 2)),
        "convnets.convolution.selection": dict(n=5, k=3, tap=1),
        "convnets.convolution.conv_matrix": dict(K=K, size=(5, 4)),
        "convnets.convolution.fft_conv2d": dict(x=x, K=K, b=eighths(2), padding=1),
        "convnets.convolution.cost": dict(C=4, O=6, k=3, out=(5, 4), groups=2),
        "convnets.convolution.fft_flops": dict(n=8),
        "convnets.convolution.random_layers": dict(x=eighths(5, 4), layers=2, channels=3),
        "convnets.convolution.border_distance": dict(H=4, W=5),
        "convnets.convolution.linearly_read": dict(features=eighths(2, 5, 4), target=eighths(5, 4)),
    }


def _sequences() -> dict[str, dict[str, object]]:
    from lib.sequences import characters, layers

    symbols = np.array([3, 5, 4, 3, 5, 4, 3, 5])
    batch = dict(
        cell="LSTM",
        stack=layers.random_stack("LSTM", 2, 3),
        X=eighths(3, 4, 2),
        h0=eighths(1, 3, 3),
        c0=eighths(1, 3, 3),
    )
    one = dict(weights=layers.random_stack("RNN", 2, 3)[0][0], X=eighths(4, 2), h0=eighths(3))
    passed, plain = layers.forward(**batch), layers.forward("RNN", [[one["weights"]]], eighths(1, 4, 2))
    slopes = [eighths(2, 3), eighths(4)]
    return {
        "sequences.translation.bleu.ngrams": dict(tokens=list("abcab"), n=2),
        "sequences.translation.bleu.matches": dict(hypothesis=list("abcab"), references=[list("abba"), list("cab")], n=2),
        "sequences.translation.bleu.closest_length": dict(written=5, lengths=[4, 6]),
        "sequences.translation.bleu.brevity_penalty": dict(written=5, wanted=7),
        "sequences.translation.bleu.bleu": dict(hypotheses=[list("abcab"), []], references=[[list("abcba")], [list("ab"), ["c"]]]),
        "sequences.number_words.number_pair": dict(k=342_012),
        "sequences.number_words.split_numbers": dict(draws=50, kept=20),
        "sequences.layers.random_stack": dict(cell="GRU", I=2, H=3, layers=1),
        "sequences.layers.cell_named": dict(cell="GRU"),
        "sequences.translation.translator.attention_scores": dict(kind="bilinear", queries=eighths(2, 3), memory=eighths(4, 3), weights={"W": eighths(3, 3)}),
        "sequences.translation.translator.alignment_error": dict(weights=eighths(2, 4), gold=[[0], [1, 3]]),
        "sequences.languages.cleaned": dict(text="a %d b"),
        "sequences.languages.NaiveBayes": dict(texts=["ab", "ba", "cd"], labels=np.array([0, 0, 1]), longest=2, alpha=0.5),
        "sequences.languages.NaiveBayes.scores": dict(texts=["ab", "dc"]),
        "sequences.languages.NaiveBayes.probabilities": dict(texts=["ab", "dc"]),
        "sequences.languages.symbols_of": dict(texts=["ab", "ba", "cd"], fewest=1),
        "sequences.languages.encoded": dict(texts=["ab", "dc"], symbols={"a": 2, "b": 3}, longest=5),
        "sequences.languages.pooled": dict(states=eighths(3, 4, 2), lengths=np.array([1, 4, 2]), pooling="mean and max"),
        "sequences.forecasting.naive": dict(history=eighths(9), h=3),
        "sequences.forecasting.seasonal_naive": dict(history=eighths(9), h=3, period=4),
        "sequences.forecasting.lagged_matrix": dict(y=eighths(9), p=2),
        "sequences.forecasting.fit_autoregression": dict(y=eighths(12), p=2),
        "sequences.forecasting.Autoregression": dict(w=np.array([0.5, 0.5, -0.25])),
        "sequences.forecasting.Autoregression.__call__": dict(history=eighths(9), h=3),
        "sequences.forecasting.of_differences": dict(forecaster=lambda y, h: np.zeros(h), lag=2),
        "sequences.forecasting.walk_forward": dict(forecaster=lambda y, h: np.zeros(h), y=eighths(9), start=4, horizon=2),
        "sequences.forecasting.truths": dict(y=eighths(9), start=4, horizon=2),
        "sequences.forecasting.errors": dict(forecasts=eighths(4, 2), y=eighths(9), start=4),
        "sequences.tasks.pad": dict(sequences=[[1, 2, 3], [4]]),
        "sequences.tasks.real_places": dict(lengths=np.array([1, 3, 2]), T=3),
        "sequences.tasks.masked_mean": dict(losses=eighths(3, 4), lengths=np.array([1, 4, 2])),
        "sequences.tasks.reverse_real": dict(X=eighths(3, 4, 2), lengths=np.array([1, 4, 2])),
        "sequences.tasks.place_values": dict(k=342_012),
        "sequences.tasks.recall_task": dict(N=4, T=5),
        "sequences.tasks.window_ceiling": dict(sentences=[list("ab"), list("ac")], tags=[list("xz"), list("yz")], left=0, right=1),
        "sequences.tagging.train_tagger": dict(ids=np.array([[0, 1, 2], [1, 2, 0]]), lengths=np.array([3, 2]), tags=np.array([[1, 0, 1], [0, 1, 0]]), H=2, steps=2, batch=2, rate=0.125),
        "sequences.layers.forward": dict(**batch, lengths=np.array([1, 4, 2])),
        "sequences.characters.decode": dict(ids=symbols),
        "sequences.characters.chunks": dict(ids=symbols, B=2, T=2),
        "sequences.characters.entropy": dict(p=np.array([0.5, 0.25, 0.25])),
        "sequences.characters.with_temperature": dict(z=eighths(5), T=2.0),
        "sequences.characters.write": dict(model=characters.Ngrams(symbols, 2), start="a", count=3, T=2.0),
        "sequences.characters.Ngrams": dict(ids=symbols, order=2),
        "sequences.characters.Ngrams.bits": dict(ids=symbols),
        "sequences.characters.Ngrams.knows": dict(ids=symbols),
        "sequences.characters.Ngrams.after": dict(ids=symbols),
        "sequences.characters.Reader": dict(weights=_reader_weights()),
        "sequences.characters.Reader.bits": dict(ids=symbols),
        "sequences.characters.Reader.scores": dict(ids=symbols),
        "sequences.characters.Reader.after": dict(ids=symbols),
        "sequences.layers.backward": dict(passed=passed, d_outputs=eighths(3, 4, 3), dh=eighths(1, 3, 3), dc=eighths(1, 3, 3)),
        "sequences.through_time.step_jacobians": dict(cell="RNN", **one),
        "sequences.through_time.jacobian_norms": dict(cell="RNN", **one),
        "sequences.through_time.norm_bound": one,
        "sequences.through_time.truncated_gradient": dict(passed=plain, d_outputs=eighths(1, 4, 3), window=2),
        "sequences.through_time.clip_by_norm": dict(gradients=slopes, most=2.0),
        "sequences.through_time.clip_by_value": dict(gradients=slopes, most=2.0),
    }  # fmt: skip


def _reader_weights() -> dict[str, np.ndarray]:
    shapes = {"E": (98, 2), "Wx": (2, 12), "Wh": (3, 12), "bx": (12,), "bh": (12,), "U": (3, 98), "u": (98,)}
    return {name: eighths(*shape) for name, shape in shapes.items()}


def _transformers() -> dict[str, dict[str, object]]:
    return _tokens() | _attention() | _positions() | _blocks() | _gpt() | _adapting() | _scale() | _bert()


def _tokens() -> dict[str, dict[str, object]]:
    words, texts = {b"low": 3, b" lower": 2}, ["low lower", "low"]
    return {
        "transformers.tokens.utf8": dict(text="low"),
        "transformers.tokens.split_words": dict(text="low lower"),
        "transformers.tokens.count_words": dict(texts=texts),
        "transformers.tokens.paragraphs": dict(texts=texts),
        "transformers.tokens.learn_merges": dict(words=words, most=3),
        "transformers.tokens.learn_merges_fast": dict(words=words, most=3),
        "transformers.tokens.Tokenizer": dict(merges=[(108, 111), (256, 119)], special=["<|end|>"]),
        "transformers.tokens.Tokenizer.encode": dict(text="low lower"),
        "transformers.tokens.Tokenizer.decode": dict(tokens=np.array([257, 101, 258])),
        "transformers.tokens.Tokenizer.bytes_of": dict(tokens=np.array([257, 101, 258])),
        "transformers.tokens.Tokenizer.learn": dict(texts=texts, most=3),
        "transformers.tokens.bits_per_byte": dict(log_probabilities=-POSITIVE, size=9),
    }


def _scale() -> dict[str, dict[str, object]]:
    from lib.transformers import anatomy
    from lib.transformers.scale import sharing

    tasks, square = sharing.pipeline(2, 3), [eighths(4, 4, seed=i) for i in range(4)]
    return {
        "transformers.scale.sharing.mlp_parts": dict(
            X=eighths(5, 3), W1=eighths(3, 4), b1=eighths(4), W2=eighths(4, 3), parts=2
        ),
        "transformers.scale.sharing.attention_parts": dict(
            X=eighths(5, 4), **dict(zip(("Wq", "Wk", "Wv", "Wo"), square, strict=True)), heads=2, parts=2
        ),
        "transformers.scale.sharing.Task": dict(stage=0, portion=1, forward=True, start=0, length=1),
        "transformers.scale.sharing.pipeline": dict(stages=2, portions=3, order="all forward first", back=2),
        "transformers.scale.sharing.idle_share": dict(tasks=tasks),
        "transformers.scale.sharing.most_held": dict(tasks=tasks),
        "transformers.scale.sharing.bubble": dict(stages=2, portions=3),
        "transformers.scale.memory.bytes_a_parameter": dict(devices=4, stage=1),
        "transformers.scale.memory.sent_a_parameter": dict(devices=4, stage=1),
        "transformers.scale.memory.activation_bytes": dict(
            sizes=anatomy.Sizes(9, 4, 1, 2, 8), T=5, table=True, recomputed=False
        ),
        "transformers.scale.memory.training_flops": dict(parameters=8.0, tokens=2.0),
        "transformers.scale.precision.next_scale": dict(scale=2.0, finite=True, calm=3, every=4),
    }


ROWS = np.array([[0, 1, 2], [2, 1, 0], [1, 1, 2]])


def _fields() -> dict[str, dict[str, object]]:
    from lib.convnets import fields, pooling

    maps, grads = eighths(2, 3, 4, 5), eighths(2, 3, 2, 2)
    winners, chain = pooling.max_pool(maps, 2)[1], [fields.Window(3, 2, 1), fields.Window(2)]
    window = dict(size=2, stride=2, padding=0, ceil=False)
    shape = (2, 3, 4, 5)
    return {
        "convnets.pooling.pooled_size": dict(n=5, **window),
        "convnets.pooling.max_pool": dict(X=maps, **window),
        "convnets.pooling.max_pool_gradient": dict(G=grads, winners=winners, shape=shape),
        "convnets.pooling.average_pool": dict(X=maps, count_padding=True, **window),
        "convnets.pooling.average_pool_gradient": dict(G=grads, shape=shape, count_padding=True, **window),
        "convnets.pooling.global_average": dict(X=maps),
        "convnets.pooling.blur_matrix": dict(n=5, stride=2, taps=3),
        "convnets.pooling.blur_pool": dict(X=maps, stride=2, taps=3),
        "convnets.pooling.blur_pool_gradient": dict(G=eighths(2, 3, 2, 3), shape=shape, stride=2, taps=3),
        "convnets.fields.Window": dict(size=3, stride=2, padding=1, dilation=2),
        "convnets.fields.Field": dict(size=3, jump=2, start=-1),
        "convnets.fields.Field.of": dict(i=2),
        "convnets.fields.after": dict(field=fields.PIXELS, window=chain[0]),
        "convnets.fields.receptive_field": dict(layers=chain, before=fields.PIXELS),
        "convnets.fields.merged": dict(fields=[fields.Field(3, 1, -1), fields.PIXELS]),
        "convnets.fields.sizes": dict(layers=chain, n=9),
        "convnets.fields.influence": dict(layers=chain, n=9, unit=1),
        "convnets.fields.spread": dict(layers=chain),
        "convnets.fields.extent": dict(gradient=eighths(5), share=0.125),
        "convnets.fields.random_gradient": dict(layers=chain, n=9, channels=2, rng=np.random.default_rng(0), relu=True),
        "convnets.networks.centred": dict(drawing=np.abs(eighths(5, 4)) / 4, box=20),
        "convnets.networks.hog": dict(images=eighths(2, 8, 8), cell=4, bins=9),
    }


def _adapting() -> dict[str, dict[str, object]]:
    from lib.transformers.adapting import low_rank

    change = low_rank.LowRank(eighths(4, 2), eighths(2, 3), 4.0)
    one = dict(x=eighths(2, 5, 4), W0=eighths(4, 3), change=change)
    return {
        "transformers.adapting.shrinking.quantise": dict(W=eighths(4, 3), bits=8),
        "transformers.adapting.shrinking.restored": dict(codes=8 * eighths(4, 3), scale=np.array(0.125)),
        "transformers.adapting.shrinking.folded_norm": dict(
            gamma=eighths(4), beta=eighths(4), W=eighths(4, 3), b=eighths(3)
        ),
        "transformers.adapting.spoken.american": dict(k=342),
        "transformers.adapting.spoken.british": dict(k=342),
        "transformers.adapting.spoken.drawn_from": dict(inputs=ROWS, targets=ROWS, size=2),
        "transformers.adapting.spoken.share_right": dict(model=_small_gpt(), inputs=ROWS, targets=ROWS),
        "transformers.adapting.low_rank.LowRank": dict(A=eighths(4, 2), B=eighths(2, 3), alpha=4.0),
        "transformers.adapting.low_rank.zero_start": dict(inputs=4, outputs=3, rank=2, alpha=4.0),
        "transformers.adapting.low_rank.lora_forward": one,
        "transformers.adapting.low_rank.lora_gradients": dict(d_outputs=eighths(2, 5, 3), **one),
        "transformers.adapting.low_rank.merged": dict(W0=eighths(4, 3), change=change),
        "transformers.adapting.low_rank.unmerged": dict(W=eighths(4, 3), change=change),
        "transformers.adapting.low_rank.best_low_rank": dict(change=eighths(4, 3), rank=2, alpha=4.0),
        "transformers.adapting.low_rank.best_rank_error": dict(change=eighths(4, 3)),
        "transformers.adapting.low_rank.matrices_of": dict(model=_small_gpt(), on=("Wq", "Wv")),
        "transformers.adapting.low_rank.checked_matrices": dict(on=("Wq", "Wv")),
        "transformers.adapting.low_rank.zero_changes": dict(model=_small_gpt(), rank=2, alpha=4.0, on=("Wq", "Wv")),
        "transformers.adapting.low_rank.nearest_changes": dict(
            before=_small_gpt(), after=_small_gpt(), rank=2, alpha=4.0, on=("Wq", "Wv")
        ),
        "transformers.adapting.low_rank.merged_gpt": dict(model=_small_gpt(), changes={"block0.Wq": _small_change()}),
        "transformers.adapting.low_rank.unmerged_gpt": dict(model=_small_gpt(), changes={"block0.Wq": _small_change()}),
        "transformers.adapting.low_rank.flat": dict(changes={"block0.Wq": _small_change()}),
        "transformers.adapting.low_rank.changes_of": dict(arrays=low_rank.flat({"block0.Wq": _small_change()})),
    }


def _small_change():
    from lib.transformers.adapting.low_rank import LowRank

    return LowRank(eighths(4, 2), eighths(2, 4), 4.0)


def _small_gpt():
    from lib.transformers.gpt import GPT

    D = 4
    weights = {"words": eighths(5, D), "places": eighths(6, D), "output": eighths(D, 5)}
    weights |= {f"block0.W{n}": eighths(D, D, seed=i) for i, n in enumerate("qkvo")}
    weights |= {f"block0.b{n}": eighths(D) for n in "qkvo"}
    weights |= {f"{n}.{part}": eighths(D) for n in ("last", "block0.norm1") for part in ("gamma", "beta")}
    return GPT(weights, 2)


def _positions() -> dict[str, dict[str, object]]:
    return {
        "transformers.positions.frequencies": dict(d=4, base=100.0),
        "transformers.positions.sinusoids": dict(places=np.arange(3), d=4),
        "transformers.positions.shift_matrix": dict(k=2.0, d=4),
        "transformers.positions.rotate": dict(X=eighths(2, 3, 4), places=np.arange(3)),
        "transformers.positions.half_split_order": dict(d=4),
    }


def _attention() -> dict[str, dict[str, object]]:
    from lib.transformers import attention

    one = dict(Q=eighths(2, 3), K=eighths(4, 3), V=eighths(4, 2))
    O, log_sums = attention.tiled_attention(**one)
    heads = dict(X=eighths(2, 3, 4), weights=attention.random_heads(4), heads=2)
    part = lambda seed: attention.part_of(eighths(2, 3, seed=seed), eighths(3, 2, seed=seed))
    return {
        "transformers.attention.kernel_regression": dict(x=eighths(5, 2), known=eighths(4, 2), values=eighths(4), bandwidth=0.5),
        "transformers.attention.entropy": dict(P=np.array([[0.25, 0.75], [1.0, 0.0]])),
        "transformers.attention.slope_of_softmax": dict(P=np.array([[0.25, 0.75], [1.0, 0.0]])),
        "transformers.attention.causal_mask": dict(T=2, S=4),
        "transformers.attention.padding_mask": dict(lengths=np.array([1, 0, 3]), S=3),
        "transformers.attention.attention_weights": one,
        "transformers.attention.attention": one,
        "transformers.attention.attention_gradients": dict(dO=eighths(2, 2, seed=1), **one),
        "transformers.attention.split_heads": dict(X=eighths(2, 3, 4), heads=2),
        "transformers.attention.merge_heads": dict(X=eighths(2, 3, 4)),
        "transformers.attention.random_heads": dict(D=4),
        "transformers.attention.multi_head": heads,
        "transformers.attention.multi_head_gradients": dict(passed=attention.multi_head(**heads), d_outputs=eighths(2, 3, 4, seed=2)),
        "transformers.attention.part_of": dict(scores=eighths(2, 3), V=eighths(3, 2)),
        "transformers.attention.merge_parts": dict(a=part(0), b=part(1)),
        "transformers.attention.tiled_attention": one,
        "transformers.attention.tiled_attention_gradients": dict(dO=eighths(2, 2, seed=1), **one, outputs=O, log_sums=log_sums),
        "transformers.attention.attention_cost": dict(T=5, D=4, heads=2),
    }  # fmt: skip


def _gpt() -> dict[str, dict[str, object]]:
    from lib.transformers import anatomy

    sizes, scores = anatomy.PUBLISHED["GPT-2"], eighths(2, 3, 4)
    ids = np.array([[0, 1, 3], [2, 2, 0]])
    return {
        "transformers.anatomy.Sizes": dict(vocabulary=9, width=8, layers=2, heads=4, hidden=6, places=5),
        "transformers.anatomy.dense": dict(inputs=3, outputs=2),
        "transformers.anatomy.parameters": dict(sizes=sizes),
        "transformers.anatomy.flops": dict(sizes=sizes, T=5),
        "transformers.anatomy.cache_bytes": dict(sizes=sizes, T=5),
        "transformers.anatomy.low_rank_parameters": dict(sizes=sizes, rank=2),
        "transformers.gpt.gpt_loss": dict(scores=scores, ids=ids),
        "transformers.gpt.next_distribution": dict(scores=eighths(5), temperature=0.5, top_k=3, top_p=0.9),
        "transformers.gpt.repeated_pieces": dict(count=2, tokens=5, T=7, piece=3, rng=np.random.default_rng(0)),
        "transformers.gpt.looks_at": dict(P=np.abs(eighths(1, 2, 4, 4)), back=1),
        "transformers.gpt.surprise": dict(scores=scores, ids=ids),
    }


def _bert() -> dict[str, dict[str, object]]:
    ids, rng = np.array([[1, 5, 33, 2], [1, 7, 2, 0]]), np.random.default_rng(0)
    numbers = np.array([300_021, 7])
    return {
        "transformers.bert.mask_words": dict(
            ids=ids, vocabulary=35, rng=rng, share=0.5, recipe=np.array([0.5, 0.25, 0.25])
        ),
        "transformers.bert.masked_loss": dict(scores=eighths(2, 3, 4), targets=np.array([[0, -1, 3], [-1, 2, -1]])),
        "transformers.bert.pack_pair": dict(first=np.array([5, 6, 7]), second=np.array([8, 9]), places=7),
        "transformers.bert.number_texts": dict(numbers=numbers),
        "transformers.bert.place_values": dict(ids=ids, segments=0 * ids),
        "transformers.bert.pairs_of": dict(first=numbers, second=numbers + 1),
        "transformers.bert.drawn_pairs": dict(numbers=numbers, count=3, rng=rng),
        "transformers.bert.Neighbours": dict(ids=ids, vocabulary=35),
        "transformers.bert.Neighbours.fill": dict(shown=ids),
        "transformers.bert.probe": dict(
            X=eighths(6, 2), y=np.array([0, 1, 2, 0, 1, 2]), X_test=eighths(3, 2, seed=1), y_test=np.array([0, 2, 1])
        ),
    }


def _blocks() -> dict[str, dict[str, object]]:
    from lib.transformers import blocks

    one = dict(x=eighths(2, 3, 4), weights=blocks.random_block(4, 5, True), heads=2, memory=eighths(2, 2, 4, seed=3))
    network = dict(x=eighths(2, 3), weights=blocks.random_block(3, 5)["ff"])
    plain = [blocks.random_block(4, 5, seed=i) for i in range(2)]
    slopes = dict(d_outputs=eighths(2, 3, 4, seed=2))
    return {
        "transformers.blocks.feed_forward": network,
        "transformers.blocks.feed_forward_gradients": dict(passed=blocks.feed_forward(**network), d_outputs=eighths(2, 3, seed=2)),
        "transformers.blocks.block": one,
        "transformers.blocks.block_gradients": dict(passed=blocks.block(**one), **slopes),
        "transformers.blocks.random_block": dict(D=4, hidden=5),
        "transformers.blocks.stack": dict(x=eighths(2, 3, 4), weights=plain, heads=2),
        "transformers.blocks.stack_gradients": dict(passed=blocks.stack(eighths(2, 3, 4), plain, 2), **slopes),
        "transformers.blocks.first_step": dict(depth=2, order="post", rates=np.array([0.125, 0.5]), D=4),
        "transformers.transformer.parameters_by_part": dict(D=4, hidden=5, layers=2, words=7),
        "transformers.transformer.warm_up_rate": dict(step=np.arange(1, 9), D=4, warm_up=4),
        "transformers.transformer.smoothed_targets": dict(labels=LABELS, classes=K),
        "transformers.transformer.smoothed_cross_entropy": dict(scores=eighths(N, K), labels=LABELS),
        "transformers.transformer.influence": dict(model=lambda ids: np.eye(5)[ids], ids=np.array([1, 0, 4]), symbols=5),
        "transformers.transformer.leaks": dict(model=lambda ids: np.eye(5)[ids], ids=np.array([1, 0, 4]), symbols=5),
    }  # fmt: skip


@cache
def _many_words():
    from lib.word_vectors.vocabulary import read

    rng = np.random.default_rng(0)
    names = [f"{a}{b}{c}" for a in "abcdefgh" for b in "ijkl" for c in "mn"]
    return read([[names[i] for i in rng.integers(len(names), size=10)] for _ in range(1000)], 1)


def functions() -> dict[str, Callable]:
    """Return every public function, and class that is made by readers, under its name without "lib."."""
    found = {}
    for chapter in CHAPTERS:
        package = importlib.import_module(f"lib.{chapter}")
        for info in pkgutil.walk_packages(package.__path__, f"lib.{chapter}."):
            short = info.name.removeprefix("lib.")
            if info.ispkg or short.split(".")[1] in ("demos", "exercises"):
                continue
            module = importlib.import_module(info.name)
            for name, value in vars(module).items():
                if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
                    continue
                full = f"{short}.{name}"
                if inspect.isfunction(value):
                    found[full] = value
                elif inspect.isclass(value) and _checks(value):
                    found[full] = value
                    for method in (m for m in dir(value) if _is_method(value, m) and not reason(full)):
                        found[f"{full}.{method}"] = _Method(full, value, method)
    return found


OPERATORS = ("__call__", "__add__", "__sub__", "__mul__", "__truediv__", "__matmul__", "__pow__", "__getitem__")


def _is_method(kind: type, name: str) -> bool:
    mine = any(name in vars(base) and base.__module__.startswith("lib.") for base in kind.__mro__)
    field = name in getattr(kind, "__dataclass_fields__", {})
    return (
        mine
        and not field
        and inspect.isfunction(getattr(kind, name))
        and (name in OPERATORS or not name.startswith("_"))
    )


class _Method:
    """A method, called on a new usual instance each time: some remember their calls."""

    def __init__(self, owner: str, kind: type, name: str):
        self.owner, self.kind, self.name = owner, kind, name
        method = getattr(kind, name)
        self.__signature__ = inspect.Signature(list(inspect.signature(method).parameters.values())[1:])
        self.__doc__ = f"{kind.__doc__} {method.__doc__}"

    def __call__(self, *args, **kwargs):
        positional, keywords = arguments(self.owner, self.kind)
        return getattr(self.kind(*positional, **keywords), self.name)(*args, **kwargs)


def _checks(kind: type) -> bool:
    """Return whether a class looks at what it is made of: a plain record of results does not."""
    return "__post_init__" in vars(kind) or not dataclasses.is_dataclass(kind) or issubclass(kind, _optimiser())


def _optimiser() -> type:
    from lib.losses.optimisers import Optimiser

    return Optimiser


def reason(name: str) -> str | None:
    """Return why a function is not attacked, or None."""
    return NOT_ATTACKED.get(name) or NOT_ATTACKED.get(name.rsplit(".", 1)[0])


def arguments(name: str, function: Callable) -> tuple[list, dict[str, object]]:
    """Return the usual positional and keyword arguments of a function; raise KeyError, naming a parameter that is new here."""
    own, common, out = differing().get(name, {}), by_name(), {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            out |= own.get("changes", {})
        elif parameter.kind is parameter.VAR_POSITIONAL:
            return [*out.values(), own[parameter.name]], {
                k: v for k, v in own.items() if k not in (*out, parameter.name)
            }
        elif parameter.name in own:
            out[parameter.name] = own[parameter.name]
        elif parameter.default is not parameter.empty and (
            isinstance(parameter.default, (bool, str)) or parameter.default is None or parameter.name not in common
        ):
            continue
        else:
            out[parameter.name] = common[parameter.name]
    return [], out
