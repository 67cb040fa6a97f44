"""ppool-bench.py WORKERS CHUNK ITEMS: what ppool-bench.c does, in Python.

Prints the items per second that go through Pool.imap_unordered.
"""
import multiprocessing
import sys
import time

PATH = "/usr/share/some/directory/that/lies/rather/deep/in/the/tree/file-%015d.c"


def answer(path):
    return path[0].encode() * 64


def run(pool, chunk, items):
    paths = (PATH % i for i in range(items))
    return sum(
        len(digest) == 64
        for digest in pool.imap_unordered(answer, paths, chunksize=chunk)
    )


def main():
    workers, chunk, items = map(int, sys.argv[1:])
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        run(pool, 1, 100)
        start = time.monotonic()
        if run(pool, chunk, items) != items:
            sys.exit("answers were lost")
        print(f"{items / (time.monotonic() - start):.0f}")


if __name__ == "__main__":
    main()
