#!/usr/bin/env python3
"""A repository of more than 1,000,000 objects: small blobs, each at a path of its own, and the trees of 100 commits.
Usage: many.py FOLDER"""
import subprocess, sys

COMMITS, EACH = 100, 10000
folder = sys.argv[1]
subprocess.run(['git', 'init', '-q', '--bare', '-b', 'main', folder], check=True)
feed = subprocess.Popen(['git', '-C', folder, 'fast-import', '--quiet'], stdin=subprocess.PIPE)
for c in range(COMMITS):
    text = ['commit refs/heads/main\ncommitter Ada <ada@example.org> %d +0000\ndata 4\nmore\n' % (1600000000 + 60 * c)]
    for k in range(EACH):
        data = 'this is file %d of commit %d\n' % (k, c)
        text.append('M 100644 inline d%d/%d/%d\ndata %d\n%s\n' % (c, k % 100, k, len(data), data))
    feed.stdin.write(''.join(text).encode())
feed.stdin.close()
if feed.wait():
    sys.exit('git fast-import failed')
