#!/usr/bin/env python3
"""Runs a command with all that it starts; its output is thrown away. Prints: seconds of the clock, seconds of
processors; with --memory instead the most memory of each program, and of all at once (PSS: shared pages count once), in
MB. Usage: watch.py [--memory] COMMAND..."""
import os, resource, subprocess, sys, time


VERBS = ('cat-file', 'rev-list', 'log', 'ls-tree', 'rev-parse', 'for-each-ref', 'scan', 'trace')


def children(pid):
    try:
        for task in os.listdir('/proc/%d/task' % pid):
            with open('/proc/%d/task/%s/children' % (pid, task)) as f:
                for child in f.read().split():
                    yield int(child)
                    yield from children(int(child))
    except OSError:
        pass


def number(pid, file, key):
    try:
        with open('/proc/%d/%s' % (pid, file)) as f:
            return next((int(line.split()[1]) for line in f if line.startswith(key)), 0)
    except OSError:
        return 0


def name(pid):
    try:
        with open('/proc/%d/cmdline' % pid, 'rb') as f:
            words = f.read().decode(errors='replace').split('\0')
        if not words[0]:
            return '?'
        verbs = [w for w in words[1:] if w in VERBS]
        return ' '.join([os.path.basename(words[0])] + verbs)
    except OSError:
        return '?'


memory = sys.argv[1] == '--memory'
command = sys.argv[2 if memory else 1:]
start = time.monotonic()
run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
peaks, most = {}, 0
while memory and run.poll() is None:
    together = 0
    for pid in [run.pid] + list(children(run.pid)):
        what, before = name(pid), peaks.get(pid, ('?', 0))
        # one that is about to end has no words any more
        peaks[pid] = before[0] if what == '?' else what, max(before[1], number(pid, 'status', 'VmHWM:'))
        together += number(pid, 'smaps_rollup', 'Pss:')
    most = max(most, together)
    time.sleep(0.02)
code = run.wait()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
if code > 1:
    sys.exit('%s: exit code %d' % (command[0], code))
if memory:
    largest = {}
    for what, kb in peaks.values():
        # seen when it had ended, and was not reaped yet
        if what == '?' and not kb:
            continue
        largest[what] = max(largest.get(what, 0), kb)
    print(', '.join('%s %d MB' % (w, kb / 1000) for w, kb in sorted(largest.items())) +
          '; all at once %d MB' % (most / 1000))
else:
    print('%.3f %.3f' % (time.monotonic() - start, used.ru_utime + used.ru_stime))
