#!/usr/bin/env python3
"""Mail to people is ended by kill -9 at each write of ledger and journal and at each message between firebreak and its
mailer; then it goes on. The mailboxes of a real server (smtp-sink) are read: nobody is lost, nobody gets it twice but
those who were listed as unknown and were sent to once more on purpose. And the giving up of the addresses is ended at
each of its writes: the next one brings it to its end. Usage: mail.py FIREBREAK-CRASH SOURCE_ROOT"""
import glob, json, os, random, re, shutil, signal, socket, sqlite3, subprocess, sys, tempfile, time

programs, source = os.path.dirname(os.path.abspath(sys.argv[1])), os.path.abspath(sys.argv[2])
build = os.path.join(programs, "..", "..", "src")
PEOPLE, RECORD, STEP = 230, 96, 16
scratch = tempfile.mkdtemp(prefix="firebreak-crash-mail.")
os.chmod(scratch, 0o755)
count = bad = 0


def tap(ok, text):
    global count, bad
    count += 1
    bad += not ok
    print("%sok %d - %s" % ("" if ok else "not ", count, text), flush=True)


def put(name, text):
    path = os.path.join(scratch, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def take(src, name):
    path = os.path.join(scratch, "bin", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        os.link(src, path)
    except OSError:
        shutil.copy2(src, path)


env = {"PATH": "/usr/bin:/bin", "HOME": scratch, "FIREBREAK_REGISTER": scratch + "/register",
       "FIREBREAK_STATE": scratch + "/state", "FIREBREAK_KEY": scratch + "/key", "LC_ALL": "C.UTF-8"}


def run(*args):
    r = subprocess.run([scratch + "/bin/firebreak", *args], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                       timeout=300)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


def must(*args):
    code, out, err = run(*args)
    if code:
        raise SystemExit("%r: %d %s %s" % (args, code, out, err))
    return out


class Sink:
    """smtp-sink with a file for each message that it took; one that was broken off leaves none."""
    def __init__(self):
        self.folder = scratch + "/sink"
        os.mkdir(self.folder)
        os.chmod(self.folder, 0o777)
        for _ in range(50):
            self.port = random.randrange(20000, 32000)
            with socket.socket() as s:
                try:
                    s.bind(("127.0.0.1", self.port))
                except OSError:
                    continue
            into = ["-d", self.folder + "/m.%H%M%S."]
            if os.geteuid() == 0:
                into = ["-u", "nobody", "-R", self.folder, "-d", "m.%H%M%S."]
            self.process = subprocess.Popen(["/usr/sbin/smtp-sink", *into, "127.0.0.1:%d" % self.port, "50"],
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if self.answers():
                return
            self.end()
        raise SystemExit("smtp-sink does not start")

    def answers(self):
        for _ in range(600):
            if self.process.poll() is not None:
                return False
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                    return s.recv(3) == b"220"
            except OSError:
                time.sleep(0.05)
        return False

    def end(self):
        self.process.kill()
        self.process.wait()

    def empty(self):
        for path in glob.glob(self.folder + "/*"):
            os.unlink(path)

    def settled(self):
        """Of a killed sender the sink still has to see the end; it answers a new one when it has come that far."""
        with socket.create_connection(("127.0.0.1", self.port), 30) as s:
            f = s.makefile("rb")
            f.readline()
            s.sendall(b"NOOP\r\n")
            f.readline()

    def boxes(self):
        got = {}
        for path in glob.glob(self.folder + "/*"):
            with open(path, "rb") as f:
                head, _, body = f.read().partition(b"\n\n")
            if b"END-OF-THE-TEXT" not in body:
                raise SystemExit("a message without its end")
            for who in re.findall(rb"^X-Rcpt-Args: <(.*)>$", head, re.M):
                got[who.decode()] = got.get(who.decode(), 0) + 1
        return got


def points(role):
    try:
        with open("%s/bin/points.%s" % (scratch, role), "rb") as f:
            data = f.read()
    except FileNotFoundError:
        return []
    return [(data[i:i + STEP].decode().strip(), data[i + STEP:i + RECORD].decode().strip())
            for i in range(0, len(data), RECORD)]


def fresh(prepared="prepared"):
    shutil.rmtree(scratch + "/state")
    shutil.copytree(scratch + "/" + prepared, scratch + "/state")
    for role in ("parent", "worker"):
        if os.path.exists("%s/bin/points.%s" % (scratch, role)):
            os.unlink("%s/bin/points.%s" % (scratch, role))
    sink.empty()


def control(text):
    put("bin/control", text)


def send():
    return run("mail", "send", "1", "--csv", scratch + "/people.csv", "--at-once", "1", "--retry", "1")


def states():
    code, out, err = run("mail", "status", "1", "--json")
    if code not in (0, 3):
        return None
    return {r["address"]: r["state"] for r in json.loads(out)["recipients"]}


def set_up():
    take(programs + "/firebreak-crash", "firebreak")
    take(programs + "/firebreak-mailer-crash", "firebreak-mailer")
    for path in glob.glob(build + "/firebreak-worker*"):
        if os.path.isfile(path):
            take(path, os.path.basename(path))
    os.makedirs(scratch + "/share/firebreak")
    for name in ("playbooks", "rules"):
        os.symlink("%s/%s" % (source, name), "%s/share/firebreak/%s" % (scratch, name))
    control("")
    os.mkdir(scratch + "/register")
    key = must("key", "init").splitlines()[0]
    put("register/firebreak.yaml", """register: 1
organisation: {name: Test, team: team@example.org, approver: lead, contact: 'privacy@example.org'}
roles: {lead: {root: true}}
people: {alice: {name: Alice, mail: alice@example.org, roles: [lead], key: '%s'}}
systems: {wiki: {title: Wiki}}
data: {users: {title: Accounts, system: wiki, class: simple, people: 230, records: 230, address: true}}
channels:
  people: {kind: mail, to: team@example.org, relays: ['smtp://127.0.0.1:%d'], tls: never, from: team@example.org}
""" % (key, sink.port))
    put("people.csv", "mail\n" + "".join("u%d@example.net\n" % i for i in range(PEOPLE)))
    must("declare", "data:users", "--because", "test")
    must("notice", "word", "1", "--nature", "Something", "--consequences", "Little", "--measures", "Much", "--advice",
         "Be careful. END-OF-THE-TEXT")
    must("notice", "decide", "1", "mail", "yes", "--because", "test")
    shutil.copytree(scratch + "/state", scratch + "/prepared")


def what_is_wrong(everybody):
    """After the kill: go on, read the mailboxes, resend to the unknown, read them again."""
    sink.settled()
    code, out, err = send()
    if code not in (0, 3):
        return "going on: %d %s" % (code, err)
    now = states()
    if now is None or set(now) != everybody:
        return "the ledger has not everybody"
    unknown = {who for who, state in now.items() if state == "unknown"}
    if {now[who] for who in everybody - unknown} - {"sent"} or (code == 3) != bool(unknown) or len(unknown) > 100:
        return "states after going on: %s" % sorted(set(now.values()))
    got = sink.boxes()
    for who in everybody:
        if who not in unknown and got.get(who, 0) != 1:
            return "%s is sent and has it %d times" % (who, got.get(who, 0))
        if who in unknown and got.get(who, 0) > 1:
            return "%s is unknown and has it %d times" % (who, got[who])
    if unknown:
        code, out, err = run("mail", "settle", "1", "resend", "--because", "nothing in the relay's log")
        if code:
            return "settle: %s" % err
        code, out, err = send()
        if code:
            return "once more: %d %s" % (code, err)
    got = sink.boxes()
    if set(got) != everybody:
        return "%d are lost" % len(everybody - set(got))
    twice = {who for who, n in got.items() if n > 1}
    if twice - unknown or max(got.values()) > 2:
        return "twice, and not unknown"
    if set(states().values()) != {"sent"}:
        return "not all are sent at the end"
    code, out, err = run("timeline", "1")
    if "told mail" not in out:
        return "the journal does not say that people were told"
    code, out, err = run("journal", "verify")
    return "the journal's chain: %s" % err if code else None


def trial(role, step, number, name, everybody):
    """Messages may come together or one by one, so that a run can have a point less than the one that was counted."""
    for _ in range(5):
        fresh()
        control("%s %s %d\n" % (role, step, number))
        code, out, err = send()
        control("")
        if [p for p in points(role) if p[0] == step][number - 1:]:
            break
    else:
        return "the point was not reached: %d %s" % (code, err)
    if role == "parent" and code != -signal.SIGKILL:
        return "the program was not ended there: %d %s" % (code, err)
    return what_is_wrong(everybody)


def forget():
    return run("mail", "forget", "1", "--because", "all were told")


def fates():
    """Of each row what stays, and whether an address is shown."""
    code, out, err = run("mail", "status", "1", "--json")
    if code:
        return None, None
    rows = json.loads(out)["recipients"]
    return [(r["n"], r["tag"], r["state"], r["tries"], r["code"], r["message"], r["at"]) for r in rows], \
        {"address" in r for r in rows}


def left(sealed):
    """How many of the sealed things stand in a file of the ledger still."""
    files = []
    for path in glob.glob(scratch + "/state/mail-1.db*"):
        with open(path, "rb") as f:
            files.append(f.read())
    return sum(any(s in f for f in files) for s in sealed)


def trial_of_forgetting(step, number, name, told, sealed):
    fresh("told")
    control("parent %s %d\n" % (step, number))
    code, out, err = forget()
    control("")
    if code != -signal.SIGKILL:
        return "the program was not ended there: %d %s" % (code, err)
    rows, shown = fates()
    if rows != told or shown not in ({True}, {False}):
        return "after the kill some are forgotten and some are not, or what became of them is"
    if shown == {True} and left(sealed) != len(sealed):
        return "addresses are shown, and %d of %d are there" % (left(sealed), len(sealed))
    code, out, err = send()
    if shown == {False} and (code != 1 or "were given up" not in err):
        return "sent to after they were given up: %d %s" % (code, err)
    if sink.boxes():
        return "somebody got it once more"
    code, out, err = forget()
    if code:
        return "once more: %d %s" % (code, err)
    if left(sealed):
        return "%d are left" % left(sealed)
    if fates() != (told, {False}):
        return "what became of them is not as it was"
    code, out, err = run("timeline", "1")
    if "gave up the addresses of %d people" % PEOPLE not in out:
        return "the journal does not say that they were given up"
    code, out, err = run("journal", "verify")
    return "the journal's chain: %s" % err if code else None


def forgetting():
    fresh()
    send()
    shutil.copytree(scratch + "/state", scratch + "/told")
    told, shown = fates()
    db = sqlite3.connect("file:%s/told/mail-1.db?mode=ro" % scratch, uri=True)
    sealed = [a for (a,) in db.execute("SELECT address FROM recipient")]
    sealed.append(db.execute("SELECT key FROM mailing").fetchone()[0].encode()[-64:])
    db.close()
    fresh("told")
    tap(shown == {True} and left(sealed) == PEOPLE + 1, "the ledger has %d sealed addresses and their key" % PEOPLE)
    code, out, err = forget()
    tap(code == 0 and left(sealed) == 0 and fates() == (told, {False}), "without a kill they are given up")
    plan, numbers = [], {}
    for step, name in points("parent"):
        numbers[step] = numbers.get(step, 0) + 1
        plan.append((step, numbers[step], name))
    tap([name for step, n, name in plan if "journal" in name or "ledger" in name][-4:] ==
        ["before journal mailed", "after journal mailed", "before ledger", "after ledger"],
        "the journal's row is there before they are gone, in %d points" % len(plan))
    for step, number, name in plan:
        wrong = trial_of_forgetting(step, number, name, told, sealed)
        tap(wrong is None, "giving up, point %d, %s" % (number, name))
        if wrong:
            print("# " + wrong.replace("\n", "\n# "), flush=True)


sink = Sink()
try:
    set_up()
    everybody = {"u%d@example.net" % i for i in range(PEOPLE)}
    fresh()
    code, out, err = send()
    tap(code == 0 and sink.boxes() == {who: 1 for who in everybody}, "without a kill each has it once")
    if code:
        print("# %d %s %s" % (code, out, err))
    plan = []
    for role in ("parent", "worker"):
        numbers = {}
        for step, name in points(role):
            numbers[step] = numbers.get(step, 0) + 1
            plan.append((role, step, numbers[step], name))
    kinds = {(role, name.split()[1]) for role, step, n, name in plan}
    tap({("parent", "journal"), ("parent", "ledger"), ("parent", "message"), ("parent", "job"), ("parent", "start"),
         ("worker", "mailed"), ("worker", "changing"), ("worker", "result")} <= kinds,
        "%d points: journal, ledger, jobs and messages of both" % len(plan))
    for role, step, number, name in plan:
        wrong = trial(role, step, number, name, everybody)
        tap(wrong is None, "%s, point %d, %s" % (role, number, name))
        if wrong:
            print("# " + wrong.replace("\n", "\n# "), flush=True)
    forgetting()
finally:
    sink.end()
    shutil.rmtree(scratch, ignore_errors=True)
print("1..%d" % count)
sys.exit(1 if bad else 0)
