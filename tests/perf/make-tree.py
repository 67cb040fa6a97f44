#!/usr/bin/env python3
"""Makes a tree of files to measure with.

usage: make-tree.py DIR linux       as many files and bytes as Linux 6.1's
                                    source has, in sizes distributed like its
       make-tree.py DIR COUNT SIZE  COUNT files of SIZE bytes

Contents and names are the same every time.
"""
import os
import random
import sys

PER_DIR = 16


def directory(top, number):
    path = os.path.join(top, f"{number // 256:03d}", f"{number % 256:03d}")
    os.makedirs(path, exist_ok=True)
    return path


def main():
    top = sys.argv[1]
    if sys.argv[2] == "linux":
        # of Linux 6.1: median 3.9 kB, mean 16.5 kB, largest 24 MB
        rng = random.Random(6)
        sizes = [min(int(rng.lognormvariate(8.26, 1.68)), 24_000_000)
                 for _ in range(78_579)]
        per_dir = PER_DIR
    else:
        sizes = [int(sys.argv[3])] * int(sys.argv[2])
        per_dir = PER_DIR * 16
    block = random.Random(1).randbytes(24_000_000)
    where = None
    for i, size in enumerate(sizes):
        if i % per_dir == 0:
            where = directory(top, i // per_dir)
        at = (i * 7919) % (len(block) - min(size, len(block) - 1))
        with open(os.path.join(where, f"file-{i:07d}.dat"), "wb") as f:
            f.write(block[at:at + size])


if __name__ == "__main__":
    main()
