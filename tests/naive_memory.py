"""Attention from contexts to contexts, and nearest-neighbour matching, one frame at a time."""

import math


def squared_distance(a, b):
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def context(features, number, stride, length):
    """The frames before a frame, the earliest first, as one list; None where there are too few."""
    places = [number - lag * stride for lag in range(length, 0, -1)]
    if min(places) < 0:
        return None
    return [value for place in places for value in features[place]]


def expected(query, keys, values, temperature):
    """Σ_j a_j v_j with a = softmax(−‖q − k_j‖²/τ)."""
    scores = [-squared_distance(query, key) / temperature for key in keys]
    largest = max(scores)
    weights = [math.exp(score - largest) for score in scores]
    total = sum(weights)
    return [
        sum(w * v[i] for w, v in zip(weights, values, strict=True)) / total
        for i in range(len(values[0]))
    ]


def nearest_neighbour(query, keys, values):
    """The value whose key is nearest."""
    distances = [squared_distance(query, key) for key in keys]
    return values[distances.index(min(distances))]


def surprisal(p, distances):
    """−log Σ_v p_v exp(−d_v)."""
    return -math.log(sum(one * math.exp(-d) for one, d in zip(p, distances, strict=True)))
