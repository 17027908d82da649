"""Packs files into a few archives of limited size, whole groups together as far as they fit, and within a limit of time:
compression is fast rather than small, and on all cores.
"""
import hashlib
import os
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor

PRESET = {"xz": {"preset": 1}, "gz": {"compresslevel": 6}}


def compressor():
    """Ending and tarfile mode: xz where this Python has it, else gzip."""
    try:
        import lzma  # noqa: F401
        return "xz"
    except ImportError:
        return "gz"


def _compressed(path, kind):
    """Bytes of one file when compressed by itself: an upper estimate of its share of an archive."""
    with open(path, "rb") as file:
        data = file.read()
    if kind == "xz":
        import lzma
        return len(lzma.compress(data, preset=PRESET["xz"]["preset"])) + 1024
    import zlib
    return len(zlib.compress(data, PRESET["gz"]["compresslevel"])) + 1024


def pack(root, groups, folder, limit_bytes, most, until):
    """Writes at most `most` archives of at most about `limit_bytes` into `folder`, and begins none after `until`, a time of
    time.monotonic().

    `groups`: [(name, [paths relative to root])] in order of worth. Returns ([{file, bytes, sha256, holds}], [paths left out]).
    """
    kind = compressor()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        every = [path for _name, paths in groups for path in paths]
        sizes = dict(zip(every, pool.map(lambda path: _compressed(os.path.join(root, path), kind), every)))
        bins, left = _arrange(groups, sizes, limit_bytes, most)
        written = list(pool.map(lambda one: None if time.monotonic() > until else _write(root, one, folder, kind), bins))
    left += [path for one, archive in zip(bins, written) if archive is None for path in one["paths"]]
    return [archive for archive in written if archive is not None], left


def _arrange(groups, sizes, limit_bytes, most):
    """What goes into which archive: [{name, group, size, paths}], and what has no room."""
    bins, left = [], []
    for name, paths in groups:
        own = None  # a group goes on in its own archive first
        for path in paths:
            size = sizes[path]
            if size > limit_bytes:
                left.append(path)
                continue
            if own is None or own["size"] + size > limit_bytes:
                if len(bins) < most:
                    count = sum(one["group"] == name for one in bins)
                    own = {"group": name, "name": name if count == 0 else "%s-%d" % (name, count + 1), "size": 0, "paths": []}
                    bins.append(own)
                else:
                    own = next((one for one in bins if one["size"] + size <= limit_bytes), None)
                    if own is None:
                        left.append(path)
                        continue
            own["size"] += size
            own["paths"].append(path)
    return bins, left


def _write(root, one, folder, kind):
    file = "%s.tar.%s" % (one["name"], kind)
    path = os.path.join(folder, file)
    with tarfile.open(path, "w:" + kind, **PRESET[kind]) as tar:
        for each in one["paths"]:
            tar.add(os.path.join(root, each), arcname=each)
    with open(path, "rb") as archive:
        digest = hashlib.sha256(archive.read()).hexdigest()
    return {"file": file, "bytes": os.path.getsize(path), "sha256": digest, "holds": one["paths"]}
