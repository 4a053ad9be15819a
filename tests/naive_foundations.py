"""The formulas of the foundations, number by number with Python's own arithmetic."""

import cmath
import math


def affine(x, W, b):
    return [sum(W[i][j] * x[j] for j in range(len(x))) + b[i] for i in range(len(b))]


def solve(A, b):
    """Gaussian elimination on the extended matrix, the row with the largest pivot first."""
    n = len(b)
    rows = [
        [float(value) for value in row] + [float(right)] for row, right in zip(A, b, strict=True)
    ]
    for k in range(n):
        best = max(range(k, n), key=lambda i: abs(rows[i][k]))
        rows[k], rows[best] = rows[best], rows[k]
        for i in range(k + 1, n):
            share = rows[i][k] / rows[k][k]
            rows[i] = [below - share * above for below, above in zip(rows[i], rows[k], strict=True)]
    x = [0.0] * n
    for k in reversed(range(n)):
        x[k] = (rows[k][n] - sum(rows[k][j] * x[j] for j in range(k + 1, n))) / rows[k][k]
    return x


def quadratic_loss(w, A, b):
    return (
        sum(
            (sum(a * v for a, v in zip(row, w, strict=True)) - right) ** 2
            for row, right in zip(A, b, strict=True)
        )
        / 2
    )


def softmax(scores):
    total = sum(math.exp(score) for score in scores)
    return [math.exp(score) / total for score in scores]


def cross_entropy(target, predicted):
    return -sum(t * math.log(p) for t, p in zip(target, predicted, strict=True) if t > 0)


def positional_encoding(pos, d):
    row = []
    for place in range(d):
        angle = pos / 10_000 ** (2 * (place // 2) / d)
        row.append(math.sin(angle) if place % 2 == 0 else math.cos(angle))
    return row


def attention(Q, K, V):
    out = []
    for q in Q:
        weights = softmax(
            [sum(a * b for a, b in zip(q, k, strict=True)) / math.sqrt(len(k)) for k in K]
        )
        out.append(
            [
                sum(weight * v[j] for weight, v in zip(weights, V, strict=True))
                for j in range(len(V[0]))
            ]
        )
    return out


def exponential(z, n_terms=60):
    """Σ zⁿ/n!, which is how e^z is defined for a complex z."""
    term, total = 1 + 0j, 0j
    for n in range(n_terms):
        total += term
        term *= z / (n + 1)
    return total


def fourier_transform(signal):
    n = len(signal)
    return [
        sum(x * cmath.exp(-2j * math.pi * k * t / n) for t, x in enumerate(signal))
        for k in range(n)
    ]
