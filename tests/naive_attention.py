"""The gradient of attention, from its formula with the whole T × T weights.

Imports nothing of spectra.
"""

import math

import numpy as np


def softmax_gradient(d_A, A):
    """Return the gradient by the scores, A∘(dA − Σ_j dA_j A_j)."""
    return A * (d_A - (d_A * A).sum(axis=-1, keepdims=True))


def attention_gradient(d_Z, Q, K, V, A):
    """Return the gradients by Q, K and V of Z = A V, A = softmax(Q Kᵀ/√d_k)."""
    d_S = softmax_gradient(d_Z @ np.swapaxes(V, -1, -2), A) / math.sqrt(Q.shape[-1])
    return d_S @ K, np.swapaxes(d_S, -1, -2) @ Q, np.swapaxes(A, -1, -2) @ d_Z
