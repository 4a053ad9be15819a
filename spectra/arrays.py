"""Array types, by what they hold."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

# Either precision: the functions that take it return the precision they are given.
FloatArray: TypeAlias = NDArray[np.floating[Any]]
Float32Array: TypeAlias = NDArray[np.float32]
Float64Array: TypeAlias = NDArray[np.float64]
ComplexArray: TypeAlias = NDArray[np.complexfloating[Any, Any]]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
# Two index arrays of one length: the pairs (first[i], second[i]).
Pairs: TypeAlias = tuple[IntArray, IntArray]
