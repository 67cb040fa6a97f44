#!/usr/bin/env python3
"""What the parent of a run costs: microseconds of its own CPU a file, medians.

usage: parent-cpu.py RUNS FILES TREE EMPTY COMMAND...

Where COMMAND says {} it is given TREE, which has so many FILES, and in turn with
that EMPTY, a directory with none: what a start takes is not of the files. The CPU
time of a process without that of its children is read while it is a zombie.
"""
import os
import statistics
import subprocess
import sys


def cpu_ns(command, tree):
    command = [tree if word == "{}" else word for word in command]
    p = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    os.waitid(os.P_PID, p.pid, os.WEXITED | os.WNOWAIT)
    with open(f"/proc/{p.pid}/schedstat") as f:
        ns = int(f.read().split()[0])
    if p.wait():
        sys.exit(f"parent-cpu.py: {command[0]}: exit status {p.returncode}")
    return ns


def main():
    runs, files = int(sys.argv[1]), int(sys.argv[2])
    trees, command = sys.argv[3:5], sys.argv[5:]
    ns = [[cpu_ns(command, t) for t in trees] for _ in range(runs + 1)][1:]
    tree, empty = (statistics.median(side) for side in zip(*ns))
    print(f"{(tree - empty) / files / 1000:.3f}")


main()
