/* Time, money and quantities with units.
 *
 * Simulated time is a whole number of microseconds, money a whole number of micro-dollars; each is a struct of one field,
 * so that the compiler refuses to add dollars to seconds. An instant counts from the scenario's `start` (negative during
 * the warm-up). double appears only in sampling, statistics and plots; the one place where it becomes ticks is
 * duration_from_seconds(), which rounds half to even and clamps.
 *
 * In scenario text every quantity carries its unit: "14 d", "1.10 USD/h", "99.9 %", "80 GiB", "2 /y". */
#ifndef NINES_SIM_UNITS_H
#define NINES_SIM_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct instant { int64_t us; } instant;   /* microseconds since the scenario's start */
typedef struct duration { int64_t us; } duration; /* microseconds */
typedef struct money { int64_t micro; } money;    /* micro-dollars */

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)
/* "Never": later than any instant of a run (about 146,000 years), with room to add to. */
#define US_NEVER (INT64_MAX / 2)
#define INSTANT_NEVER ((instant){US_NEVER})

static inline instant instant_add(instant at, duration after) { return (instant){at.us + after.us}; }
static inline duration instant_since(instant later, instant earlier) { return (duration){later.us - earlier.us}; }
static inline double duration_seconds(duration d) { return (double)d.us / 1e6; }
static inline double duration_hours(duration d) { return (double)d.us / 3.6e9; }

/* Nearest whole number, ties to even, without libm: the pure cores link with libc alone. Above 2^52 every double is whole. */
static inline double round_half_even(double x)
{
    const double shift = 4503599627370496.0; /* 2^52: adding it pushes the fraction out of the mantissa */
    if (!(x > -shift && x < shift))
        return x;
    return x >= 0 ? (x + shift) - shift : (x - shift) + shift;
}

/* Seconds to ticks: half to even; NaN and negatives give 0; above US_NEVER gives US_NEVER. */
duration duration_from_seconds(double seconds);

/* rate (micro-dollars per hour) x elapsed, through 128 bits, rounded half away from zero. */
money money_for(money rate_per_hour, duration elapsed);
/* value x numerator / denominator through 128 bits, truncated toward zero. denominator > 0. */
int64_t scale_i64(int64_t value, int64_t numerator, int64_t denominator);

/* --- Text with units. Each returns true and writes *out, or returns false and points *why at a static reason that reads
 * after "is not a duration: ". Leading and trailing blanks are allowed; NaN and infinity are refused. --- */

/* us ms s min h d w y (365.25 d; "month" is refused as ambiguous). A bare 0 is allowed. May be negative. */
bool units_duration(const char *text, duration *out, const char **why);
/* "99.9 %" or "0.999": a number, percent divided by 100. No range is applied. */
bool units_share(const char *text, double *out, const char **why);
/* A bare number. */
bool units_number(const char *text, double *out, const char **why);
/* A whole number, also as "12e3"; refuses fractions and what does not fit. */
bool units_integer(const char *text, int64_t *out, const char **why);
/* B kB MB GB TB PB KiB MiB GiB TiB PiB, to bytes. */
bool units_bytes(const char *text, int64_t *out, const char **why);
/* "1.10 USD", "25 kUSD" to micro-dollars, rounded half to even. */
bool units_money(const char *text, money *out, const char **why);
/* "1.10 USD/h", "100 USD/month" (730 h), "5 USD/d", "USD/y": to micro-dollars per hour. */
bool units_money_rate(const char *text, money *per_hour, const char **why);
/* "2 /y", "0.183 /y", "6.5e-3 /d", "3 /h": events per second. */
bool units_rate(const char *text, double *per_second, const char **why);
/* "2024-07-01T00:00Z", "2024-07-01T00:00:00Z" or "2024-07-01": seconds since 1970-01-01T00:00Z, leap seconds ignored.
 * Years 1970 to 2200; dates that do not exist are refused. */
bool units_utc(const char *text, int64_t *unix_s, const char **why);
/* "08:30": time since midnight, up to 23:59. */
bool units_time_of_day(const char *text, duration *since_midnight, const char **why);
/* 0 for "mon" to 6 for "sun", -1 for anything else. */
int units_weekday(const char *text);
/* Seconds since Monday 00:00 UTC, from 0. */
int64_t units_week_second(int64_t unix_s);

/* Writers; each needs room for UNITS_TEXT bytes and returns buffer. */
enum { UNITS_TEXT = 40 };
char *units_format_utc(char *buffer, int64_t unix_s);       /* 2024-07-18T21:40Z, with :SS when not 0 */
char *units_format_duration(char *buffer, duration d);      /* shortest exact form: "14 d", "90 min", "1.5 s" */

/* Year and month (1 to 12) of a UTC time, and the first second of a month. */
void utc_month(int64_t unix_s, int *year, int *month);
int64_t utc_month_start(int year, int month);

#endif
