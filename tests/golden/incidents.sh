#!/usr/bin/env bash
# The incident library comes out as its files say: every target held, missed or undecided as expected.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin incidents_come_out_as_their_files_expect
# All of them in the variant that ships; one of each kind of cause where every instruction costs more.
files=(scenarios/incidents)
[[ ${BUILD:-release} == *release ]] ||
    files=(scenarios/incidents/{azure-scus-2018-09-04,crowdstrike-2024-07-19,facebook-2021-10-04,cosmoshub-2019-09-24,cloudflare-2022-06-21}.cfg)
said=$("$NINES" verify "${files[@]}" --quiet 2>&1)
status=$?
report incidents_come_out_as_their_files_expect "$( ((status == 0)) || { grep -B8 'expects:' <<<"$said"; tail -n 2 <<<"$said"; })"
missing=""
for file in scenarios/incidents/*.cfg; do
    head -n 1 "$file" | grep -q '^# .*?$' || missing+=" $file"
done
report every_incident_opens_with_its_question "$missing"
shared=${NINES_SHARED:-../shared}/data/outages/outages.csv
if [[ -r $shared ]]; then
    missing=""
    while IFS=, read -r id _; do
        [[ $id == id || -z $id || -e scenarios/incidents/$id.cfg ]] || missing+=" $id"
    done <"$shared"
    report every_outage_of_the_table_has_a_file "$missing"
else
    skip every_outage_of_the_table_has_a_file "no $shared"
fi
harness_end
