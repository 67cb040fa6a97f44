#!/usr/bin/env python3
"""What phash needs in memory for a tree, or for an archive: the peak resident
size of the parent, beyond what an empty directory takes, per file and without
the bytes of the paths; and the peak of its largest worker.

usage: memory.py PHASH WORKERS DIR|ARCHIVE [OPTION]...
"""
import os
import subprocess
import sys
import tempfile
import time


def peak(pid):
    try:
        with open(f"/proc/{pid}/status") as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return f.read().split()
    except OSError:
        return []


def measure(phash, jobs, top, options=()):
    """Peaks of parent and largest worker, looked at until the end; the paths
    and their bytes."""
    parent = worker = files = path_bytes = 0
    with tempfile.TemporaryFile() as out:
        command = [phash, "-j", jobs, "--untagged", *options, top]
        if not os.path.isdir(top):
            command.append("--archive")
        p = subprocess.Popen(command, stdout=out)
        while p.poll() is None:
            parent = max(parent, peak(p.pid))
            for child in children(p.pid):
                worker = max(worker, peak(child))
            time.sleep(0.002)
        if p.returncode:
            sys.exit(f"memory.py: phash {top}: exit status {p.returncode}")
        out.seek(0)
        for line in out:
            files += 1
            path_bytes += len(line) - 131
    return parent, worker, files, path_bytes


def main():
    phash, jobs, top = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as empty:
        base = measure(phash, jobs, empty)[0]
    parent, worker, files, path_bytes = measure(phash, jobs, top,
                                                sys.argv[4:])
    per_file = (parent - base - path_bytes) / files
    each = (f", that is {per_file:.0f} bytes a file beside its path (goal 160)"
            if files > 1000 else "")
    with_ = "".join(f", {option.split('=')[0]}" for option in sys.argv[4:])
    print(f"memory, {os.path.basename(top)}{with_}, {files} files: parent "
          f"{parent / 1e6:.1f} MB{each}; largest worker "
          f"{worker / 2**20:.1f} MiB (goal {8 if os.path.isdir(top) else 32})")


if __name__ == "__main__":
    main()
