"""The slow obvious versions of spectra.transformer: lists of lists, one number at a time.

Imports nothing of spectra.
"""

import math


def matmul(A, B):
    return [[sum(a * B[k][j] for k, a in enumerate(row)) for j in range(len(B[0]))] for row in A]


def softmax(scores):
    """e^{s_j} / Σ_i e^{s_i}; zeros where every score is −∞."""
    exponentials = [math.exp(s) for s in scores]
    total = sum(exponentials)
    return [e / total if total else 0.0 for e in exponentials]


def attention(Q, K, V, hidden):
    """Return means of the values, weighted by softmax(q·k/√d_k) over the keys not hidden(i, j)."""
    out = []
    for i, q in enumerate(Q):
        scores = [
            -math.inf
            if hidden(i, j)
            else sum(a * b for a, b in zip(q, k, strict=True)) / math.sqrt(len(q))
            for j, k in enumerate(K)
        ]
        weights = softmax(scores)
        out.append(
            [sum(w * v[f] for w, v in zip(weights, V, strict=True)) for f in range(len(V[0]))]
        )
    return out


def layer_norm(row, gain, bias, epsilon=1e-5):
    mean = sum(row) / len(row)
    variance = sum((x - mean) ** 2 for x in row) / len(row)
    return [
        g * (x - mean) / math.sqrt(variance + epsilon) + b
        for x, g, b in zip(row, gain, bias, strict=True)
    ]


def feed_forward(row, W_1, b_1, W_2, b_2):
    F_1 = [max(0.0, f + b) for f, b in zip(matmul([row], W_1)[0], b_1, strict=True)]
    return [f + b for f, b in zip(matmul([F_1], W_2)[0], b_2, strict=True)]


def add(A, B):
    return [[a + b for a, b in zip(*rows, strict=True)] for rows in zip(A, B, strict=True)]


def encoder_layer(H, w, h, hidden):
    """A post-norm layer; `w` has its weights as lists under their names."""
    d = len(H[0])
    d_k = d // h
    heads = []
    for i in range(h):
        columns = slice(i * d_k, (i + 1) * d_k)
        Q, K, V = (matmul(H, [row[columns] for row in w[name]]) for name in ("W_Q", "W_K", "W_V"))
        heads.append(attention(Q, K, V, hidden))
    M = [[z for head in heads for z in head[t]] for t in range(len(H))]
    attended = matmul(M, w["W_O"])
    H_prime = [layer_norm(row, w["gain_1"], w["bias_1"]) for row in add(H, attended)]
    F_2 = [feed_forward(row, w["W_1"], w["b_1"], w["W_2"], w["b_2"]) for row in H_prime]
    return [layer_norm(row, w["gain_2"], w["bias_2"]) for row in add(H_prime, F_2)]


def cross_entropy(logits, targets):
    """Mean of −log p(target)."""
    return sum(-math.log(softmax(row)[t]) for row, t in zip(logits, targets, strict=True)) / len(
        targets
    )


def adam(weight, gradients, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    """One weight after a gradient a step, with m and v as the sums they are."""
    for n in range(1, len(gradients) + 1):
        m = sum((1 - beta_1) * beta_1 ** (n - i) * g for i, g in enumerate(gradients[:n], 1)) / (
            1 - beta_1**n
        )
        v = sum((1 - beta_2) * beta_2 ** (n - i) * g**2 for i, g in enumerate(gradients[:n], 1)) / (
            1 - beta_2**n
        )
        weight -= rate * m / (math.sqrt(v) + epsilon)
    return weight
