#!/usr/bin/env bash
# What a run wrote down with --log events is a replay: each message comes out as in the run, and so does the state at the end.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin a_run_replays_to_the_same_state
"$NINES" run tests/golden/digest.cfg --reps 2 --log events -o "$temporary/events" --quiet
"$NINES" run tests/golden/digest.cfg --reps 1 --log events --set clouds.akash.rules=2026-08 -o "$temporary/rules26" --quiet
"$NINES" run tests/golden/digest.cfg --reps 1 --log leases -o "$temporary/leases" --quiet
db=$temporary/events/run.db

for point in neither both; do
    for rep in 0 1; do
        expect "point_${point}_replication_${rep}_replays_to_the_same_state" 0 "$NINES" market replay "$db" --point $point --cloud akash --rep $rep
    done
done
for point in neither both; do
    expect "point_${point}_under_the_rules_of_2026_replays_too" 0 "$NINES" market replay "$temporary/rules26/run.db" --point $point
done
report the_digest_shown_is_the_one_written "$(last=$(tail -n 1 "$temporary/stdout")
    grep -q "\"digest\":\"${last#digest }\"" <(sqlite3 -readonly "$temporary/rules26/run.db" "SELECT text FROM message WHERE text LIKE '%digest%'") || echo "$last")"
report a_replay_fits_100_columns_whatever_is_long_in_it "$(awk 'length > 100 || / $/' "$temporary/stdout" | head -n 3)"
expect without_names_the_first_is_meant 0 "$NINES" market replay "$db"
report and_that_is_the_first_point "$(cmp "$temporary/stdout" <("$NINES" market replay "$db" --point neither --rep 0) 2>&1)"

"$NINES" market replay "$db" --point both --messages >"$temporary/messages.jsonl"
expect the_messages_are_a_file 0 "$NINES" market replay "$temporary/messages.jsonl"
report of_every_kind_that_a_run_needs "$(for kind in rules provider wallet fund create_deployment create_bid create_lease withdraw_lease deposit_deployment \
    close_lease close_bid start_group close_deployment forget_deployment digest; do grep -q "\"message\":\"$kind\"" "$temporary/messages.jsonl" || echo "$kind is missing; "; done)"
report numbers_count_from_1_without_a_gap "$(sqlite3 -readonly "$db" 'SELECT replication_id FROM message GROUP BY replication_id HAVING min(number) <> 1 OR max(number) <> count(*) OR count(DISTINCT number) <> count(*)')"
report only_the_akash_cloud_has_messages "$(sqlite3 -readonly "$db" "SELECT DISTINCT c.name FROM message m JOIN replication r ON r.id = m.replication_id JOIN cloud c ON c.id = r.cloud_id WHERE c.kind <> 'akash'")"

# What is told otherwise than it was is found.
sed 's/\(create_lease.*"result":"\)ok/\1ErrBidNotFound/' "$temporary/messages.jsonl" >"$temporary/other.jsonl"
expect another_result_gives_1 1 "$NINES" market replay "$temporary/other.jsonl"
report and_says_where "$(grep -q "stated results came out otherwise, first in line $(grep -n -m 1 create_lease "$temporary/messages.jsonl" | cut -d: -f1)$" "$temporary/stderr" || cat "$temporary/stderr")"
line=$(grep -n -m 1 'fund.*usdc' "$temporary/messages.jsonl" | cut -d: -f1)
sed "${line}d" "$temporary/messages.jsonl" >"$temporary/less.jsonl"
expect a_message_left_out_gives_1 1 "$NINES" market replay "$temporary/less.jsonl"

expect a_run_without_messages_gives_2 2 "$NINES" market replay "$temporary/leases/run.db"
report and_says_how_to_get_them "$(grep -q -- '--log events' "$temporary/stderr" || cat "$temporary/stderr")"
expect a_cloud_without_a_chain_gives_2 2 "$NINES" market replay "$db" --cloud azure-like
expect an_unknown_point_gives_2 2 "$NINES" market replay "$db" --point bothh
report and_names_the_nearest "$(grep -q "did you mean 'both'" "$temporary/stderr" || cat "$temporary/stderr")"
expect options_of_runs_are_not_for_files 2 "$NINES" market replay "$temporary/messages.jsonl" --rep 1
harness_end
