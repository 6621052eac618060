#!/usr/bin/env bash
# docs/tutorial.md followed to the letter, by somebody who has only the program.
#
#   tests/golden/tutorial.sh            every command is run, every answer compared
#   BLESS=1 tests/golden/tutorial.sh    writes the answers anew (make bless shows the difference)
#
# A block ```cfg FILE is written to FILE ("added": at its end). In a block ```console, each line after "$ " is run and what it says,
# stdout and stderr, follows. What differs from run to run is not compared: seconds, threads, rates of events.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin the_tutorial_works
harness_need gnuplot sqlite3
page=$PWD/docs/tutorial.md
PATH=$(dirname "$NINES"):$PATH
mkdir "$temporary/shop"

follow() { # the page with the answers of this program; runs in the reader's folder
    local line state=text file
    while IFS= read -r line; do
        case $state:$line in
        text:'```cfg '*)
            read -r _ file state <<<"$line"
            [[ $state == added ]] && echo >>"$file" || : >"$file"
            state=file
            ;;
        text:'```console') state=console ;;
        file:'```' | console:'```') state=text ;;
        file:*) printf '%s\n' "$line" >>"$file" ;;
        console:'$ '*)
            printf '%s\n' "$line"
            timeout 60 bash -c "${line#\$ }" 2>&1 </dev/null
            continue
            ;;
        console:*) continue ;;
        esac
        printf '%s\n' "$line"
    done <"$page"
}
steady() {
    sed -E 's/in [0-9.]+ s on [0-9]+ threads?/in TIME on THREADS/; s/(on THREADS), [0-9.e+]+ events/\1, RATE events/' "$1"
}

(cd "$temporary/shop" && follow) >"$temporary/page"
why=$(diff <(steady "$page") <(steady "$temporary/page") >"$temporary/diff" || echo "its answers differ: BLESS=1 tests/golden/tutorial.sh")
if [[ -n $why && -n ${BLESS:-} ]]; then
    cp "$temporary/page" "$page"
    why=
fi
[[ -n $why ]] && sed 's/^/# /' "$temporary/diff"
report every_answer_of_the_tutorial_is_the_programs "$why"
report the_tutorial_has_commands "$( (($(grep -c '^\$ ' "$page") >= 10)) || echo "only $(grep -c '^\$ ' "$page")")"
harness_end
