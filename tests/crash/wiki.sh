#!/usr/bin/env bash
# Publishing on a real wiki is ended by kill -9 around its intent, the wiki's save and its outcome, and then done again:
# the report, a site notice and its withdrawal. Each stands once, and the journal is whole.
# Usage: wiki.sh CRASH_PROGRAMS SOURCE_ROOT PROGRAMS
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh" "$1/firebreak-crash" "$2"
. "$(dirname "$0")/../live/wiki-kit.sh"
trap 'wiki_end; rm -rf "$scratch"' EXIT
bin=$scratch/bin
mkdir -p "$bin" "$scratch/share/firebreak" "$scratch/keys"
cp "$1/firebreak-crash" "$bin/firebreak"
cp "$1/firebreak-publisher-crash" "$bin/firebreak-publisher"
ln -s "$3"/firebreak-worker* "$bin"
rm -rf "$bin"/*.p
ln -s "$source_root/playbooks" "$source_root/rules" "$scratch/share/firebreak"
firebreak_program=$bin/firebreak
make_farm
bot=$(random_word)
draft=$scratch/report.md
for person in alice bob; do ssh-keygen -q -t ed25519 -N '' -C '' -f "$scratch/keys/$person"; done
public() { cut -d' ' -f1-2 "$scratch/keys/$1.pub"; }
wiki_start meta "$bot"
result $? 'a wiki runs'
printf "wiki::bot: '%s'\n" "$bot" >>"$scratch/work/common.yaml"
git_push 'The bot' "$scratch/work"
sed -i -e "s|^  alice: {|&ssh: '$(public alice)', |" \
	-e "/^  alice: /a \\  bob: {name: Bob, roles: [lead], ssh: '$(public bob)'}" "$scratch/register/firebreak.yaml"
cat >"$scratch/register/wiki.yaml" <<-REGISTER
	systems:
	  wiki: {title: The wiki}
	secrets:
	  wiki/bot: {kind: wiki-account-password, places: [{repository: private, file: common.yaml, key: 'wiki::bot'}]}
	wikis:
	  meta: {api: 'http://127.0.0.1:${wiki_port[meta]}/api.php', user: Admin@reports, secret: wiki/bot}
REGISTER
run declare thing/password --because 'a test' --as alice
run respond 1 --as alice
run notice word 1 --nature 'Words of a notice' --as alice
run report 1 --output "$draft" --as alice
awk '/^<!-- firebreak:begin / { print; getline; print "none"; next } { print }' "$draft" >"$draft.new"
mv "$draft.new" "$draft"
run report 1 --output "$draft" --as alice

history() {           # PAGE FILTER: its revisions, the newest first
	curl -s --get "http://127.0.0.1:${wiki_port[meta]}/api.php" -d action=query -d format=json -d formatversion=2 \
		-d prop=revisions -d 'rvprop=ids|content' -d rvslots=main -d rvlimit=max --data-urlencode "titles=$1" |
		jq -j --rawfile wanted "$scratch/wanted" "[.query.pages[0].revisions[]?.slots.main.content] | $2"
}
next_page() {         # each report has a page of its own, and its approval
	page="Tech:Incidents/$1-1"
	echo "publish: {wiki: meta, page: 'Tech:Incidents/$1-{number}'}" >"$scratch/register/publish.yaml"
	run report 1 approve --draft "$draft" --as bob --ssh-key "$scratch/keys/bob"
}
deed() {
	case $1 in
	report) run report 1 publish --draft "$draft" --as bob ;;
	notice) run notice site 1 --wiki meta --as bob ;;
	withdrawal) run notice withdraw 1 --wiki meta --as bob ;;
	esac
}
# What the wiki has. Of the report: "approved 1" when it is the approved text, in one revision; of the notice whether
# its words stand there, and how many revisions its page has.
finds() {             # DEED
	if [ "$1" = report ]; then
		history "$page" '"\(if .[0] == $wanted then "approved" else "other" end) \(length)"'
	else
		history MediaWiki:Sitenotice '"\(.[0] // "" | contains("Words of a notice")) \(length)"'
	fi
}
# Of the journal's rows since the last time: how many intents, how many of them without an outcome, how many outcomes
# that are done, how many whose effect is not known.
tally() {
	run journal export 1
	tail -n "+$((seen + 1))" "$scratch/out" | jq -rs 'map(select(.kind == "publishing").seq) as $intents |
		map(select(.kind == "published").body) as $ends | "\($intents | length) \($intents -
		($ends | map(.intent)) | length) \($ends | map(select(.done)) | length) \($ends |
		map(select(.effect == "unknown")) | length)"' >"$scratch/tally"
	seen=$(wc -l <"$scratch/out")
}
number_of() {         # DEED ROLE STEP POINT: which point of its step that is
	awk -v step="$3" -v point="$4" '$1 == step { n++; if (index(substr($0, 17), point) == 1) { print n; exit } }' \
		"$scratch/points.$1.$2"
}
forget() { rm -f "$bin/control" "$bin"/points.*; }

next_page whole
run report 1 --draft "$draft" --format wikitext --public
cp "$scratch/out" "$scratch/wanted"
for d in report notice withdrawal; do
	forget
	deed $d
	exits 0 "$d, and nobody ends it"
	for role in parent worker; do cp "$bin/points.$role" "$scratch/points.$d.$role"; done
done
result "$([ "$(finds report) $(finds withdrawal)" = 'approved 1 false 2' ]; echo $?)" 'each was done once'
edits=2                # of the notice's page
seen=0
tally

trial() {             # EXIT ROLE STEP POINT EDITED TALLY DEED: how it ends there, whether the page is edited by then
	local exit=$1 role=$2 step=$3 point=$4 edited=$5 tally=$6 deed=$7 before after
	[ "$deed" != report ] || next_page "$(random_word)"
	case $deed in
	report) before='other 0' after='approved 1' ;;
	notice) before="false $edits" after="true $((edits + 1))" ;;
	withdrawal) before="true $edits" after="false $((edits + 1))" ;;
	esac
	[ "$deed" = report ] || edits=$((edits + 1))
	forget
	echo "$role $step $(number_of "$deed" "$role" "$step" "$point")" >"$bin/control"
	deed "$deed" 2>/dev/null
	[ "$code" = "$exit" ] && tail -1 "$bin/points.$role" | grep -qF "$point"
	result $? "$deed is ended: $role, $point"
	[ "$role" = parent ] || says 'it is not known whether it was done; the same command once more looks first'
	forget
	result "$([ "$(finds "$deed")" = "$([ "$edited" = 0 ] && echo "$before" || echo "$after")" ]; echo $?)" \
		'the page is as it was left'
	deed "$deed"
	exits 0 'the next one brings it to its end'
	if [ "$deed$point" = 'withdrawalafter journal published' ]; then
		says 'it is withdrawn already'
		tally='1 0 1 0'
	fi
	result "$([ "$(finds "$deed")" = "$after" ]; echo $?)" 'it was done once'
	tally
	result "$([ "$(cat "$scratch/tally")" = "$tally" ]; echo $?)" 'the journal has each intent and each outcome'
}

for d in report notice withdrawal; do trial 137 parent - 'before journal publishing' 0 '1 0 1 0' $d; done
for d in report notice withdrawal; do trial 137 parent - 'after journal publishing' 0 '2 1 1 0' $d; done
for d in report notice withdrawal; do trial 137 parent - 'before journal published' 1 '2 1 1 0' $d; done
for d in report notice withdrawal; do trial 137 parent - 'after journal published' 1 '2 0 2 0' $d; done
trial 4 worker wiki-write 'after changing' 0 '2 0 1 1' report
trial 4 worker wiki-write 'before result' 1 '2 0 1 1' notice
run notice show 1 --json
result "$(jq -e '[.told[].to] | contains(["report", "site-notice-global"])' "$scratch/out" >/dev/null; echo $?)" \
	'the ladder knows that both are there'
run journal verify
exits 0 'the journal is whole'
finish
