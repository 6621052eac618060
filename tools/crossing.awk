# Where a difference that is measured at rising levels of something vanishes.
#
#   awk -f tools/crossing.awk TABLE      lines "level low mean high", by level; prints "level low high"
#
# Between two levels all three are straight lines. The level is the first at which the mean passes from above 0 to 0; its interval is the
# set of levels at which the interval of the difference holds 0: from where `low` first falls to 0, to where `high` does. So
# it covers the true crossing as often as the interval of a difference covers the true difference there (inverse regression; Fieller
# 1954). What lies outside the levels is given as the first or last of them with "<" or ">" before it: a level of "<X" is no
# advantage anywhere, ">X" one that does not vanish.
{ level[NR] = $1; low[NR] = $2; mean[NR] = $3; high[NR] = $4 }
function crossing(value,    i) {
    if (value[1] <= 0)
        return "<" level[1]
    for (i = 2; i <= NR; i++)
        if (value[i] <= 0)
            return sprintf("%.6g", level[i - 1] + (level[i] - level[i - 1]) * value[i - 1] / (value[i - 1] - value[i]))
    return ">" level[NR]
}
END { print crossing(mean), crossing(low), crossing(high) }
