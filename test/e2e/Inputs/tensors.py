"""Small tensors for references that are written as loops."""

import itertools
import math


class Array:
    """A row-major tensor; an index outside is 0."""

    def __init__(self, shape, values):
        self.shape, self.values = tuple(shape), list(values)
        assert len(self.values) == math.prod(self.shape), (shape, len(self.values))

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        offset = 0
        for i, size in zip(index, self.shape):
            if not 0 <= i < size:
                return 0.0
            offset = offset * size + i
        if len(index) < len(self.shape):
            rest = self.shape[len(index):]
            return Array(rest, self.values[offset * math.prod(rest):(offset + 1) * math.prod(rest)])
        return self.values[offset]


def build(shape, function):
    return Array(shape, [function(*index) for index in itertools.product(*map(range, shape))])
