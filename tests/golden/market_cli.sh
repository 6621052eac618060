#!/usr/bin/env bash
# `nines market sdl` and `nines market replay`: what they say, word for word, and every kind of bad input.
#
#   tests/golden/market_cli.sh            holds every case against tests/golden/market/NAME.{stdout,stderr,exit}
#   BLESS=1 tests/golden/market_cli.sh    writes them anew (make bless shows the difference)
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin market_says_what_it_means tests/golden/market

hold() { # NAME ARGUMENT...: `nines market` in the golden folder
    local name=$1
    shift
    held "market_${name//-/_}_is_as_agreed" "$name" "$golden" "$NINES" market "$@"
}

# refused NAME FILE: `nines market KIND` of a made file exits with 2, says where, and prints nothing as done.
refused() {
    local claim=$1 kind=$2 file=$3 status why=""
    timeout 20 "$NINES" market "$kind" "$file" >"$temporary/stdout" 2>"$temporary/stderr"
    status=$?
    ((status == 2)) || why="exit $status, not 2"
    [[ ! -s $temporary/stdout ]] || why="it prints $(head -n 1 "$temporary/stdout")"
    grep -q ': error: ' "$temporary/stderr" || why="it says nothing"
    report "$claim" "$why"
}

hold help --help
hold nothing
hold what frobnicate x
hold near repaly x
hold no-file sdl
hold two-files sdl web.yaml wrong.yaml
hold missing-file sdl none.yaml
hold missing-file-with-cloud replay none.db --cloud akash
hold rules-of-a-replay replay flow.jsonl --rules 2024-07
hold unknown-rules sdl web.yaml --rules 1999

hold sdl sdl web.yaml
hold sdl-json sdl web.yaml --json
hold sdl-wrong sdl wrong.yaml
hold replay replay flow.jsonl
hold replay-json replay flow.jsonl --json
hold replay-2026 replay flow26.jsonl
hold replay-bad replay bad.jsonl

# --- The same under other circumstances ---
"$NINES" market sdl - <"$golden/web.yaml" >"$temporary/out" 2>/dev/null
report sdl_reads_standard_input "$(cmp "$temporary/out" "$golden/sdl.stdout" 2>&1)"
if command -v python3 >/dev/null; then
    for name in "sdl web.yaml" "replay flow.jsonl" "replay flow26.jsonl"; do
        # shellcheck disable=SC2086
        (cd "$golden" && "$NINES" market $name --json 2>/dev/null | python3 -m json.tool >/dev/null)
        report "json_of_${name//[ .]/_}_is_json" "$( (($? == 0)) || echo "it is not")"
    done
fi
report no_line_is_wider_than_100_columns "$(awk 'length > 100 {print FILENAME ": " length; exit}' "$golden"/{sdl,replay,replay-2026}.stdout)"
# A wallet's name of any length stands apart from what follows it.
name=a-name-that-is-wider-than-its-column
printf '%s\n' '{"message":"rules"}' "{\"message\":\"fund\",\"wallet\":\"$name\",\"amount\":\"5uakt\"}" |
    "$NINES" market replay - >"$temporary/wide" 2>&1
report long_names_do_not_run_into_the_next_column "$(grep -q "$name issue" "$temporary/wide" || grep "$name" "$temporary/wide")"
(cd "$golden" && "$NINES" market replay flow.jsonl >/dev/full 2>"$temporary/stderr")
report a_full_standard_output_gives_3 "$( (($? == 3)) || echo "another exit")"

# --- Texts that do not belong into a repository ---
cd "$temporary" || exit 3
head -c 4096 "$NINES" >binary
printf '' >empty
printf 'version: "2.0"\nservices:\n\tweb:\n' >tabs.yaml
printf 'version: "2.0"\nservices: {a\xff: 1}\n' >bytes.yaml
printf 'version: "2.0"\nx: %s\n' "$(head -c 500000 /dev/zero | tr '\0' '[')" >deep.yaml
{ echo 'a0: &a0 [x,x,x,x,x,x,x,x,x]'; for i in $(seq 1 40); do j=$((i - 1)); echo "a$i: &a$i [*a$j,*a$j,*a$j,*a$j,*a$j,*a$j,*a$j,*a$j]"; done; } >laughs.yaml
head -c 2000000 /dev/zero | tr '\0' 'x' >large.yaml
printf '{"message": "fund", "wallet": "a", "amount": %s}\n' "$(head -c 100000 /dev/zero | tr '\0' '[')" >deep.jsonl
printf '{"message": "fund", "wallet": "a", "amount": "1uakt"}\n{"message": "fund", "wallet": "a", "amount": "1uak' >cut.jsonl
printf '{"message": "fund", "message": "fund", "wallet": "a", "amount": "1uakt"}\n' >twice.jsonl
printf '{"message": "fund", "wallet": "a", "amount": "99999999999999999999999999uakt"}\n' >huge.jsonl
printf '{"message": "close_deployment", "owner": "a", "dseq": 1, "height": 1e999}\n' >infinite.jsonl
printf '{"message": "fund", "wallet": "a\\u001b[31m/b", "amount": "1uakt"}\n' >escape.jsonl
printf '\xef\xbb\xbf{"message": "fund", "wallet": "a", "amount": "1uakt"}\r\n' >crlf.jsonl
for kind in sdl replay; do
    refused "a_binary_file_is_no_$kind" $kind binary
    refused "an_empty_file_is_no_$kind" $kind empty
done
for file in tabs bytes deep laughs large; do
    refused "sdl_of_${file}_is_refused" sdl $file.yaml
done
for file in deep cut twice huge infinite escape; do
    refused "replay_of_${file}_is_refused" replay $file.jsonl
done
"$NINES" market replay escape.jsonl 2>"$temporary/stderr"
report control_characters_are_never_shown "$(grep -q $'\e' "$temporary/stderr" && echo "one is")"
"$NINES" market replay crlf.jsonl >/dev/null 2>"$temporary/stderr"
report crlf_and_a_byte_order_mark_are_fine "$( (($? == 0)) || cat "$temporary/stderr")"
harness_end
