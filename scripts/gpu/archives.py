"""Packs files into a few archives of limited size, whole groups together as far as they fit."""
import hashlib
import os
import tarfile

MIB = 1 << 20


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
        return len(lzma.compress(data, preset=1)) + 1024
    import zlib
    return len(zlib.compress(data, 6)) + 1024


def pack(root, groups, folder, limit_bytes, most):
    """Writes at most `most` archives of at most about `limit_bytes` into `folder`.

    `groups`: [(name, [paths relative to root])] in order of worth. Returns ([{file, bytes, sha256, holds}], [paths left out]).
    """
    kind = compressor()
    bins, left = [], []
    for name, paths in groups:
        own = None  # a group goes on in its own archive first
        for path in paths:
            size = _compressed(os.path.join(root, path), kind)
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
    written = []
    for one in bins:
        file = "%s.tar.%s" % (one["name"], kind)
        path = os.path.join(folder, file)
        with tarfile.open(path, "w:" + kind) as tar:
            for each in one["paths"]:
                tar.add(os.path.join(root, each), arcname=each)
        with open(path, "rb") as archive:
            digest = hashlib.sha256(archive.read()).hexdigest()
        written.append({"file": file, "bytes": os.path.getsize(path), "sha256": digest, "holds": one["paths"]})
    return written, left
