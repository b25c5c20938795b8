#!/bin/sh
# What the documents point at is there: links, and paths of this tree in backticks. Usage: docs.sh SOURCE_ROOT
set -u
cd "$1" || exit 1
n=0
failed=0
for doc in README.md docs/*.md docs/formats/*.md examples/farm/README.md; do
	n=$((n + 1))
	folder=$(dirname "$doc")
	missing=$(
		grep -oE '\]\([^)#:]+' "$doc" | cut -c3- | while read -r link; do
			[ -e "$folder/$link" ] || echo "# $doc: $link"
		done
		# A star or an upper-case word stands for many; a folder called build is not ours.
		grep -oE '`(src|docs|tests|tools|playbooks|examples|man|demo)/[a-zA-Z0-9_./*-]*' "$doc" | cut -c2- |
			sed 's/[.]$//' | sort -u | while read -r path; do
			case $path in *NAME*) continue ;; esac
			ls -d $path >/dev/null 2>&1 || echo "# $doc: $path"
		done
	)
	if [ -z "$missing" ]; then
		echo "ok $n - $doc"
	else
		echo "not ok $n - $doc"
		echo "$missing"
		failed=1
	fi
done
echo "1..$n"
exit $failed
