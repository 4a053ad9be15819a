"""Examples of labels with scores, and of labels with alarms."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def labelled(draw):
    """Labels with at least one anomaly and one normal row, and scores with or without ties."""
    n = draw(st.integers(2, 60))
    labels = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    labels[draw(st.integers(0, n - 1))] ^= labels.all() or not labels.any()
    levels = draw(st.sampled_from([3, 1000]))
    return labels, np.array(draw(st.lists(st.integers(0, levels), min_size=n, max_size=n))) / 7


@st.composite
def reported(draw):
    """Labels with at least one anomaly, and alarms, of which there may be none."""
    n = draw(st.integers(1, 40))
    bits = st.lists(st.integers(0, 1), min_size=n, max_size=n)
    labels, alarms = np.array(draw(bits)), np.array(draw(bits))
    labels[draw(st.integers(0, n - 1))] = 1
    return labels, alarms * draw(st.sampled_from([1, 1, 1, 0]))
