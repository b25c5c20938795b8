#!/bin/sh
# `firebreak init` on the example farm: what it drafts is held against the register that was written by hand.
# Usage: draft.sh FIREBREAK COMPARE_REGISTERS SOURCE_ROOT; TAP
set -eu
scratch=$(mktemp -d "${TMPDIR:-/tmp}/firebreak-draft.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export FIREBREAK_STATE="$scratch/state" HOME="$scratch" LC_ALL=C.UTF-8
farm=$scratch/farm
"$3/examples/farm/make-repositories" "$farm"
code=0
"$1" init --private "$farm/private" --ssl-keys "$farm/ssl-keys" --puppet "$farm/puppet" --puppet "$farm/wiki-settings" \
	--ssl "$farm/ssl" --dns "$farm/dns" --out "$scratch/draft" >"$scratch/out" 2>&1 || code=$?
[ "$code" = 3 ] || { sed 's/^/# /' "$scratch/out"; echo "Bail out! firebreak init ended with $code"; exit 1; }
sed -n '1,2s/^/# /p' "$scratch/out"
"$2" "$scratch/draft" "$3/examples/farm/register"
