#!/usr/bin/env python3
"""A tar with one member of so many bytes, to stdout: of each 64 KiB one is
random and the others are the same again and again, so that it compresses well,
but not as well as zeros.

usage: make-tar.py BYTES
"""
import random
import sys
import tarfile

size = int(sys.argv[1])
source = random.Random(512)
same = source.randbytes(63 * 1024)
member = tarfile.TarInfo("member")
member.size = size
out = sys.stdout.buffer
out.write(member.tobuf())
for _ in range(size >> 16):
    out.write(source.randbytes(1024))
    out.write(same)
out.write(same[:size & 0xffff])
out.write(bytes(-size % 512 + 1024))
