"""Nearest words, one frame and one word after the other."""


def nearest(frame, words):
    distances = [sum((a - b) ** 2 for a, b in zip(frame, word, strict=True)) for word in words]
    return distances.index(min(distances))


def spread(frames, tokens, words, token, usual):
    """The mean squared distance of the frames of a token to its word, `usual` counting as one frame
    more.
    """
    distances = [usual]
    for frame, own in zip(frames, tokens, strict=True):
        if own == token:
            distances.append(sum((a - b) ** 2 for a, b in zip(frame, words[token], strict=True)))
    return sum(distances) / len(distances)
