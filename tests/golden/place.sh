#!/usr/bin/env bash
# `nines place` on a trace of a few lines: what it says, word for word, what it writes, and every kind of bad input.
#
#   tests/golden/place.sh            holds every case against tests/golden/place/NAME.{stdout,stderr,exit}
#   BLESS=1 tests/golden/place.sh    writes them anew (make bless shows the difference)
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin place_says_what_it_means tests/golden/place

hold() { # NAME ARGUMENT...: in the temporary folder
    local name=$1
    shift
    held "place_${name//-/_}_is_as_agreed" "$name" "$temporary" "$NINES" "$@"
}

cd "$temporary" || exit 3
cat >nodes.csv <<'END'
sn,cpu_milli,memory_mib,gpu,model
n0,32000,65536,2,A
n1,64000,131072,4,B
n2,16000,32768,0,
n3,32000,65536,2,B
END
cat >pods.csv <<'END'
name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec
p0,2000,4096,1,500,
p1,4000,8192,1,1000,A|B
p2,1000,1024,0,0,
p3,2000,4096,1,250,B
p4,8000,16384,2,1000,
p5,3000,4096,1,500,A
END
cat >order.csv <<'END'
pos,seed1,seed2
0,4,5
1,0,4
2,5,3
3,1,2
4,3,1
5,2,
END
cat >rank.csv <<'END'
sn,seed1,seed2
n3,0,3
n2,1,2
n1,2,1
n0,3,0
END
inputs=(--nodes nodes.csv --pods pods.csv)

# --- What it says and writes ---
hold help place --help
hold no-input place
hold table place "${inputs[@]}" --seeds 1..3 --policy all --threads 2
hold one-seed place "${inputs[@]}" --policy FGD,Kubernetes --tune 0.5
hold curve place "${inputs[@]}" --order order.csv --rank rank.csv --seeds 1,2 --policy BestFit,FGD --curve - --tune 1
hold placements place "${inputs[@]}" --order order.csv --rank rank.csv --seeds 2 --policy FGD --placements -
hold written place "${inputs[@]}" --curve curve.csv --placements placed.csv --seeds 7
hold quiet place "${inputs[@]}" --curve curve.csv --quiet
if command -v gnuplot >/dev/null; then
    hold plotted plot curve.csv -o figures
    report bars_are_what_the_curve_leaves "$(awk -F'\t' '
        NR == FNR { if (FNR > 1) { split($0, f, ","); if (f[5] == 100) left[f[2]] = 100 - f[6] }; next }
        !/^#/ && ($2 - left[$8] > 1e-6 || left[$8] - $2 > 1e-6) { print $8 ": " $2 ", not " left[$8] } !/^#/ { rows++ }
        END { if (rows != 6) print rows " bars" }' curve.csv figures/curve_unallocated.tsv)"
    report lines_are_the_curve "$(awk -F'\t' '
        NR == FNR { if (FNR > 1) { split($0, f, ","); frag[f[2], f[5]] = f[7]; bins++ }; next }
        !/^#/ && NF > 5 { rows++; if ($2 != frag[$6, $1]) print $6 " " $1 ": " $2 }
        END { if (rows != bins || rows == 0) print rows " of " bins }' curve.csv figures/curve_fragmentation.tsv)"
else
    skip place_plotted_is_as_agreed "gnuplot is not installed"
fi
hold plot-unknown-chart plot curve.csv nines

# --- What was typed ---
hold unknown-policy place "${inputs[@]}" --policy fgd
hold no-such-policy place "${inputs[@]}" --policy zzzzzzzz
hold policy-twice place "${inputs[@]}" --policy FGD,FGD
hold bad-seeds place "${inputs[@]}" --seeds 5..1
hold seed-twice place "${inputs[@]}" --seeds 1..3,2
hold bad-tune place "${inputs[@]}" --tune many
hold two-streams place "${inputs[@]}" --curve - --placements -
hold overwrites-input place "${inputs[@]}" --curve pods.csv
hold typical-and-cut place "${inputs[@]}" --typical pods.csv --popularity 90%
hold popularity place "${inputs[@]}" --popularity 0
hold unwritable place "${inputs[@]}" --curve no/such/folder/curve.csv
hold missing-file place --nodes nodes.csv --pods nothing.csv

# --- What is in the files ---
# Not at the end of a pipe: a subshell would keep the number for itself.
bad() { # NAME < pods: a pod list with something wrong
    cat >"$1.csv"
    hold "pods-$1" place --nodes nodes.csv --pods "$1.csv" --tune 0
}
header='name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec'
bad empty </dev/null
bad header-only <<<"$header"
bad missing-columns <<<'name,cpu,memory_mib
p0,1,2'
bad wrong-numbers < <(printf '%s\n' "$header" 'p0,x,1,1,500,' 'p1,-5,1,1,500,' 'p2,99999999999999999999,1,1,500,' 'p3,1e3,1,1,500,' 'p4,,1,1,500,' \
    'p5,1,1,17,1000,' 'p6,1,1,2,500,' 'p7,1,1,1,0,' 'p8,1,1,1,1001,' 'p9, 5,1,1,500,' 'p10,1.5,1,1,500,' 'p11,0x10,1,1,500,')
bad wrong-width < <(printf '%s\n' "$header" 'p0,1,1,1,500' 'p1,1,1,1,500,A,more')
bad open-quote < <(printf '%s\n' "$header" 'p0,1,1,1,500,"A')
bad after-quote < <(printf '%s\n' "$header" '"p"0,1,1,1,500,A')
bad zero-byte < <(printf '%s\n\0\n' "$header")
bad terminal < <(printf '%s\n' "$header" $'\e[31mp0,\e[31m,1,1,500,')
bad unknown-model < <(printf '%s\n' "$header" 'p0,1000,1,1,500,H100|H200' 'p1,1000,1,1,500,H100|A' 'p2,1000,1,1,500,H100')
bad bom-crlf-quotes < <(printf '\xef\xbb\xbf%s\r\n\r\n"p0",1000,"1",1,500,"A|B"\r\np1,1000,1,1,500,' "$header")
bad columns-in-any-order < <(printf '%s\n' 'gpu_milli,x,num_gpu,memory_mib,cpu_milli,name' '500,"a,b",1,1,1000,p0')
bad cpu-only <<<"$header
p0,1000,1,0,,"
hold tune-without-gpu place --nodes nodes.csv --pods cpu-only.csv
printf 'sn,cpu_milli,memory_mib,gpu,model\nn0,1000,1000,1,A\nn0,1000,1000,1,A\n,1000,1000,1,A\nn3,4000001,1000,17,A\n' >nodes-bad.csv
hold nodes-wrong place --nodes nodes-bad.csv --pods pods.csv
printf 'sn,cpu_milli,memory_mib,gpu,model\nn0,1000,1000,0,\n' >nodes-cpu.csv
hold nodes-without-gpu place --nodes nodes-cpu.csv --pods pods.csv
hold order-wrong-seed place "${inputs[@]}" --order order.csv --seeds 3
printf 'pos,seed1\n0,1\n1,\n2,2\n3,6\n4,-1\n' >order-bad.csv
hold order-wrong place "${inputs[@]}" --order order-bad.csv --seeds 1
printf 'sn,seed1\nn0,1\nn0,2\nn9,3\n' >rank-bad.csv
hold rank-wrong place "${inputs[@]}" --rank rank-bad.csv --seeds 1
printf 'sn,seed1\nn0,1\n' >rank-short.csv
hold rank-short place "${inputs[@]}" --rank rank-short.csv --seeds 1
printf 'cpu_milli,num_gpu,gpu_milli,weight\n1000,1,500,0.25\n1000,1,500,nan\n' >typical-bad.csv
hold typical-wrong place "${inputs[@]}" --typical typical-bad.csv
printf 'trace,policy,tune,seed,arrived_pct,alloc_pct,frag_pct\na,b,1,1,0,5,5\na,b,1,1,0,5,5\na,b,1,2,0,101,5\n' >curve-bad.csv
hold curve-wrong plot curve-bad.csv

# --- Claims ---
run() { (cd "$temporary" && timeout 100 "$NINES" "$@"); }
run place "${inputs[@]}" --seeds 1..40 --policy all --curve one.csv --placements one-p.csv --threads 1 --quiet
run place "${inputs[@]}" --seeds 1..40 --policy all --curve four.csv --placements four-p.csv --threads 4 --quiet
report threads_do_not_show_in_the_files "$(cmp one.csv four.csv 2>&1; cmp one-p.csv four-p.csv 2>&1)"
run place "${inputs[@]}" --policy FGD --curve uniform.csv --ties uniform --quiet --seeds 1..5
run place "${inputs[@]}" --policy FGD --curve lowest.csv --ties lowest --quiet --seeds 1..5
report ties_are_asked_for "$(cmp -s uniform.csv lowest.csv && echo "uniform and lowest give the same")"
awk 'BEGIN { print "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec"
             for (i = 0; i < 1000000; i++) printf "p%07d,%d,1,%d,%d,\n", i, i % 7, i % 3 == 0, i % 3 == 0 ? 1 + i % 999 : 0 }' >million.csv
out=$(run place --nodes nodes.csv --pods million.csv --tune 0 --policy BestFit 2>&1)
report a_million_pods_are_read_and_placed "$(grep -q '^million: 1000000 pods for 8 GPUs' <<<"$out" || echo "$out" | head -c 300)"
sed -i '999999s/$/,,/' million.csv
out=$(run place --nodes nodes.csv --pods million.csv --tune 0 --policy BestFit 2>&1)
report a_mistake_in_line_999999_is_found "$(grep -q '^million.csv:999999: error: ' <<<"$out" || echo "$out" | head -c 300)"
(ulimit -f 1; run place "${inputs[@]}" --curve full.csv --seeds 1..99 --quiet) >said 2>&1
status=$?
report a_full_disk_is_an_error "$( ((status == 3)) && grep -q "cannot write 'full.csv'" said || echo "exit $status: $(cat said)")"
report a_full_pipe_is_an_error "$(run place "${inputs[@]}" --curve - >/dev/full 2>said; status=$?; ((status == 3)) || echo "exit $status: $(cat said)")"
harness_end
