#!/usr/bin/env bash
# The report: drafted, written in by a person, drafted again, finished for the inside and for everybody. Usage:
# report.sh FIREBREAK SOURCE_ROOT SOFT_KEY
. "$(dirname "$0")/farm.sh"
soft_key=$3
make_farm
sed -i 's/address: /&/; s/^  box: .*/&\n  db11: {address: db11.farm.example.org}/' "$scratch/register/firebreak.yaml"
draft=$scratch/report.md

write() {             # SECTION WORDS: what a person does in an editor
	awk -v name="$1" -v words="$2" '
		$0 == "<!-- firebreak:begin " name " -->" { print; print words; inside = 1; next }
		$0 == "<!-- firebreak:end " name " -->" { inside = 0 }
		!inside' "$draft" >"$draft.new" && mv "$draft.new" "$draft"
}
same() { result "$(cmp -s "$1" "$2"; echo $?)" "$3"; }
answers() { result "$(jq -e "$1" "$scratch/out" >/dev/null; echo $?)" "$2"; }

hostile='{{subst:evil}} [[File:x|y]] <script>alert(1)</script> == h == ~~~~ https://evil.example/'
hostile="$hostile on db11.farm.example.org by bob@example.org"
run declare thing/password --because "$hostile" --as alice
exits 0 'declared, with words that want to be something else'
run respond 1 --as alice
exits 3 'and responded to'
run report 1 --output "$draft"
exits 0 'a draft'
says '0 of 14 sections are written'
write cause 'human: a paste

- see https://tasks.example.org/T7'
write summary 'It was pasted on db11, <b>not</b> stolen from 192.0.2.7.'
write tasks '- T7: drop the share
- T8: teach'
cp "$draft" "$scratch/written.md"
run report 1 --output "$draft" --as alice
exits 0 'drafted again'
says '3 of 14 sections are written'
for section in cause summary tasks; do
	for file in "$draft" "$scratch/written.md"; do
		sed -n "/firebreak:begin $section /,/firebreak:end $section /p" "$file" >"$file.part"
	done
	same "$draft.part" "$scratch/written.md.part" "section $section stays byte by byte"
done
result "$(grep -q 'drafted the report' "$draft"; echo $?)" 'and the timeline went on'
run journal export 1
answers 'select(.kind == "reported") | .body | has("sections")' 'the journal knows which sections are written'

# What may be lost is never written over.
cp "$draft" "$scratch/good.md"
sed -i 's/^<!-- firebreak:end cause -->$/<!-- firebreak:end causes -->/' "$draft"
cp "$draft" "$scratch/damaged.md"
run report 1 --output "$draft"
exits 5 'a damaged mark is refused'
says 'this mark is damaged'
same "$draft" "$scratch/damaged.md" 'and the file stays as it was'
cp "$scratch/good.md" "$draft"
sed -i 's/^- \*\*Mode\*\*: emergency$/- **Mode**: gentle/' "$draft"
cp "$draft" "$scratch/changed.md"
run report 1 --output "$draft"
exits 1 'what was changed outside of the marks is refused'
says "report.md:$(grep -n gentle "$draft" | cut -d: -f1):1: this stands outside of the marks"
same "$draft" "$scratch/changed.md" 'and the file stays'
run report 1 --output "$draft" --discard
exits 0 'unless it is given up'
result "$(! grep -q gentle "$draft"; echo $?)" 'then it is gone'
result "$(grep -q 'T8: teach' "$draft"; echo $?)" 'and what stands between marks is not'
echo 'my notes' >"$scratch/notes.md"
run report 1 --output "$scratch/notes.md"
exits 5 'a file that is no draft is refused'
result "$([ "$(cat "$scratch/notes.md")" = 'my notes' ]; echo $?)" 'and stays'
run declare thing/password --because 'another one'
run report 2 --output "$draft"
exits 5 'nor is the draft of another incident written over'
says 'is a draft of incident 1, not of 2'
sed -i '1s/head=..../head=0000/' "$scratch/good.md"
run report 1 --draft "$scratch/good.md"
exits 6 'a draft of another journal is known'
says 'was drafted from another journal'

# What a parser makes of it: each tag is closed where it was opened, and lists and tables hold what they may hold.
is_valid() {          # of a document with a list in a list
	python3 - "$scratch/out" <<-'PYTHON'
		import html.parser, sys
		inside = {"li": ["ul"], "tr": ["table"], "th": ["tr"], "td": ["tr"], "head": ["html"], "body": ["html"],
		          "meta": ["head"], "title": ["head"], "html": [""]}
		only = {"ul": ["li"], "table": ["tr"], "tr": ["th", "td"]}
		class Parser(html.parser.HTMLParser):
		    open, nested = [""], 0
		    def handle_starttag(self, tag, attributes):
		        above = self.open[-1]
		        assert above in inside.get(tag, [above]), (tag, above, self.getpos())
		        assert tag in only.get(above, [tag]), (tag, above, self.getpos())
		        self.nested += (above, tag) == ("li", "ul")
		        if tag != "meta":
		            self.open.append(tag)
		    def handle_endtag(self, tag):
		        assert self.open.pop() == tag, (tag, self.getpos())
		    def handle_data(self, data):
		        assert self.open[-1] not in only or not data.strip(), (data, self.getpos())
		p = Parser()
		p.feed(open(sys.argv[1], encoding="utf-8").read())
		p.close()
		assert p.open == [""] and p.nested > 0, (p.open, p.nested)
	PYTHON
}

# The texts.
for format in wikitext markdown html; do
	run report 1 --draft "$draft" --format $format
	exits 0 "the inside has it in $format"
	mine='firebreak:(begin|draft)|<script|<b>not'
	[ $format = html ] || mine="$mine|\{\{|\[\[|(^|[^\\])~~~"
	result "$(! grep -qE "$mine" "$scratch/out"; echo $?)" 'with no mark and no structure of others'
	result "$(grep -q 'db11.farm.example.org' "$scratch/out"; echo $?)" 'and with hosts'
	[ $format != html ] || result "$(is_valid 2>>"$scratch/err"; echo $?)" 'it is valid HTML'
	run report 1 --draft "$draft" --format $format --public
	exits 0 "everybody has it in $format"
	result "$(! grep -qE 'db11|bob@|alice|192\.0\.2\.7|/accounts|firebreak:' "$scratch/out"; echo $?)" \
		'without hosts, addresses and people'
	result "$(grep -q 'on .*host.*, .*not.* stolen from .*address.*' "$scratch/out"; echo $?)" 'and it says where'
done
run report 1 --format pdf
exits 2 'another format is refused'
sed -i '1a publish: {show: ["db11*"]}' "$scratch/register/firebreak.yaml"
run report 1 --draft "$draft" --format wikitext --public
result "$(grep -q 'pasted on db11,' "$scratch/out" && ! grep -q '192.0.2.7' "$scratch/out"; echo $?)" \
	'what the register allows is shown'
run report 1 --draft "$draft" --json
answers '.incident_reporting | .cause == "human" and .tasks == ["T7: drop the share", "T8: teach"] and
	.services == ["thing"] and (.responders | test("alice")) and .outage_visible == 0 and
	(.outage_total | type == "number") and (.log | type == "array")' 'fields of the wiki extension'
run report 1 --public
exits 2 '--public needs a format'

# Approval: the role, no author, exactly this text, signed.
mkdir "$scratch/keys"
for person in alice bob carol; do
	ssh-keygen -q -t ed25519 -N '' -C '' -f "$scratch/keys/$person"
done
public() { cut -d' ' -f1-2 "$scratch/keys/$1.pub"; }
sed -i "s|^  alice: {|&ssh: '$(public alice)', |; /^publish:/d" "$scratch/register/firebreak.yaml"
sed -i "/^  alice: /a \\  bob: {name: Bob, roles: [lead], ssh: '$(public bob)'}\\n  carol: {name: Carol, \\
ssh: '$(public carol)'}\\n  dave: {name: Dave, roles: [lead]}" "$scratch/register/firebreak.yaml"
run register check
exits 0 'a register with keys that approve'
approve() {           # PERSON [KEY]
	run report 1 approve --draft "$draft" --as "$1" --ssh-key "$scratch/keys/${2:-$1}"
}
approve bob
exits 1 'a draft with gaps is not approved'
says 'nobody has written services, outage, aggravation'
for section in services outage aggravation known preventable similar prevention design weaknesses strengths reviewed; do
	write $section none
done
approve bob
exits 1 'nor one that nobody kept'
says 'is not the draft that was kept last'
run report 1 --output "$draft" --as alice
approve alice
exits 1 'who declared it does not approve it'
says "'alice' declared it (row 1 of the journal): nobody approves a report that they have a hand in"
approve carol
exits 1 'nor does one without the role'
says "'carol' has not the role 'lead', which approves reports (who has it: alice, bob, dave)"
approve dave bob
exits 1 'nor one without a key'
says "the register has no 'ssh' key of 'dave'"
run report 1 approve --draft "$draft" --as mallory --ssh-key "$scratch/keys/bob"
exits 2 'nor somebody whom the register does not know'
run journal export 1
result "$(! grep -q '"approved"' "$scratch/out"; echo $?)" 'and nothing of this is an approval'
approve bob carol
exits 1 'a key of somebody else is not the signature of bob'
says "the key is that of 'carol'"
ssh-keygen -q -t ed25519 -N 'a passphrase' -C '' -f "$scratch/keys/locked"
approve bob locked
exits 1 'a locked key asks nobody'
says 'belongs into an agent first'
approve bob
exits 0 'the approver approves'
says 'public wikitext sha256'
run report 1 --json
answers '.approval | .person == "bob" and (.signature | test("BEGIN SSH SIGNATURE"))' 'the journal has the signature'
jq -r .approval.statement "$scratch/out" | head -c -1 >"$scratch/statement"
jq -r .approval.signature "$scratch/out" >"$scratch/statement.sig"
printf 'bob %s\n' "$(public bob)" >"$scratch/signers"
ssh-keygen -Y verify -n firebreak-report -f "$scratch/signers" -I bob -s "$scratch/statement.sig" \
	<"$scratch/statement" >"$scratch/out" 2>&1
result $? 'anybody can check it with OpenSSH alone'
run report 1 --draft "$draft" --format wikitext --public
result "$(grep -q "^public wikitext sha256 $(sha256sum <"$scratch/out" | cut -c1-64)$" "$scratch/statement"; echo $?)" \
	'and it is over the text that everybody gets'
write cause 'upstream: somebody else'
run report 1 --output "$draft" --as carol
exits 0 'somebody changes it'
run report 1 --json
answers '.approval == null' 'and the approval is gone'
ssh-agent -D -a "$scratch/agent" >/dev/null 2>&1 </dev/null &
agent=$!
for _ in $(seq 200); do [ ! -S "$scratch/agent" ] || break; sleep 0.05; done
SSH_AUTH_SOCK=$scratch/agent ssh-add -q "$scratch/keys/bob" </dev/null
mv "$scratch/keys/bob" "$scratch/keys/away"
export SSH_AUTH_SOCK="$scratch/agent"
approve bob bob.pub
unset SSH_AUTH_SOCK
exits 0 'an agent signs, with the public half in hand'
mv "$scratch/keys/away" "$scratch/keys/bob"
kill "$agent"
wait "$agent" 2>/dev/null

# A security key: OpenSSH loads what speaks to it by name, here one without a device (tests/lib/soft_key.c).
export SSH_SK_PROVIDER=$soft_key
ssh-keygen -q -t ed25519-sk -N '' -C '' -f "$scratch/keys/touch" >/dev/null 2>&1 </dev/null
write cause 'human: pasted'
run report 1 --output "$draft" --as carol
approve bob touch
exits 1 'a security key that the register does not have is nobody'
sed -i "s|^  bob: {.*|  bob: {name: Bob, roles: [lead], ssh: '$(public touch)'}|" "$scratch/register/firebreak.yaml"
approve bob touch
exits 0 'a security key signs'
unset SSH_SK_PROVIDER
run report 1 --json
answers '.approval.person == "bob"' 'and its signature is kept'

# A login that gave no name could be anybody, the approver too.
run report 2 --output "$scratch/two.md" --as alice
run report 2 approve --draft "$scratch/two.md" --as bob --ssh-key "$scratch/keys/bob"
exits 1 'a login that did something without a name cannot approve under another'
says 'it cannot be told that it was not you'
finish
