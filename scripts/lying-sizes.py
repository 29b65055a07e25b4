#!/usr/bin/env python3
"""Mounts a file system whose files hold more, or fewer, bytes than it reports.

lying-sizes.py MOUNTPOINT NAME:REPORTED:CONTENT...

Speaks the protocol of /dev/fuse itself, with direct I/O, so that reads are not cut off at the size.
Prints "ready" once it is mounted, and ends when it is unmounted. Needs root.
"""
import ctypes, errno, os, stat, struct, sys

LOOKUP, FORGET, GETATTR, OPEN, READ, INIT = 1, 2, 3, 14, 15, 26
OPENDIR, READDIR, STATFS, RELEASE, FLUSH, RELEASEDIR = 27, 28, 17, 18, 25, 29
ACCESS, INTERRUPT, BATCH_FORGET, DESTROY = 34, 36, 42, 38

mountpoint = sys.argv[1]
files = [(n, int(r), int(c)) for n, r, c in (a.rsplit(":", 2) for a in sys.argv[2:])]
fd = os.open("/dev/fuse", os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
options = f"fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other"
if libc.mount(b"liar", mountpoint.encode(), b"fuse", 1 | 2 | 4, options.encode()) != 0:
    sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")


def attr(node):
    size = 0 if node == 1 else files[node - 2][1]
    mode = stat.S_IFDIR | 0o755 if node == 1 else stat.S_IFREG | 0o644
    time = 1_000_000_000
    return struct.pack("<QQQQQQIIIIIIIIII", node, size, (size + 511) // 512, time, time, time,
                       0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def answer(unique, data=b"", error=0):
    os.write(fd, struct.pack("<IiQ", 16 + len(data), -error, unique) + data)


print("ready", flush=True)
while True:
    try:
        request = os.read(fd, 1 << 20)
    except OSError as e:
        if e.errno == errno.ENODEV:
            break
        if e.errno in (errno.EINTR, errno.ENOENT):
            continue
        raise
    length, op, unique, node = struct.unpack_from("<IIQQ", request)
    body = request[40:length]
    if op == INIT:
        answer(unique, struct.pack("<IIIIHHIIHHI7I", 7, 31, 0, 0, 12, 10, 1 << 17, 1, 32, 0, 0, *[0] * 7))
    elif op == LOOKUP:
        name = body.rstrip(b"\0").decode()
        found = [i for i, f in enumerate(files) if f[0] == name]
        if found:
            answer(unique, struct.pack("<QQQQII", found[0] + 2, 0, 0, 0, 0, 0) + attr(found[0] + 2))
        else:
            answer(unique, error=errno.ENOENT)
    elif op == GETATTR:
        answer(unique, struct.pack("<QII", 0, 0, 0) + attr(node))
    elif op in (OPEN, OPENDIR):
        answer(unique, struct.pack("<QII", 0, 1 if op == OPEN else 0, 0))  # FOPEN_DIRECT_IO
    elif op == READDIR:
        offset, size = struct.unpack_from("<QQI", body)[1:]
        out = b""
        for i in range(offset, len(files)):
            name = files[i][0].encode()
            entry = struct.pack("<QQII", i + 2, i + 1, len(name), 8) + name
            entry += b"\0" * (-len(entry) % 8)
            if len(out) + len(entry) > size:
                break
            out += entry
        answer(unique, out)
    elif op == READ:
        offset, size = struct.unpack_from("<QQI", body)[1:]
        answer(unique, b"x" * max(0, min(size, files[node - 2][2] - offset)))
    elif op == STATFS:
        answer(unique, struct.pack("<QQQQQIIII6I", 0, 0, 0, 0, 0, 512, 255, 512, 0, *[0] * 6))
    elif op in (RELEASE, RELEASEDIR, FLUSH, ACCESS, DESTROY):
        answer(unique)
    elif op not in (FORGET, BATCH_FORGET, INTERRUPT):
        answer(unique, error=errno.ENOSYS)
