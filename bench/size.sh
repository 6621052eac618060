#!/usr/bin/env bash
# Size: a year of 1e3, 1e4 and 1e5 nodes under three clouds, all else in proportion, up to a million leases with 5,000 providers
# (large.cfg). Called by `make bench`; two minutes. SIZES="1000 10000" leaves out the largest.
#
# Time is processor time on one thread; memory is the peak of the process. The cost of an event should not grow with the size of the
# fleet: "flat" is the largest cost over the smallest.
set -eu
NINES=${NINES:-build/release/nines}
SIZES=${SIZES:-1000 10000 100000}
command -v sqlite3 >/dev/null || { echo "bench/size.sh needs sqlite3" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# study NODES [OPTION...]: large.cfg with so many nodes.
study() {
    local nodes=$1 part=$((100000 / $1)) sets=() site
    shift
    for site in a b c d e f g h i j; do sets+=(--set "fleet.sites.$site.racks=$((100 / part))"); done
    sets+=(--set "clouds.akash.providers_per_site=$((500 / part))" --set "demand.stays.count=$((40000 / part))")
    sets+=(--set "demand.app.arrivals=$((480000 / part)) /y" --set "demand.pair.arrivals=$((120000 / part)) /y")
    sets+=(--set "demand.tune.arrivals=$((360000 / part)) /y")
    "$NINES" run bench/large.cfg "${sets[@]}" --threads 1 --quiet --force -o "$folder/run" "$@"
}
ask() { sqlite3 "$folder/run/run.db" "$1"; }
row() { printf '%-52s %-44s %s\n' "$1" "$2" "${3:-}"; }

echo "load of the machine before: $(cut -d' ' -f1-3 /proc/loadavg); $(nproc) cores"
row "" "measured" "aim"
for nodes in $SIZES; do
    study "$nodes"
    aim=$([[ $nodes == 100000 ]] && echo "at most 60 s and 2048 MiB" || true)
    row "$nodes nodes x a year, three clouds" "$(ask "SELECT printf('%.1f s, %d MiB, %.3g events', cpu_s, peak_memory_kib / 1024, \
        (SELECT sum(events) FROM replication)) FROM run")" "$aim"
    ask "SELECT 1e6 * cpu_s / (SELECT sum(events) FROM replication) FROM run" >>"$folder/costs"
done
row "cost of an event" "$(awk '{ printf("%s%.2f", NR == 1 ? "" : ", ", $1); if (NR == 1 || $1 < low) low = $1; if (NR == 1 || $1 > high) high = $1 }
    END { printf(" us: %.2f x", high / low) }' "$folder/costs")" "within 2 x"
