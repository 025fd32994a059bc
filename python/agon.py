"""Agon from Python: exported networks and training, over NumPy and ctypes.

    import agon

    G = agon.Network("libG.so")                   # agonc gan.agon --emit=lib --network G --weights run -o libG.so
    images = G(G.draw(64, seed=1))                # what `sample` draws; or G(z) with an array of one's own

    game = agon.Game("libgan.so", seed=0)         # agonc gan.agon --emit=lib -o libgan.so
    game.give("x", records)                       # or game.bind("x=FILE")
    game.step(100)
    print(game["D"], game.weights("G.dense_0.W").shape)

An array is whatever NumPy takes: one with the buffer protocol, or one that exports DLPack (PyTorch's, JAX's). Shapes,
types and labels are checked before anything is called. Errors are `agon.Error`, whose `code` is that of Agon's
binaries.
"""

import ctypes
import json
import os

import numpy as np

__all__ = ["Error", "Game", "Network"]

_TYPES = {"float": np.float32, "double": np.float64, "int32_t": np.int32}
_GIVEN = {np.dtype(np.float32): 0, np.dtype(np.float64): 1, np.dtype(np.uint8): 2, np.dtype(np.int32): 3,
          np.dtype(np.int64): 4}


class Error(RuntimeError):
    """What a library says went wrong."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def _array(value):
    """An array of NumPy's of whatever holds one."""
    if hasattr(value, "__dlpack__") and not isinstance(value, np.ndarray):
        return np.from_dlpack(value)
    return np.asarray(value)


def _address(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def _load(path):
    return ctypes.CDLL(os.path.abspath(os.fspath(path)))


class _Handle:
    """What a library has opened, until it is closed."""

    _handle = None

    def close(self):
        """Frees memory and threads; later calls fail."""
        if self._handle:
            self._free()
        self._handle = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        self.close()


class Network(_Handle):
    """A network of a library that `agonc --emit=lib --network` made."""

    def __init__(self, path, weights=None, threads=0):
        """`weights`: a run's directory or a safetensors file; None: those in the library. `threads`: 0 is all cores."""
        self._library = _load(path)
        try:
            text = ctypes.c_char_p.in_dll(self._library, "agon_network_description").value
        except ValueError:
            raise Error(64, f"{path} is no library of a network; agonc --emit=lib --network makes one") from None
        about = json.loads(text)
        self.name, self.signature, self._prefix = about["network"], about["signature"], about["prefix"]
        self.inputs = {port["name"]: (_TYPES[port["type"]], tuple(port["shape"])) for port in about["inputs"]}
        self.outputs = {port["name"]: (_TYPES[port["type"]], tuple(port["shape"])) for port in about["outputs"]}
        self._classes = {port["name"]: port["classes"] for port in about["inputs"] if "classes" in port}
        self._draws = about["draws_inputs"]
        error = ctypes.create_string_buffer(1024)
        create = self._function("create", ctypes.c_void_p)
        self._handle = create(os.fsencode(weights) if weights is not None else None, ctypes.c_int(threads), error,
                              ctypes.c_size_t(len(error)))
        if not self._handle:
            raise Error(66, error.value.decode())

    def __call__(self, *arrays, **named):
        """What the network makes of its inputs, given in order, by name, or as a dictionary: an array, or a tuple of
        them where it has several outputs. The first axis counts the samples."""
        if len(arrays) == 1 and isinstance(arrays[0], dict):
            named, arrays = {**arrays[0], **named}, ()
        if len(arrays) > len(self.inputs):
            raise TypeError(f"{self.name} takes {len(self.inputs)} inputs, got {len(arrays)}")
        given = dict(zip(self.inputs, arrays))
        for name, value in named.items():
            if name not in self.inputs or name in given:
                raise TypeError(f"{self.name} takes {', '.join(self.inputs)} once each, got {name}")
            given[name] = value
        missing = [name for name in self.inputs if name not in given]
        if missing:
            raise TypeError(f"{self.name} lacks {', '.join(missing)}")
        inputs = [self._input(name, given[name]) for name in self.inputs]
        batch = len(inputs[0]) if inputs else 1
        for name, array in zip(self.inputs, inputs):
            if len(array) != batch:
                raise ValueError(f"{self.name} expects equally many samples of each input, got {batch} "
                                 f"and {len(array)}")
        outputs = [np.empty((batch, *shape), dtype) for dtype, shape in self.outputs.values()]
        self._check(self._function("run")(ctypes.c_void_p(self._handle), ctypes.c_int64(batch),
                                          *map(_address, inputs), *map(_address, outputs)))
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def draw(self, count, seed=0):
        """The inputs that `sample --seed` draws, by name."""
        if not self._draws:
            raise Error(64, f"{self.name} takes no noise that the game draws")
        arrays = {name: np.empty((count, *shape), dtype) for name, (dtype, shape) in self.inputs.items()}
        self._check(self._function("draw")(ctypes.c_void_p(self._handle), ctypes.c_int64(seed), ctypes.c_int64(count),
                                           *map(_address, arrays.values())))
        return arrays

    def seed(self, seed):
        """The seed of what the network draws itself; without effect where it draws nothing."""
        if hasattr(self._library, f"{self._prefix}_seed"):
            self._check(self._function("seed")(ctypes.c_void_p(self._handle), ctypes.c_int64(seed)))

    def _free(self):
        self._function("free", None)(ctypes.c_void_p(self._handle))

    def _input(self, name, value):
        dtype, shape = self.inputs[name]
        array = _array(value)
        if array.shape[1:] != shape or array.ndim != 1 + len(shape):
            raise ValueError(f"{self.name} expects {name} of shape (batch, {', '.join(map(str, shape))}), "
                             f"got {array.shape}")
        if not np.can_cast(array.dtype, dtype, "same_kind"):
            raise TypeError(f"{self.name} expects {name} of {np.dtype(dtype)}, got {array.dtype}")
        if name in self._classes:
            wrong = np.flatnonzero((array < 0) | (array >= self._classes[name]))
            if wrong.size:
                raise Error(65, f"{name}: sample {wrong[0]} is {array[wrong[0]]}, expected a class from 0 to "
                                f"{self._classes[name] - 1}")
        return np.ascontiguousarray(array, dtype)

    def _function(self, name, result=ctypes.c_int):
        if name not in ("create", "free") and not self._handle:
            raise Error(64, f"{self.name} is closed")
        function = getattr(self._library, f"{self._prefix}_{name}")
        function.restype = result
        return function

    def _check(self, code):
        if code:
            raise Error(code, self._function("error", ctypes.c_char_p)(ctypes.c_void_p(self._handle)).decode())


class Game(_Handle):
    """A game of a library that `agonc --emit=lib` made, to be trained. `agon.h` tells what the methods do."""

    def __init__(self, path, seed=0, threads=0):
        self._library = _load(path)
        if not hasattr(self._library, "agon_open"):
            raise Error(64, f"{path} is no library that trains; agonc --emit=lib without --network makes one")
        error = ctypes.create_string_buffer(1024)
        self._handle = self._function("open", ctypes.c_void_p)(ctypes.c_int64(seed), ctypes.c_int(threads), error,
                                                               ctypes.c_size_t(len(error)))
        if not self._handle:
            raise Error(70, error.value.decode())
        self.batch = self._function("batch", ctypes.c_int64)(self._self())
        self._names = self._function("names", ctypes.c_char_p)(self._self()).decode().splitlines()

    def names(self, kind):
        """Names of what there is of a kind: field, network, objective, metric, setting, parameter, state."""
        return [line.split(" ")[1] for line in self._names if line.startswith(kind + " ")]

    def bind(self, binding):
        """Data of a file, "x=PATH"."""
        self._call("bind", os.fsencode(binding))

    def give(self, field, records):
        """Data in memory: an array whose first axis counts the records. Replaces what was given before."""
        array = np.ascontiguousarray(_array(records))
        if array.dtype not in _GIVEN:
            raise TypeError(f"{field}: expected float32, float64, uint8, int32 or int64, got {array.dtype}")
        shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        self._call("give", field.encode(), _address(array), ctypes.c_int(_GIVEN[array.dtype]),
                   ctypes.c_int(array.ndim), shape)

    def set(self, name, value):
        """A hyperparameter, "D.lr"."""
        self._call("set", name.encode(), ctypes.c_double(value))

    def step(self, iterations=1):
        """Plays so many iterations."""
        self._call("step", ctypes.c_int64(iterations))

    @property
    def iteration(self):
        """Iterations played."""
        return self._function("iteration", ctypes.c_int64)(self._self())

    def __getitem__(self, name):
        """A player's objective at its last turn, or a metric."""
        value = ctypes.c_double()
        self._call("number", name.encode(), ctypes.byref(value))
        return value.value

    def weights(self, name):
        """A parameter or state, as float64."""
        array = np.empty(self._shape(name))
        self._call("read", name.encode(), _address(array), ctypes.c_int64(array.size))
        return array

    def set_weights(self, name, values):
        """New numbers for a parameter or state."""
        array = np.ascontiguousarray(_array(values), np.float64)
        if array.shape != self._shape(name):
            raise ValueError(f"{name} has the shape {self._shape(name)}, got {array.shape}")
        self._call("write", name.encode(), _address(array), ctypes.c_int64(array.size))

    def sample(self, count, shape, network=None, seed=0):
        """The first samples of a generator, each of this shape, as `sample` draws them."""
        array = np.empty((count, *shape))
        self._call("sample", network.encode() if network else None, ctypes.c_int64(seed), ctypes.c_int64(count),
                   _address(array), ctypes.c_int64(array.size))
        return array

    def apply(self, network, records, shape):
        """What a network makes of records, each of this shape, as `apply` does."""
        records = np.ascontiguousarray(_array(records), np.float64)
        array = np.empty((len(records), *shape))
        self._call("apply", network.encode(), _address(records), ctypes.c_int64(len(records)), _address(array),
                   ctypes.c_int64(array.size))
        return array

    def save(self, path):
        """Writes a checkpoint."""
        self._call("save", os.fsencode(path))

    def resume(self, path):
        """Goes on from a checkpoint, or from the last one of a run's directory."""
        self._call("resume", os.fsencode(path))

    def _free(self):
        self._function("close", None)(self._self())

    def _self(self):
        if not self._handle:
            raise Error(64, "the game is closed")
        return ctypes.c_void_p(self._handle)

    def _function(self, name, result=ctypes.c_int):
        function = getattr(self._library, "agon_" + name)
        function.restype = result
        return function

    def _call(self, name, *arguments):
        code = self._function(name)(self._self(), *arguments)
        if code:
            raise Error(code, self._function("error", ctypes.c_char_p)(self._self()).decode())

    def _shape(self, name):
        shape, rank = (ctypes.c_int64 * 16)(), ctypes.c_int()
        self._call("shape", name.encode(), shape, ctypes.c_int(16), ctypes.byref(rank))
        return tuple(shape[:rank.value])
