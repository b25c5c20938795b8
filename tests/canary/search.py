# search.py KNOWN PLACE...: the files below the places that hold a piece of a private half; the last three fifths of a
# key's bytes are the private ones. Exit 1 when there is one.
import base64, os, sys
pieces = set()
for name in os.listdir(sys.argv[1]):
    lines = open(os.path.join(sys.argv[1], name)).read().split('\n')[1:]
    lines = [line for line in lines if line and not line.startswith('-')]
    der = base64.b64decode(''.join(lines))
    for line in lines[len(lines) * 2 // 5:-1]:
        pieces.add(line.encode())
        pieces.add(line.encode().hex().encode())
    for at in range(len(der) * 2 // 5, len(der) - 24, 24):
        part = der[at:at + 24]
        pieces.update((part, part[::-1], part.hex().encode(), part.hex(':').encode(), part.hex().upper().encode()))
found = read = 0
for place in sys.argv[2:]:
    names = [place] if os.path.isfile(place) else [os.path.join(w, n) for w, _, ns in os.walk(place) for n in ns]
    for name in names:
        if not os.path.isfile(name) or os.path.islink(name):
            continue
        data = open(name, 'rb').read()
        read += 1
        if any(piece in data for piece in pieces):
            print(name, file=sys.stderr)
            found += 1
if not read or len(pieces) < 100:
    sys.exit(2)
sys.exit(1 if found else 0)
