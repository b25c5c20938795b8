#!/usr/bin/env python3
"""A repository with more than 1 GB of blobs, out of this machine's own files: texts and programs, then thousands of
small changes. Without network, the same each time on the same machine. Usage: history.py FOLDER"""
import os, random, subprocess, sys

ROOTS = ['/usr/include', '/usr/lib/python3', '/usr/share', '/usr/lib']
FIRST, ALL, FILE_MAX, EACH = 250 << 20, 1050 << 20, 1 << 20, 25
folder = sys.argv[1]
chance = random.Random(1)
subprocess.run(['git', 'init', '-q', '--bare', '-b', 'main', folder], check=True)
feed = subprocess.Popen(['git', '-C', folder, 'fast-import', '--quiet'], stdin=subprocess.PIPE)


def commit(n, files):
    feed.stdin.write(b'commit refs/heads/main\ncommitter Ada <ada@example.org> %d +0000\ndata 7\nchange\n\n'
                     % (1600000000 + 60 * n))
    for path, data in files:
        feed.stdin.write(b'M 100644 inline %s\ndata %d\n' % (path, len(data)))
        feed.stdin.write(data)
        feed.stdin.write(b'\n')


def found():
    for root in ROOTS:
        for at, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(at, name)
                if os.path.isfile(path) and not os.path.islink(path) and 0 < os.path.getsize(path) <= FILE_MAX:
                    yield path


texts, total, n, batch = {}, 0, 0, []
for path in found():
    if total > FIRST:
        break
    try:
        data = open(path, 'rb').read()
    except OSError:
        continue
    name = b'f/%d/%d%s' % (n % 200, n, os.path.splitext(path)[1].encode('ascii', 'ignore').replace(b'"', b''))
    n, total = n + 1, total + len(data)
    if b'\0' not in data[:8000] and len(data) < 200000:
        texts[name] = data.split(b'\n')
    batch.append((name, data))
    if len(batch) == 500:
        commit(0, batch)
        batch = []
commit(0, batch)
names, k = sorted(texts), 0
while total < ALL:
    k, files = k + 1, []
    for name in chance.sample(names, EACH):
        lines = texts[name]
        lines.insert(chance.randrange(len(lines)), b'changed %d: %x' % (k, chance.getrandbits(64)))
        data = b'\n'.join(lines)
        total += len(data)
        files.append((name, data))
    commit(k, files)
feed.stdin.close()
if feed.wait():
    sys.exit('git fast-import failed')
subprocess.run(['git', '-C', folder, 'repack', '-adfq', '--threads=2'], check=True)
