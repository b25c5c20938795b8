#!/usr/bin/env bash
# The report: drafted, written in by a person, drafted again, finished for the inside and for everybody. Usage:
# report.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
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
run respond 1
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

# The texts.
for format in wikitext markdown html; do
	run report 1 --draft "$draft" --format $format
	exits 0 "the inside has it in $format"
	mine='firebreak:(begin|draft)|<script|<b>not'
	[ $format = html ] || mine="$mine|\{\{|\[\[|(^|[^\\])~~~"
	result "$(! grep -qE "$mine" "$scratch/out"; echo $?)" 'with no mark and no structure of others'
	result "$(grep -q 'db11.farm.example.org' "$scratch/out"; echo $?)" 'and with hosts'
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
finish
