"""Nearest words, one frame and one word after the other."""


def nearest(frame, words):
    distances = [sum((a - b) ** 2 for a, b in zip(frame, word, strict=True)) for word in words]
    return distances.index(min(distances))
