#!/usr/bin/env python3
"""The peer of phash that a Python programmer writes: a Pool of workers,
os.walk, hashlib fed by reads of 8 KiB, imap_unordered with chunks of 20, a
dict, one printed line per file.

usage: pool-sha512.py DIR [WORKERS]
"""
import hashlib
import multiprocessing
import os
import stat
import sys


def digest(path):
    h = hashlib.sha512()
    with open(path, "rb") as f:
        while block := f.read(8192):
            h.update(block)
    return path, h.hexdigest()


def files(top):
    for here, _, names in os.walk(top):
        for name in names:
            path = os.path.join(here, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


def main():
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    table = {}
    with multiprocessing.Pool(workers) as pool:
        for path, h in pool.imap_unordered(digest, files(sys.argv[1]), 20):
            table[path] = h
    for path, h in table.items():
        print(f"{h}  {path}")


if __name__ == "__main__":
    main()
