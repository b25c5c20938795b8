#!/usr/bin/env bash
# The report and the site notice on real wikis: approved, published, read back; what a wiki refuses, and what somebody
# else wrote. Usage: wiki.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/wiki-kit.sh"
trap 'wiki_end; rm -rf "$scratch"' EXIT
make_farm
draft=$scratch/report.md
bot=$(random_word)
mkdir "$scratch/keys"
for person in alice bob; do ssh-keygen -q -t ed25519 -N '' -C '' -f "$scratch/keys/$person"; done
public() { cut -d' ' -f1-2 "$scratch/keys/$1.pub"; }
wiki_start meta "$bot" guards && wiki_start other "$bot" guards
result $? 'two wikis run'

git -C "$scratch/work" pull -q "$scratch/private.git" main
printf "wiki::bot: '%s'\n" "$bot" >>"$scratch/work/common.yaml"
git_push 'The bot' "$scratch/work"
awk -v alice="$(public alice)" -v bob="$(public bob)" '
	/^  alice: / { sub(/key:/, "ssh: '\''" alice "'\'', key:"); print
		print "  bob: {name: Bob, roles: [lead], ssh: '\''" bob "'\''}"; next }
	/^systems:/ { print; print "  wiki: {title: The wikis}"; next }
	{ print }' "$scratch/register/firebreak.yaml" >"$scratch/new.yaml"
cat >>"$scratch/new.yaml" <<-REGISTER
	  wiki/bot: {kind: wiki-account-password, places: [{repository: private, file: common.yaml, key: 'wiki::bot'}]}
	wikis:
	  meta: {api: 'http://127.0.0.1:${wiki_port[meta]}/api.php', user: Admin@reports, secret: wiki/bot}
	  other: {api: 'http://127.0.0.1:${wiki_port[other]}/api.php', user: Admin@reports, secret: wiki/bot}
	publish: {wiki: meta, page: 'Tech:Incidents/{date}-{number}'}
REGISTER
cp "$scratch/new.yaml" "$scratch/register/firebreak.yaml"
run register check
exits 0 'the register knows the wikis'

write_all() {         # what a person does in an editor; WORDS for all that is not written yet
	awk -v words="$1" '
		/^<!-- firebreak:begin / { print; getline; print ($0 ~ /TO WRITE/ ? words : $0); next }
		{ print }' "$draft" >"$draft.new" && mv "$draft.new" "$draft"
}
raw() { wiki_get "$1" "$2" -d action=raw; }
page="Tech:Incidents/$(date -u +%F)-1"
hostile="'''b''' {{subst:CURRENTYEAR}} [[Main Page]] <script>alert(1)</script> ~~~~ <b>x</b> RFC 1 on box"

run declare thing/password --because "$hostile" --as alice
run respond 1 --as alice
run report 1 --output "$draft" --as alice
write_all "none ($hostile é e"$'\u0301'")"
run report 1 --output "$draft" --as alice
run report 1 publish --draft "$draft"
exits 1 'nothing is published without an approval'
says 'is not approved'
run report 1 approve --draft "$draft" --as alice --ssh-key "$scratch/keys/alice"
exits 1 'nobody approves their own'
says 'nobody approves a report that they have a hand in'
run report 1 approve --draft "$draft" --as bob --ssh-key "$scratch/keys/bob"
exits 0 'another one does'
cp "$draft" "$scratch/approved.md"
sed -i 's/none (/some (/' "$draft"
run report 1 publish --draft "$draft"
exits 1 'a changed text is not published'
says 'something in it was changed'
cp "$scratch/approved.md" "$draft"

# The guards of a wiki, as Debian has them, and a wiki that keeps another text than it was given.
filter() {            # VALUE: a filter that forbids reports, as the form of the extension would keep it
	cat >"$scratch/filter.sql" <<-SQL
		REPLACE INTO abuse_filter (af_id, af_pattern, af_user, af_user_text, af_timestamp, af_enabled,
			af_public_comments, af_actions) VALUES (1, 'action == "edit" & page_title rlike "Incidents"',
			1, 'Admin', '20200101000000', $1, 'No reports here', 'disallow');
		REPLACE INTO abuse_filter_action VALUES (1, 'disallow', '');
	SQL
	maintain meta sql.php "$scratch/filter.sql"
}
guard() { printf '%s' "$3" | maintain "$1" edit.php -u Admin "MediaWiki:$2"; }
stands() { wiki_get meta "$page" -o /dev/null -w '%{http_code}'; }
filter 1
run report 1 publish --draft "$draft"
exits 1 'what an abuse filter forbids is told'
says 'an abuse filter of the wiki stopped it'
filter 0
guard meta Titleblacklist 'Tech:Incidents.*'
run report 1 publish --draft "$draft"
exits 1 'and what the title blacklist does'
says "the wiki's title blacklist forbids this page"
guard meta Titleblacklist '#'
result "$([ "$(stands)" = 404 ]; echo $?)" 'nothing stands there'
touch "$scratch/meta.d/adds"
run report 1 publish --draft "$draft"
rm "$scratch/meta.d/adds"
exits 1 'a wiki that keeps another text'
says 'the wiki keeps another text than was approved: look at revision'
result "$(! grep -qE 'Published|stands there' "$scratch/out" "$scratch/err"; echo $?)" 'is not said to have it'
result "$(raw meta "$page" | grep -q '^\[\[Category:Reports'; echo $?)" 'and has really another one'
run notice show 1 --json
result "$(jq -e '[.told[].to] | contains(["report"]) | not' "$scratch/out" >/dev/null; echo $?)" \
	'nor does the ladder think that people can read it'
run report 1 publish --draft "$draft"
exits 1 'it is not written over'
says 'nothing of this incident counts as published there'
says 'have the page deleted'
result "$(! grep -q 'put back what was published' "$scratch/err"; echo $?)" 'nor taken for one that was published'
echo "$page" >"$scratch/names"
maintain meta deleteBatch.php "$scratch/names"
result "$([ "$(stands)" = 404 ]; echo $?)" 'somebody deletes it'

sed -i 's/^publish: {wiki: meta,/& show: [box],/' "$scratch/register/firebreak.yaml"
run report 1 publish --draft "$draft"
exits 1 'a register that would let the text name a host is not the one that it was approved by'
says 'approved'
result "$([ "$(stands)" = 404 ]; echo $?)" 'and nothing is published'
cp "$scratch/new.yaml" "$scratch/register/firebreak.yaml"
run report 1 publish --draft "$draft"
exits 0 'the approved text is published'
run report 1 --draft "$draft" --format wikitext --public
raw meta "$page" >"$scratch/raw"
result "$(cmp -s "$scratch/raw" "$scratch/out"; echo $?)" 'and stands there, byte by byte'
wiki_get meta "$page" >"$scratch/html"
php -r 'echo html_entity_decode( strip_tags( file_get_contents( $argv[1] ) ) );' "$scratch/html" >"$scratch/words"
result "$(grep -qF "none ($hostile" <(sed 's/on \[host\]/on box/' "$scratch/words"); echo $?)" \
	'people see the hostile words as words'
result "$(! grep -qE '<script>alert|href="/index.php/Main_Page" title="Main Page">Main Page|tools.ietf.org' \
	<(sed -n '/mw-parser-output/,/printfooter/p' "$scratch/html"); echo $?)" 'and they do nothing'
result "$(! grep -qE 'on box|alice' "$scratch/raw"; echo $?)" 'no host and no name stands there'
run report 1 publish --draft "$draft"
exits 0 'once more'
says 'It stands there already'
revisions() { wiki_get "$1" "$2" -d action=history | grep -c 'mw-changeslist-date'; }
result "$([ "$(revisions meta "$page")" = 1 ]; echo $?)" 'it was written once'

# The notice that each page shows.
run notice site 1 --all-wikis --as bob
exits 1 'a site notice without words'
says "notice word 1 --nature"
run notice word 1 --nature "Passwords <b>may</b> have leaked; {{see}} box"
guard other Spam-blacklist '127\.0\.0\.1'
run notice site 1 --wiki other --as bob
exits 1 'what the spam blacklist forbids is told'
says 'an address in the text is on the wiki'
guard other Spam-blacklist '#'
printf 'Old words' >"$scratch/old"
maintain meta edit.php -u Admin MediaWiki:Sitenotice <"$scratch/old"
run notice site 1 --all-wikis --as bob
exits 0 'on all wikis'
shows() { wiki_get "$1" Main_Page | sed -n '/id="siteNotice"/,/<h1/p'; }
for wiki in meta other; do
	shows $wiki >"$scratch/notice"
	result "$(grep -q 'Passwords .*b.*may.*/b.* have leaked' "$scratch/notice"; echo $?)" \
		"$wiki shows it on its main page"
	result "$(grep -q "href=\"http://127.0.0.1:${wiki_port[meta]}/index.php/Tech:Incidents" \
		"$scratch/notice"; echo $?)" 'with a link to the report'
	result "$(! grep -qE '<b>may|box|Old words' "$scratch/notice"; echo $?)" \
		'and without markup, hosts or old words'
done
run notice show 1 --json
result "$(jq -e '[.told[].to] | contains(["report", "site-notice-global"])' "$scratch/out" >/dev/null; echo $?)" \
	'the ladder knows that report and notice are there'
printf 'Somebody elses words' | maintain other edit.php -u Admin MediaWiki:Sitenotice
run notice withdraw 1 --as bob
exits 1 'what somebody changed is not taken back'
says "somebody changed the site notice of 'other'"
result "$(raw other MediaWiki:Sitenotice | grep -q 'Somebody elses'; echo $?)" 'and stays'
result "$([ "$(raw meta MediaWiki:Sitenotice)" = 'Old words' ]; echo $?)" 'the other one is as before'
result "$(! shows meta | grep -q 'have leaked'; echo $?)" 'and gone from the page'
twice=$(revisions meta MediaWiki:Sitenotice)
run notice withdraw 1 --wiki meta --as bob
exits 0 'once more is no mistake'
says "$(printf '%-16s it is withdrawn already' meta)"
result "$([ "$(revisions meta MediaWiki:Sitenotice)" = "$twice" ]; echo $?)" 'and writes nothing'
run notice withdraw 1 --as bob
exits 1 'nor does that hide what still stands'
says "$(printf '%-16s it is withdrawn already' meta)"
says "somebody changed the site notice of 'other'"

# What stands in the way, in words. Each is a real answer of the wiki.
refused() {           # SWITCH EXIT WORDS
	touch "$scratch/other.d/$1"
	run notice site 1 --wiki other --as bob
	rm -f "$scratch/other.d/$1"
	exits "$2" "$1 is told"
	says "$3"
}
# On a busy machine the wiki's database may be locked, and its scripts do not say so: again, until it is so.
asked() {             # QUERY JQ: what the wiki's API says of it
	curl -s "http://127.0.0.1:${wiki_port[other]}/api.php?action=query&format=json&$1" | jq -e "$2" >/dev/null
}
protection='prop=info&inprop=protection&titles=MediaWiki:Sitenotice'
is_protected() { asked "$protection" '[.query.pages[].protection[]] | length > 0'; }
is_open() { asked "$protection" '[.query.pages[].protection[]] | length == 0'; }
is_blocked() { asked 'list=blocks&bkusers=Admin' '.query.blocks | length > 0'; }
is_free() { asked 'list=blocks&bkusers=Admin' '.query.blocks | length == 0'; }
is_empty() { asked 'prop=info&titles=MediaWiki:Sitenotice' '[.query.pages[].length] == [0]'; }
until_so() {          # CHECK SCRIPT [OPTION...]
	local i
	for ((i = 0; i < 20; i++)); do
		maintain other "${@:2}" </dev/null
		"$1" && return
	done
	result 1 "$1"
}
empty() { until_so is_empty edit.php -u Admin MediaWiki:Sitenotice; }
empty
refused readonly 4 'the wiki is read-only for now'
refused captcha 1 'asks for a CAPTCHA'
refused limit 4 'takes no more edits from this user'
echo Admin >"$scratch/names"
until_so is_protected protect.php -u Admin MediaWiki:Sitenotice
run notice site 1 --wiki other --as bob
exits 1 'protection is told'
says 'the page is protected'
until_so is_open protect.php --unprotect -u Admin MediaWiki:Sitenotice
until_so is_blocked blockUsers.php --performer Admin "$scratch/names"
run notice site 1 --wiki other --as bob
exits 1 'a block is told'
says 'the user is blocked on the wiki'
until_so is_free blockUsers.php --performer Admin --unblock "$scratch/names"
refused race 6 'somebody changed the page while it was being written'
empty
bot_is() {            # VALUE: what the private git has as the bot password
	git -C "$scratch/work" fetch -q "$scratch/private.git" main
	git -C "$scratch/work" reset -q --hard FETCH_HEAD
	sed -i "s/^wiki::bot: .*/wiki::bot: '$1'/" "$scratch/work/common.yaml"
	git_push Another "$scratch/work" >/dev/null      # it may be the one that is there
}
bot_is "$(random_word)"
run notice site 1 --wiki other --as bob
exits 1 'a wrong bot password is told'
says "does not let 'Admin@reports' in"
result "$(! grep -rqF "$bot" "$scratch/state" "$scratch/err" "$scratch/out"; echo $?)" \
	'and the right one stands nowhere'
bot_is "$bot"

# Killed between the edit and its outcome: the next run asks the wiki, and does nothing twice.
touch "$scratch/other.d/slow"
"$firebreak_program" notice site 1 --wiki other --as bob >"$scratch/out" 2>&1 </dev/null &
killed=$!
for _ in $(seq 400); do [ ! -e "$scratch/other.d/saved" ] || break; sleep 0.05; done
kill -9 $killed
wait $killed 2>/dev/null
rm "$scratch/other.d/slow"
for _ in $(seq 400); do raw other MediaWiki:Sitenotice | grep -q 'have leaked' && break; sleep 0.05; done
run journal export 1
result "$([ "$(grep -c '"publishing"' "$scratch/out")" -gt "$(grep -c '"published"' "$scratch/out")" ]; echo $?)" \
	'an intent has no outcome'
before=$(revisions other MediaWiki:Sitenotice)
run notice site 1 --wiki other --as bob
exits 0 'the next run finds it done'
says 'it was so already'
result "$([ "$(revisions other MediaWiki:Sitenotice)" = "$before" ]; echo $?)" 'and writes nothing'
run notice withdraw 1 --wiki other --as bob
exits 0 'and it can be taken back'
run notice withdraw 1 --as bob
exits 0 'when no wiki has it any more'
says "$(printf '%-16s it is withdrawn already' other)"
result "$([ -z "$(raw other MediaWiki:Sitenotice)" ]; echo $?)" 'where nothing stood, nothing stands'

# People who read no wiki.
mkdir "$scratch/social"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext 'subjectAltName=DNS:localhost' \
	-keyout "$scratch/social/key.pem" -out "$scratch/social/cert.pem" >/dev/null 2>&1
token=$(random_word)
slack=$(random_word)
setsid /usr/bin/python3 "$source_root/tests/live/social.py" "$scratch/social" "$scratch/social/cert.pem" \
	"$scratch/social/key.pem" "$token" 2>"$scratch/social/err" </dev/null &
wiki_pids="$wiki_pids $!"
for _ in $(seq 400); do [ ! -s "$scratch/social/port" ] || break; sleep 0.05; done
port=$(cat "$scratch/social/port")
bot_is "$bot"
printf "social: '%s'\nroom: 'https://localhost:%s/api/webhooks/1/%s'\nslack: 'https://localhost:%s/services/T/B/%s'\n" \
	"$token" "$port" "$(random_word)" "$port" "$slack" >>"$scratch/work/common.yaml"
git_push 'Social' "$scratch/work"
cat >"$scratch/register/social.yaml" <<-REGISTER
	secrets:
	  wiki/social: {kind: api-token, places: [{repository: private, file: common.yaml, key: social}]}
	  wiki/room: {kind: api-token, places: [{repository: private, file: common.yaml, key: room}]}
	  wiki/slack: {kind: api-token, places: [{repository: private, file: common.yaml, key: slack}]}
	channels:
	  farm:
	    {kind: mastodon, to: everybody, server: 'https://localhost:$port', secret: wiki/social,
	     ca: $scratch/social/cert.pem}
	  room: {kind: discord, to: the room, secret: wiki/room, ca: $scratch/social/cert.pem, public: true}
	  slack: {kind: slack, to: the users, secret: wiki/slack, ca: $scratch/social/cert.pem, public: true}
	  matrix:
	    {kind: matrix, to: '!users:example.org', server: 'https://localhost:$port', secret: wiki/social,
	     ca: $scratch/social/cert.pem, public: true}
	  inner: {kind: discord, to: the room, secret: wiki/room, ca: $scratch/social/cert.pem}
REGISTER
run register check
exits 0 'the register knows where people outside read'
taken() { jq -s "$1" "$scratch/social/taken"; }
echo 422 >"$scratch/social/answer"
run notice external 1 --channel farm --as bob
exits 1 'what the server refuses is told'
says 'does not take this text (HTTP 422: not now)'
rm "$scratch/social/answer"
touch "$scratch/social/mute"
run notice external 1 --channel farm --as bob
exits 4 'no answer is not known'
rm "$scratch/social/mute"
run notice external 1 --channel farm --channel room --as bob
exits 0 'once more, with the same key'
says 'https://social.example.org/@farm/1000'
result "$([ "$(taken '[.[] | select(.status)] | length')" = 1 ]; echo $?)" 'and it is there once'
result "$(taken '.[0].status' | grep -q 'Test Farm: Passwords <b>may</b> have leaked; {{see}} \[host\] http.*Incidents'
	echo $?)" 'with words, link and no host'
result "$([ "$(taken '[.[] | select(.room)] | length')" = 1 ]; echo $?)" 'the room has it, too'
run notice external 1 --channel farm --channel room --as bob
exits 0 'and once more'
says 'has it already'
result "$([ "$(taken length)" = 2 ]; echo $?)" 'is said no second time'

# Rooms with the shape of Slack's hooks and of Matrix.
echo 503 >"$scratch/social/answer"
run notice external 1 --channel slack --channel matrix --as bob
exits 1 'rooms that take nothing for now'
says 'did not take it: its answer is 503'
rm "$scratch/social/answer"
touch "$scratch/social/mute"
run notice external 1 --channel slack --channel matrix --as bob
exits 4 'rooms that take it and do not answer'
run notice external 1 --channel slack --as bob
exits 1 'the one that knows no keys is not told again'
says 'add --again'
rm "$scratch/social/mute"
run notice external 1 --channel matrix --as bob
exits 0 'the other one is, with the same key'
says "$(printf '%-16s has it' matrix)"
result "$([ "$(taken '[.[] | select(.matrix)] | length')" = 1 ]; echo $?)" 'and it is there once'
run notice external 1 --channel slack --again --as bob
exits 0 'when somebody has looked, Slack is told'
result "$([ "$(taken '[.[] | select(.slack)] | length')" = 2 ]; echo $?)" 'once more, as was asked for'
result "$(taken 'map(select(.slack))[-1].slack' | grep -q \
	'^"Test Farm: Passwords &lt;b&gt;may&lt;/b&gt; have leaked; {{see}} \[host\] http.*Incidents'; echo $?)" \
	'in its own spelling'
result "$(taken 'map(select(.matrix))[0] | .matrix, .room' | tr -d '\n' | grep -q \
	'^"Test Farm: Passwords <b>may</b> have leaked; {{see}} \[host\] http.*Incidents.*""!users:example.org"$'
	echo $?)" 'and in the one of Matrix, in its room'
run notice external 1 --channel slack --channel matrix --as bob
exits 0 'and once more'
result "$([ "$(taken '[.[] | select(.slack or .matrix)] | length')" = 3 ]; echo $?)" 'is said no further time'
result "$(! grep -rqF -e "$slack" -e "$token" "$scratch/state" "$scratch/err" "$scratch/out"; echo $?)" \
	'address and token stand nowhere'
run notice external 1 --channel inner --as bob
exits 1 'a room of the team is no place for it'
run notice word 1 --nature "@everyone $(printf 'long %.0s' $(seq 200))"
run notice external 1 --channel farm --as bob
exits 0 'long words are cut'
result "$(taken 'map(select(.status))[1].status | length <= 500 and (contains("@") | not) and
	test("\\.\\.\\. http")' | grep -q true; echo $?)" 'and call nobody'
result "$(! grep -rqF "$token" "$scratch/state" "$scratch/err" "$scratch/out"; echo $?)" 'the token stands nowhere'

printf 'vandal' | maintain meta edit.php -u Admin "$page"
run report 1 publish --draft "$draft"
exits 1 'a report that somebody edited is not written over'
says 'put back what was published'
finish
