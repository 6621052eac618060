# What test scripts share. Source it, then begin:
#
#   . "$(dirname "$0")/../harness.sh"
#   harness_begin the_claim_when_it_must_be_skipped
#   harness_need sqlite3 gnuplot
#   report a_claim "$(what is wrong, or nothing)"
#   skip another_claim WHY
#   held a_claim NAME FOLDER COMMAND...
#   harness_end
#
# Afterwards the current folder is the project's, NINES is a full path, $temporary a folder of the script's own. With BLESS set, held
# writes the golden files anew (make bless shows the difference). An empty stream has no file; exit code 0 has no file.
number=0

harness_begin() { # CLAIM [GOLDEN_FOLDER]
    cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 3
    golden=$PWD/${2:-tests/golden}
    harness_claim=$1
    if [[ ! -x ${NINES:-} ]]; then
        report "$harness_claim" "no program: set NINES" # a skip would pass where a build went wrong
        harness_end
        exit 1
    fi
    NINES=$(realpath "$NINES")
    temporary=$(mktemp -d)
    trap 'chmod -R u+rwx "$temporary"; rm -rf "$temporary"' EXIT
    exec 3>&1
}

harness_end() {
    echo "1..$number"
}

# Whether the program looks for slips of memory or threads: then a part of the rounds is enough (tests/sanitized.h).
sanitized() {
    [[ ${BUILD:-release} == *@(asan|tsan) ]]
}

# harness_skip WHY: the rest of the script, under the claim of harness_begin.
harness_skip() {
    skip "$harness_claim" "$1"
    harness_end
    exit 0
}

# harness_need PROGRAM...: the rest is skipped where one of them is not installed.
harness_need() {
    local program
    for program; do
        command -v "$program" >/dev/null || harness_skip "$program is not installed"
    done
}

skip() { # CLAIM WHY
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

report() { # CLAIM WHY: passes when WHY is empty
    number=$((number + 1))
    if [[ -z $2 ]]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1: $2"
    fi
}

# expect CLAIM EXIT COMMAND...: the exit code; leaves $temporary/stdout and stderr.
expect() {
    local claim=$1 wanted=$2 status
    shift 2
    timeout 60 "$@" >"$temporary/stdout" 2>"$temporary/stderr" </dev/null
    status=$?
    report "$claim" "$( ((status == wanted)) || echo "exit $status, not $wanted: $(head -c 300 "$temporary/stderr")")"
}

hold_stream() { # NAME.SUFFIX FILE: prints what is wrong
    if [[ -n ${BLESS:-} ]]; then
        if [[ -s $2 ]]; then cp "$2" "$golden/$1"; else rm -f "$golden/$1"; fi
    elif [[ -e $golden/$1 || -s $2 ]] && ! diff -u "$golden/$1" "$2" >"$temporary/diff" 2>&1; then
        sed 's/^/# /' "$temporary/diff" >&3
        echo "$1 differs; "
    fi
}

# held CLAIM NAME FOLDER COMMAND...: runs it there and holds stdout, stderr and exit code against NAME's golden files. What differs from
# run to run, seconds, rates and threads, is replaced first.
held() {
    local claim=$1 name=$2 folder=$3 status why
    shift 3
    (cd "$folder" && timeout 60 "$@" >"$temporary/stdout" 2>"$temporary/stderr" </dev/null)
    status=$?
    if ((status != 0)); then echo $status >"$temporary/exit"; else : >"$temporary/exit"; fi
    sed -i -E 's/in [0-9.]+ s on [0-9]+ threads?/in TIME on THREADS/; s/(on THREADS), [0-9.e+]+ events/\1, RATE events/' "$temporary/stdout"
    why=$(for s in stdout stderr exit; do hold_stream "$name.$s" "$temporary/$s"; done)
    report "$claim" "$why"
}
