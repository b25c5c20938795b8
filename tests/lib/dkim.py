# Another verifier than ours (dkimpy), for the tests. sign KEYFILE SELECTOR: a message on standard output; check PORT
# [SELECTOR]: is the first signature of that on standard input, or the selector's, good by what the server there says;
# send HOST:PORT TO: a message of wiki.lab
import subprocess, sys, smtplib
sys.path.insert(0, '/usr/lib/python3/dist-packages')
import dkim
text = b'From: a@wiki.lab\r\nTo: b@example.net\r\nSubject: hello\r\n\r\nA bill.\r\n'
def signatures(message): return [value for name, value in message.headers if name.lower() == b'dkim-signature']
if sys.argv[1] == 'sign':
    key = open(sys.argv[2], 'rb').read()
    sys.stdout.buffer.write(dkim.sign(text, sys.argv[3].encode(), b'wiki.lab', key) + text)
elif sys.argv[1] == 'check':
    def ask(name, timeout=5):
        said = subprocess.run(['kdig', '+tcp', '+short', '@127.0.0.1', '-p', sys.argv[2], name, 'TXT'],
            capture_output=True).stdout.strip().replace(b'" "', b'').strip(b'"').replace(b'\\;', b';')
        return said or None
    message, at = dkim.DKIM(sys.stdin.buffer.read(), minkey=512), 0
    while len(sys.argv) > 3 and f's={sys.argv[3]};'.encode() not in signatures(message)[at]: at += 1
    sys.exit(0 if message.verify(idx=at, dnsfunc=ask) else 1)
else:
    host, port = sys.argv[2].split(':')
    with smtplib.SMTP(host, int(port)) as s:
        s.sendmail('a@wiki.lab', [sys.argv[3]], text)
