#!/usr/bin/env python3
"""What the parent of a run costs: microseconds of its own CPU a file, medians.

usage: parent-cpu.py RUNS FILES COMMAND...

The CPU time of a process without that of its children is read while it is a
zombie. FILES is what it is divided by.
"""
import os
import statistics
import subprocess
import sys


def cpu_ns(command):
    p = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    os.waitid(os.P_PID, p.pid, os.WEXITED | os.WNOWAIT)
    with open(f"/proc/{p.pid}/schedstat") as f:
        ns = int(f.read().split()[0])
    if p.wait():
        sys.exit(f"parent-cpu.py: {command[0]}: exit status {p.returncode}")
    return ns


def main():
    runs, files = int(sys.argv[1]), int(sys.argv[2])
    command = sys.argv[3:]
    cpu_ns(command)
    ns = [cpu_ns(command) for _ in range(runs)]
    print(f"{statistics.median(ns) / files / 1000:.3f}")


main()
