#!/usr/bin/env bash
# The clock of the law, severity, ladder and notices, as a person sees and records them. Usage: notice.sh FIREBREAK
# SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
make_farm
sed -i 's|^    consumers: .*|&\n    opens: [data:users]|' "$scratch/register/firebreak.yaml"
cp "$scratch/register/firebreak.yaml" "$scratch/plain.yaml"

data() {              # WHAT STANDS IN THE DATA SET
	{ cat "$scratch/plain.yaml"; printf 'data:\n  users: {title: Accounts%s}\n' "$1"; } \
		>"$scratch/register/firebreak.yaml"
}

clock() {             # JQ_EXPRESSION TEXT: of the first authority
	"$firebreak_program" status "${n:-1}" --json >"$scratch/out" 2>"$scratch/err"
	result "$(jq -e ".clock[0] | $1" "$scratch/out" >/dev/null; echo $?)" "$2"
}

asks() { run "$@" --json; }

answers() {           # JQ_EXPRESSION TEXT: of what was printed last
	result "$(jq -e "$1" "$scratch/out" >/dev/null; echo $?)" "$2"
}

# The clock, loud at each threshold.
data ', categories: [mail addresses, password hashes], class: simple, people: 5000, records: 9000, address: true'
run register check
exits 0 'the register knows what is held of people'
run register show data:users
says 'simple'
n=0
for row in '36h:1:! :36' '54h:2:!! :18' '65h:3:!!! :7' '10h:0::62' '73h:4:!!! OVER:1'; do
	IFS=: read -r ago loud call left <<<"$row"
	run declare thing/password --because 'pasted into a channel' --aware "-$ago"
	n=$((n + 1))
	clock ".loud == $loud" "aware $ago ago is loud $loud"
	run status "$n"
	says "$call"
	run status
	exits 0 'the list has the clock'
	says "$call"
done
n=1
run status 1
says '! 35 h left of 72 to tell supervisory-authority; 50 % gone'
clock '.state == "runs" and .hours == 72 and .percent == 50' 'the same in JSON'
run status 5
says '!!! OVER: supervisory-authority had to be told '
says ' min ago, within 72 h; 101 % gone'
asks status
answers '[.[].clock[0].loud] == [1,2,3,0,4]' 'the list in JSON has each clock'

# Hours are data.
mkdir "$scratch/register/rules"
printf 'notification: 1\nregimes:\n  - {regime: gdpr-33, title: "GDPR, as proposed", hours: 96}\n' \
	>"$scratch/register/rules/notification.yaml"
clock '.hours == 96 and .loud == 0 and .state == "runs"' 'ninety-six hours, by a file of the team'
run register check
exits 0 'rules are no part of the register'
printf 'notification: 1\nregimes:\n  - {regime: gdpr-33, title: "GDPR", huors: 96}\n' \
	>"$scratch/register/rules/notification.yaml"
run status 1
exits 5 'a file that is wrong is no calm clock'
says 'The clock of the law cannot be computed'
says "rules/notification.yaml:3:38: unknown key 'huors' in the regime (did you mean 'hours'?)"
run status
exits 5 'nor in the list'
says '? no clock'
run register check
exits 1 'and a check finds it'
says "did you mean 'hours'?"
printf 'notification: 1\nauthorities:\n  - {authority: ico, title: "The ICO", regime: gdpr-33}\n%s\n' \
	'  - {authority: cnil, title: "La CNIL", country: FR, regime: gdpr-33}' \
	>"$scratch/register/rules/notification.yaml"
run status 1
says 'to tell ico'
says 'to tell cnil'
run notice draft 1 authority
exits 2 'which of two'
says 'name one with --to'
run notice draft 1 authority --to cinl
exits 2 'a name that is nearly right'
says "did you mean 'cnil'?"
run notice draft 1 authority --to mail
exits 2 'a rung is no authority'
rm -r "$scratch/register/rules"

# Severity: each input, a person's, with a reason.
asks severity 1
answers '.quarters_from == 1 and .quarters == 12 and .band == "high" and (.settled | not)' \
	'what nobody has said counts at its worst'
run severity 1
says 'class of the data: simple, the heaviest of what is in reach (the register)'
says "ease of identification: not said, counts as 'maximum'"
run severity 1 --identification limited
exits 2 'no reason'
says '--because'
run severity 1 --identification limted --because x
exits 2 'a word that is none'
says "did you mean 'limited'?"
run severity 1 --context +3 --because x
exits 2 'a context counts from a class'
run severity 1 --class sensitive --context +1 --because x
exits 2 'a context that ENISA does not name'
run severity 1 --because x
exits 2 'a reason for nothing'
run severity 1 --people -1 --because x
exits 2 'fewer than nobody'
asks severity 1 --class behavioural --identification significant --confidentiality known --integrity none \
	--availability none --malice no --because 'from the access log'
exits 0 'said'
answers '.quarters == 7 and .band == "low" and .near_another_band and .settled' \
	'a quarter under medium is said to be near'
asks severity 1 --confidentiality unknown --because 'the channel is public'
answers '.quarters == 8 and .band == "medium"' '2.00 is medium: the edge counts'
run severity 1
says '2.00, medium'
says 'loss of confidentiality: unknown, an unknown number of recipients has it'
says 'the channel is public'

# The ladder.
asks notice show 1
answers '[.ladder[] | select(.do == "yes") | .rung] == ["report","site-notice-global","mail"]' \
	'many people on all wikis, and their addresses are known'
answers '[.ladder[] | select(.do == "decide") | .rung] == ["external"]' 'external channels are considered'
answers '.ladder[] | select(.rung == "mail") | .sentence | test("go ahead and send them an email")' \
	'each has its sentence'
run notice decide 1 external yes
exits 2 'a decision without a reason'
run notice decide 1 extrenal yes --because x
exits 2 'about something that is not there'
says "did you mean 'external'?"
run notice decide 1 external perhaps --because x
exits 2 'neither yes nor no'
run notice decide 1 external yes --because 'the account has many readers'
exits 0 'decided'
run notice decide 1 mail no --because 'no more than the public user page'
asks notice show 1
answers '.ladder[] | select(.rung == "mail") | .do == "no" and .by_rule == "yes" and (.because | test("user page"))' \
	'a person overrides a rule, and both are shown'
data ', people: 5000, wiki: metawiki'
run declare thing/password --because 'one wiki only'
asks notice show 6
answers '[.ladder[] | select(.do == "yes") | .rung] == ["report","site-notice"]' 'restricted to one wiki, no address'
answers '.objection | test("34\\(3\\)\\(c\\)")' 'a high risk without mail needs the reason'
run notice decide 6 mail no --because 'no addresses are stored'
asks notice show 6
answers '.objection == null' 'given, it is settled'
cp "$scratch/plain.yaml" "$scratch/register/firebreak.yaml"
sed -i '/opens:/d' "$scratch/register/firebreak.yaml"
run declare thing/password --because 'no people'
asks notice show 7
answers '[.ladder[] | select(.do == "yes") | .rung] == ["report"] and .clock[0].state == "none"' \
	'without data of people the report is enough'
run notice decide 7 authority yes --because 'the register has forgotten a table'
n=7 clock '.state == "runs"' 'a person knows better than the register'
run notice decide 7 authority no --because 'it was empty'
n=7 clock '.state == "none" and .why == "it was empty"' 'the newest word counts'
data ''
run declare thing/password --because 'a routine' --planned
n=8 clock '.state == "none"' 'a drill has no clock'
run declare thing/password --because 'nobody knows how many'
asks notice show 9
answers '[.ladder[] | select(.do == "yes") | .rung] == ["report","site-notice-global"]' \
	'an unknown number counts as many'
answers '.scope.people_known | not' 'and is not called none'

# Aware since when.
run notice aware 1 --at -80h --because 'the log shows that it was clear then'
exits 0 'a correction'
says '!!! OVER'
run notice aware 1 --at -80h
exits 2 'no reason'
run notice aware 1 --at 2999-01-01T00:00Z --because x
exits 2 'aware of what is to come'
run notice aware 1 --at -20h --because 'before that it was a guess: an old value, we thought'
exits 0 'and another'
run timeline 1
says 'corrected since when somebody was aware'

# The notices.
data ', categories: [mail addresses, password hashes], class: simple, people: 5000, records: 9000, address: true'
run notice draft 1 people
exits 3 'an incomplete one is refused'
says 'nature, contact, consequences, measures, advice are missing'
says "firebreak notice word 1 --nature '...'"
result "$([ ! -s "$scratch/out" ]; echo $?)" 'nothing of it is given out'
asks notice draft 1 people
exits 3 'in JSON too'
answers '.refused and ([.items[] | select(.state == "missing")] | length == 5)' 'which names what is missing'
sed -i 's/approver: lead/&, contact: "Pat Privacy, privacy@example.org, +49 30 1234"/' \
	"$scratch/register/firebreak.yaml"
run notice draft 1 authority
exits 3 'so is the authority'\''s'
says 'subjects, consequences, measures are missing'
says 'add --phased'
run notice draft 1 authority --phased
exits 0 'in parts it may be given out'
says 'This is: the first part; the rest follows (Art. 33(4))'
says 'Not known yet: it follows.'
says 'This notice has gaps'
run notice word 1
exits 2 'no words'
run notice word 1 --nature $'two\nlines'
exits 2 'one paragraph'
run notice word 1 --nature 'A password of ours stood in a public channel.' --subjects 'readers and editors' \
	--consequences 'Somebody may try your password elsewhere.' --measures 'We replaced it within the hour.' \
	--advice 'Change your password wherever you use the same.'
exits 0 'words of a person'
run notice draft 1 authority
exits 0 'whole'
for words in 'Notice of a personal data breach, GDPR, Article 33(1)' 'To: the supervisory authority' 'From: Test Farm' \
	'Nature of the breach (Art. 33(3)(a))' 'A password of ours stood in a public channel.' \
	'Categories of people concerned (Art. 33(3)(a))' 'readers and editors' \
	'Approximate number of people concerned (Art. 33(3)(a))' '  5000' \
	'Categories of records concerned (Art. 33(3)(a))' 'mail addresses, password hashes' \
	'Approximate number of records concerned (Art. 33(3)(a))' '  9000' \
	'Contact point (Art. 33(3)(b))' 'privacy@example.org' 'Likely consequences (Art. 33(3)(c))' \
	'Measures taken or proposed (Art. 33(3)(d))' 'We replaced it within the hour.'; do
	says "$words"
done
run severity 1 --people 4711 --because 'counted in the user table'
run notice draft 1 authority
says '  4711'
asks notice draft 1 authority
answers '.whole and (.refused | not) and .to == "supervisory-authority" and
	([.items[] | select(.item == "people")][0] | .text == "4711" and (.source | test("@")))' 'and in JSON'
run notice draft 1 people
exits 0 'the people'\''s'
for words in 'What happened' 'Where to ask' 'What it may mean for you' 'What we have done' 'What you can do'; do
	says "$words"
done
result "$(! grep -qE '4711|Art\.|thing/password' "$scratch/out"; echo $?)" \
	'in plain words: no numbers, articles or names of ours'
run notice draft 1 people --phased
exits 2 'people are told once'

# Sent, by a person.
run notice sent 1 --to supervisory-authority --at -1h
exits 2 'no reference'
run notice sent 1 --to supervisory-authority --at 2999-01-01T00:00Z --reference X
exits 2 'a time to come'
run notice sent 1 --to supervisory-authority --at -200h --reference X
exits 2 'before it was known'
run notice sent 1 --to supervisory-authorty --at -1h --reference X
exits 2 'nobody'
says "did you mean 'supervisory-authority'?"
run notice sent 1 --to supervisory-authority --at -1h --reference 'DE-2026-17' --phased
exits 0 'the first part'
says 'supervisory-authority was told in time'
says 'the rest is still to follow'
clock '.state == "told" and .phased and .loud == 0' 'the clock stands'
run notice draft 1 authority
says 'Your reference: DE-2026-17'
says 'This is: the last part'
run notice sent 1 --to supervisory-authority --at now --reference 'DE-2026-17/2'
clock '.state == "told" and (.phased | not)' 'whole'
run notice sent 1 --to supervisory-authority --mistaken
exits 2 'a mistake has a reason'
run notice sent 1 --to supervisory-authority --mistaken --because 'that was another incident'
clock '.state == "runs"' 'and the clock goes on'
run notice sent 1 --to supervisory-authority --mistaken --because x
exits 1 'nothing is left to take back'
run notice sent 5 --to supervisory-authority --at now --reference 'X-5'
exits 1 'a late one without the reason is refused'
says "add --late 'why'"
run notice draft 5 authority --phased
exits 3 'a late draft too'
says "late is missing"
run notice sent 5 --to supervisory-authority --at now --reference 'X-5' --late 'the only responder was ill'
exits 0 'with it'
says 'late, with a reason'
run notice sent 1 --to mail --at now --reference 'mailing 7'
exits 0 'people were told'
asks notice show 1
answers '.told | length == 1 and .[0].to == "mail" and .[0].reference == "mailing 7"' 'and the journal knows'

# A declaration shows the clock; a closed incident stays in sight until its authority is told.
data ', people: 5, wiki: metawiki'
run declare thing/password --because 'to be closed'
says '71 h left of 72'
n=10
run respond $n
exits 3 'all is proven but what a person does'
for step in tell-team tell-users report; do run answer $n $step --because 'done'; done
run close $n
exits 0 'closed'
says 'Not done yet, and `firebreak status` goes on to show it'
run status
result "$(grep -q "^$n " "$scratch/out"; echo $?)" 'the list still has it'
run notice sent $n --to supervisory-authority --at now --reference 'part 1' --phased
run status
result "$(grep -q "^$n " "$scratch/out"; echo $?)" 'a first part is not all'
run notice sent $n --to supervisory-authority --at now --reference 'part 2'
run status
result "$(! grep -q "^$n " "$scratch/out"; echo $?)" 'told as a whole, it is gone'
asks notice show $n
answers '.scope.by_wiki == [{"wiki":"metawiki","people":5,"people_known":true,"records":0,"records_known":false}]' \
	'people and records of each wiki'
run notice show $n
says '  metawiki: about 5 people, nobody knows how many records'

run notice decide 9 authority no --because 'we hope for the best'
says '! the severity counts as'
asks notice show 9
answers '.clock[0].against_severity' 'a decision against the score is said'

# The report shows it; hostile words make nothing.
run report 5
says '## Law and notices'
says 'the only responder was ill'
run report 1
says 'the account has many readers'
run report 9
says '**Open**'
run report 1 --json
answers '.law.severity.quarters == 8 and (.law.clock | length == 1)' 'in JSON as well'
hostile='# x | <script>alert(1)</script> [a](http://evil.example) ‮ end'
data ', categories: ["<b>|x"], people: 5, records: 6'
sed -i 's/approver: lead/&, contact: "C"/' "$scratch/register/firebreak.yaml"
run declare thing/password --because "$hostile"$'\n\nTo: somebody else\nLikely consequences (Art. 33(3)(c))\n  none'
n=11
run notice word $n --subjects "$hostile" --consequences "$hostile" --measures "$hostile"
run notice decide $n external no --because "$hostile"
run notice draft $n authority
exits 0 'a hostile incident has its notice'
result "$([ "$(grep -c '^To: ' "$scratch/out")" = 1 ] &&
	[ "$(grep -c '^Likely consequences' "$scratch/out")" = 1 ]; echo $?)" 'and no second line of ours'
result "$(! grep -q $'\u202e' "$scratch/out"; echo $?)" 'what turns text round is made visible'
run status $n
run report $n
result "$(! grep -qE '<script|[^\\]\]\(http' "$scratch/out"; echo $?)" 'nor does the report'
# More than a row may hold: what is in reach stays, what it holds is not known.
awk '/^    opens:/ { print "    system: thing"; next } { print }' "$scratch/plain.yaml" \
	>"$scratch/register/firebreak.yaml"
awk 'BEGIN { print "data:"; for (i = 0; i < 15000; i++) printf "  d%d: {title: \"%0200d\", people: 5, system: thing}\n",
	i, i }' >>"$scratch/register/firebreak.yaml"
run declare thing --because 'a farm of many wikis' --json
exits 0 'declared'
asks notice show 12
answers '.scope.data_sets == 15000 and (.scope.people_known | not)' 'every one counts, and as not known'
run notice show 12
says 'of 15000 of them the journal does not say what they hold'

run journal verify
exits 0 'the journal holds'
run notice shwo 1
exits 2 'a word that is none'
says "did you mean 'show'?"
run notice
exits 2 'no word'
run notice show 99
exits 2 'no such incident'
finish
