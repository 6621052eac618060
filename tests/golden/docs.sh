#!/usr/bin/env bash
# The documents that the program writes, and what the others name, against the tree.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin documents_are_up_to_date
"$NINES" validate --markdown >"$temporary/scenario.md"
report page_of_keys_is_up_to_date "$(cmp -s "$temporary/scenario.md" docs/scenario.md || echo "run make reference")"
# The page and the reference scenario are written by different code from the same tables: every key stands in both.
report page_of_keys_has_every_key "$(sed -n 's/^[# ]*\([a-z_0-9]*\) = .*/\1/p' scenarios/reference.cfg | sort -u | while read -r key; do
    grep -qE "^(\| |### )\`([^ \`|]*\.)?$key(\[\])?\`" docs/scenario.md || echo "$key "
done)"

# Every link to a file, and every path in a code span that looks like one of the tree, is there.
for page in README.md CONTRIBUTING.md docs/*.md examples/README.md man/README.md; do
    [[ -e $page ]] || continue
    folder=$(dirname "$page")
    missing=$(
        grep -oE '\]\([^)#:]+\)' "$page" | sed 's/^](//; s/)$//' | while read -r path; do [[ -e $folder/$path ]] || echo "$path "; done
        grep -oE '`(sim|models|tests|scenarios|plots|docs|tools|examples|bench|man|results)/[A-Za-z0-9_./-]*`' "$page" | tr -d '`' | while read -r path; do
            [[ -e $path || $path == results/* ]] || echo "$path "
        done
    )
    report "everything_that_${page//[\/.]/_}_names_is_there" "$missing"
done
harness_end
