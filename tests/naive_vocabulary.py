"""Nearest centres, one frame and one centre after the other."""


def nearest(frame, centres):
    distances = [
        sum((a - b) ** 2 for a, b in zip(frame, centre, strict=True)) for centre in centres
    ]
    return distances.index(min(distances))


def spread(frames, tokens, centres, token, usual):
    """Mean squared distance of the frames of a token to its centre, `usual` as one frame more."""
    distances = [usual]
    for frame, own in zip(frames, tokens, strict=True):
        if own == token:
            distances.append(sum((a - b) ** 2 for a, b in zip(frame, centres[token], strict=True)))
    return sum(distances) / len(distances)
