#!/usr/bin/env bash
# Runs the counterfactual studies of scenarios/studies and prints what each concludes, in one sentence with both intervals: that of chance
# (replications) and that of inputs which are weakly known. The sentence stands in the head of the study's file; whether it still is what
# the program finds is said.
#
#   tools/studies.sh PROGRAM [STUDY...]           all of them take about ten minutes on two free cores
#   WRITE=1 tools/studies.sh PROGRAM [STUDY...]   writes the sentences into the files
#   OPTIONS='--reps 2' tools/studies.sh ...       with other options of nines run: nothing is compared with the files
#
# Results are kept in $RESULTS/STUDY (results/studies); a run of the same file by the same program is not repeated. Exit 1: a sentence
# differs from its file.
set -eu
program=${1:?usage: tools/studies.sh PROGRAM [STUDY...]}
shift
studies=${*:-july-by-zone july-two-regions redeploy-delay provider-count chain-halt shared-datacentre shared-agent july-hybrid}
results=${RESULTS:-results/studies}
tools=$(dirname "$0")

ask() { sqlite3 -readonly -separator ' ' "$results/$study/run.db" "$1"; }

# difference POINT_A CLOUD_A POINT_B CLOUD_B METRIC: "mean low high parameter_low parameter_high verdict unit" of the first less the second.
difference() {
    ask "WITH d AS (SELECT pa.label pa, ca.name ca, pb.label pb, cb.name cb, d.* FROM difference d
             JOIN point pa ON pa.id = point_a JOIN cloud ca ON ca.id = cloud_a
             JOIN point pb ON pb.id = point_b JOIN cloud cb ON cb.id = cloud_b WHERE metric = '$5')
         SELECT mean, ci_low, ci_high, param_low, param_high, replace(verdict, ' ', '_'), unit FROM d
             WHERE pa = '$1' AND ca = '$2' AND pb = '$3' AND cb = '$4'
         UNION ALL
         SELECT -mean, -ci_high, -ci_low, -param_high, -param_low,
                CASE verdict WHEN 'ahead' THEN 'behind' WHEN 'behind' THEN 'ahead' ELSE 'not_decided' END, unit FROM d
             WHERE pa = '$3' AND ca = '$4' AND pb = '$1' AND cb = '$2'"
}

# The same as a phrase: "+0.033 pp [+0.030, +0.036 by chance; +0.011, +0.055 over the inputs] (ahead)".
phrase() {
    difference "$@" | awk -v metric="$5" '{
        gsub("_", " ", $6)
        share = metric ~ /^(availability|blast)/
        form = share ? "%+.3f" : $7 == "USD" ? "%+.0f" : "%+.3g"; times = share ? 100 : 1
        unit = share ? " pp" : " " $7
        printf form unit " [" form ", " form " by chance; " form ", " form " over the inputs] (" $6 ")",
            $1 * times, $2 * times, $3 * times, $4 * times, $5 * times }'
}

# vanishes UNIT METRIC: the level at which akash is no longer ahead of azure-like, in that unit.
vanishes() {
    local unit=$1
    ask "SELECT label FROM point ORDER BY position" | while IFS= read -r point; do
        echo "${point#*=} $(difference "$point" akash "$point" azure-like "$2")"
    done | awk -v unit="$unit" '{ factor = $2 == "h" && unit == "min" ? 60 : 1; $1 *= factor; $2 = ""; print }' | sort -g >"$results/$study/levels"
    {
        awk '{ print $1, $3, $2, $4 }' "$results/$study/levels" | awk -f "$tools/crossing.awk"
        awk '{ print $1, $5, $2, $6 }' "$results/$study/levels" | awk -f "$tools/crossing.awk"
    } | awk -v unit="$unit" '
        function show(x) { sign = x ~ /^[<>]/ ? substr(x, 1, 1) " " : ""; sub(/^[<>]/, "", x); return sign sprintf("%.3g", x) " " unit }
        NR == 1 { at = $1; chance = show($2) ", " show($3) " by chance" }
        NR == 2 { where = at ~ /^</ ? "at no level, there being none," : at ~ /^>/ ? "at no level" : "at " show(at)
                  print where " [" chance "; " show($2) ", " show($3) " over the inputs]" }'
}

conclude() { # the sentence of $study
    local q=availability_quorum azure=azure-like
    case $study in
    july-by-zone)
        echo "Against no wait, a wait of 2 h after the first zone changes the share of July that azure-like's services are up by" \
            "$(phrase 'bake=2 h' $azure 'bake=0 h' $azure $q), one of 30 min by $(phrase 'bake=0.5 h' $azure 'bake=0 h' $azure $q)."
        ;;
    july-two-regions)
        echo "The second replica in another region instead of another zone changes the share of July that azure-like's services are up by" \
            "$(phrase 'two regions' $azure 'one region' $azure $q); akash is up more than azure-like by" \
            "$(phrase 'one region' akash 'one region' $azure $q) in one region and by $(phrase 'two regions' akash 'two regions' $azure $q) in two."
        ;;
    redeploy-delay)
        echo "Akash's advantage over azure-like in the share of a year that services are up vanishes $(vanishes min $q) of delay" \
            "(counted by replicas, not by quorums, $(vanishes min availability_service)); akash less azure-like is" \
            "$(phrase 'detect_automatic=2 min' akash 'detect_automatic=2 min' $azure $q) at 2 min and" \
            "$(phrase 'detect_automatic=8 h' akash 'detect_automatic=8 h' $azure $q) at 8 h."
        ;;
    provider-count)
        echo "500 providers instead of 5 change the share of a year that services are up by" \
            "$(phrase 'providers_per_site=100' akash 'providers_per_site=1' akash $q), the largest share that is down at once by" \
            "$(phrase 'providers_per_site=100' akash 'providers_per_site=1' akash blast_radius_max), and the price by" \
            "$(phrase 'providers_per_site=100' akash 'providers_per_site=1' akash cost_usd_per_useful_vcpu_hour)."
        ;;
    chain-halt)
        echo "Akash's advantage over azure-like, when a data centre and the control plane are lost together, vanishes $(vanishes h $q) without" \
            "control (counted by replicas, not by quorums, $(vanishes h availability_service)); akash less azure-like is" \
            "$(phrase 'begin=0 h' akash 'begin=0 h' $azure $q) at 0 h and" \
            "$(phrase 'begin=24 h' akash 'begin=24 h' $azure $q) at 24 h."
        ;;
    shared-*)
        echo "Akash's advantage over azure-like vanishes $(vanishes % $q) of the providers" \
            "(counted by replicas, not by quorums, $(vanishes % availability_service)); akash less azure-like is" \
            "$(phrase 'share=0 %' akash 'share=0 %' $azure $q) at 0 % and $(phrase 'share=100 %' akash 'share=100 %' $azure $q) at 100 %."
        ;;
    july-hybrid)
        echo "Against azure-like alone, being on akash as well changes the share of July that services are up by" \
            "$(phrase base 'active-active' base $azure $q) where both are active, by $(phrase base 'warm standby' base $azure $q) with a" \
            "warm standby and by $(phrase base backup base $azure $q) with a backup, and the month's cost by" \
            "$(phrase base 'active-active' base $azure cost_usd), $(phrase base 'warm standby' base $azure cost_usd) and" \
            "$(phrase base backup base $azure cost_usd)."
        ;;
    *)
        echo "no study is called $study" >&2
        exit 2
        ;;
    esac
}

run_study() {
    local folder=$results/$study key
    key=$({ cat "$program"; grep -hv '^#' "scenarios/studies/$study.cfg" scenarios/studies/parts/*.cfg; echo "${OPTIONS:-}"; } | sha256sum | cut -d' ' -f1)
    [[ $(cat "$folder/key" 2>/dev/null) == "$key" ]] && return
    "$program" run "scenarios/studies/$study.cfg" -o "$folder" --force --quiet ${OPTIONS:-} >&2
    echo "$key" >"$folder/key"
}

# The head of a file has the sentence between a line "# Conclusion ..." and the next empty comment.
held_in_file() { awk '/^# Conclusion/ { on = 1; next } on && /^#$/ { exit } on { sub(/^# /, ""); print }' "scenarios/studies/$study.cfg" | tr '\n' ' ' | sed 's/ *$//'; }
write() {
    fold -s -w 130 <<<"$1" | sed 's/ *$//; s/^/# /' >"$results/$study/sentence"
    awk -v sentence="$results/$study/sentence" '
        /^# Conclusion/ { print; while ((getline line < sentence) > 0) print line; skip = 1; next }
        skip && /^#$/ { skip = 0 }
        !skip' "scenarios/studies/$study.cfg" >"$results/$study/cfg"
    cp "$results/$study/cfg" "scenarios/studies/$study.cfg"
}

status=0
for study in $studies; do
    mkdir -p "$results/$study"
    run_study
    sentence=$(conclude)
    echo "$study: $sentence"
    [[ -n ${OPTIONS:-} ]] && continue
    if [[ -n ${WRITE:-} ]]; then
        write "$sentence"
    elif [[ $(held_in_file) != "$sentence" ]]; then
        echo "$study: that is not what scenarios/studies/$study.cfg says; WRITE=1 tools/studies.sh writes it" >&2
        status=1
    fi
done
exit $status
