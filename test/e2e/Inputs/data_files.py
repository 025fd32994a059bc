"""Data files as others write them. Only the standard library."""

import io
import pickle
import struct
import sys
import tarfile
import types


def npy(shape, code, content):
    """An array of NumPy's: code as its dtype has it, "|u1"."""
    head = repr({"descr": code, "fortran_order": False, "shape": tuple(shape)}).encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + content


def tar(path, files, mode="w"):
    """An archive of (name, content) pairs."""
    with tarfile.open(path, mode) as archive:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


class Python2Pickler(pickle._Pickler):
    """Pickles bytes as Python 2 did its texts."""
    dispatch = dict(pickle._Pickler.dispatch)

    def save_text(self, text):
        size = bytes([len(text)]) if len(text) < 256 else struct.pack("<i", len(text))
        self.write((b"U" if len(text) < 256 else b"T") + size + text)
        self.memoize(text)

    dispatch[bytes] = save_text


def fake_numpy():
    """Enough of NumPy that an array of bytes is pickled as NumPy 1 did it, where NumPy may be missing."""
    modules = {name: types.ModuleType(name) for name in ("numpy", "numpy.core", "numpy.core.multiarray")}

    class dtype:
        def __init__(self, *of):
            self.of = of

        def __reduce_ex__(self, protocol):
            return dtype, self.of, (3, b"|", None, None, None, -1, -1, 0)

        def __setstate__(self, state):
            pass

    class ndarray:
        def __reduce_ex__(self, protocol):
            return _reconstruct, (ndarray, (0,), b"b"), (1, self.shape, dtype(b"u1", 0, 1), False, self.content)

        def __setstate__(self, state):
            _, self.shape, _, _, self.content = state

    def _reconstruct(kind, shape, code):
        return kind()

    for value, module in ((dtype, "numpy"), (ndarray, "numpy"), (_reconstruct, "numpy.core.multiarray")):
        value.__module__, value.__qualname__ = module, value.__name__
        setattr(modules[module], value.__name__, value)
    return modules


def pickled(value):
    """Protocol 2 as Python 2 wrote it; arrays are ((rows, columns), content) pairs of values that are tuples."""
    modules = fake_numpy()
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        def arrays(item):
            if isinstance(item, tuple):
                array = modules["numpy"].ndarray()
                array.shape, array.content = item
                return array
            return item
        stream = io.BytesIO()
        whole = {key: arrays(item) for key, item in value.items()}
        Python2Pickler(stream, 2).dump(whole)
        # Python reads it back.
        again = pickle.loads(stream.getvalue(), encoding="bytes")
        assert {key: (item.shape, item.content) if hasattr(item, "content") else item
                for key, item in again.items()} == value
        return stream.getvalue()
    finally:
        for name, module in before.items():
            sys.modules.pop(name)
            if module:
                sys.modules[name] = module
