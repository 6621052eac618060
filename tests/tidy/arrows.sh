#!/usr/bin/env bash
# Proves the arrows: who may include whom.
set -u
number=0
claim() { # claim TEXT OFFENDING_LINES
    number=$((number + 1))
    if [[ -z $2 ]]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        echo "$2" | sed 's/^/  # /'
    fi
}
includes() { grep -nE '^ *# *include' "$@" 2>/dev/null; }

claim "sim includes nothing of models" "$(includes sim/*/*.[ch] | grep -E '"models/')"
# Each folder of sim may include those to its left.
order=(base chance statistics engine scenario study results plot report command)
allowed=""
for folder in "${order[@]}"; do
    allowed+="${allowed:+|}$folder"
    claim "sim/$folder includes only ${allowed//|/, }" "$(includes sim/$folder/*.[ch] | grep '"sim/' | grep -vE "\"sim/($allowed)/")"
done
base='sim/base/(check|arena|units|hash|nomalloc)\.h'
for core in market gpu; do
    claim "models/$core includes its own folder, sim's base and libc only" "$(
        includes models/$core/*.[ch] | grep -E '"' | grep -vE "\"(models/$core/|$base)"
        includes models/$core/*.[ch] | grep -E '<(time|pthread|threads|math|sqlite3|libconfig|gsl|yaml|jansson|sleef|fenv)'
    )"
done
claim "no model but clouds includes clouds" "$(includes models/{market,gpu,sdl,fleet,faults,demand,measure,oracle}/*.[ch] | grep '"models/clouds/')"
claim "the clouds' world includes no cloud" "$(includes models/clouds/world/*.[ch] | grep '"models/clouds/' | grep -v '"models/clouds/world/')"
for cloud in models/clouds/*/; do
    [[ $cloud == models/clouds/world/ ]] ||
        claim "${cloud%/} includes no other cloud" "$(includes "$cloud"*.[ch] | grep '"models/clouds/' | grep -vE "\"(${cloud%/}|models/clouds/world)/")"
done
claim "fleet includes no other model" "$(includes models/fleet/*.[ch] | grep '"models/' | grep -v '"models/fleet/')"
claim "faults and demand include fleet only" "$(includes models/{faults,demand}/*.[ch] | grep '"models/' | grep -vE '"models/(fleet|faults|demand)/')"
claim "faults does not include demand, nor demand faults" "$(
    includes models/faults/*.[ch] | grep '"models/demand/'
    includes models/demand/*.[ch] | grep '"models/faults/')"
claim "measure includes demand and what demand includes" "$(includes models/measure/*.[ch] | grep '"models/' | grep -vE '"models/(measure|demand|fleet)/')"
claim "oracle includes no other model" "$(includes models/oracle/*.[ch] | grep '"models/' | grep -v '"models/oracle/')"
claim "sdl includes market and sim only" "$(includes models/sdl/*.[ch] | grep '"models/' | grep -vE '"models/(sdl|market)/')"
claim "commands includes market, sdl, gpu and sim only" "$(includes models/commands/*.[ch] | grep '"models/' | grep -vE '"models/(commands|market|sdl|gpu)/')"
claim "nothing but the program includes commands" "$(includes sim/*/*.[ch] models/{market,gpu,sdl,fleet,faults,demand,measure,oracle,clouds,clouds/*}/*.[ch] | grep '"models/commands/')"
claim "the simulation draws nothing from GSL's generators" "$(grep -nE 'gsl_(ran|rng|cdf_.*inv.*random)' -r sim models --include=*.[ch] | grep -vE '^[^:]*:[0-9]+: *(/?\*|//)' | grep -E 'gsl_(ran|rng)_[a-z_]+ *\(')"
claim "models see no wall clock and no environment" "$(grep -nE '\b(time|clock_gettime|gettimeofday|getenv|setlocale|rand|random)\(' -r models --include=*.[ch] --exclude-dir=commands | grep -vE '^[^:]*:[0-9]+: *(/?\*|//)')"
claim "no header lacks an include guard" "$(for h in sim/*/*.h models/*/*.h models/clouds/*/*.h; do [[ -e $h ]] && ! grep -q '^#ifndef NINES_' "$h" && echo "$h"; done)"
claim "no file of the tree names a machine's own paths" "$(git grep -nE '(^|[^a-z.])/(work|root|home)/[a-z]' -- . ':!tests/tidy/arrows.sh' 2>/dev/null | head -n 5)"
echo "1..$number"
