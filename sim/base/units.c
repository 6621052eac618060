#include "sim/base/units.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

duration duration_from_seconds(double seconds)
{
    double us = round_half_even(seconds * 1e6);
    if (!(us > 0))
        return (duration){0};
    if (us >= (double)US_NEVER)
        return (duration){US_NEVER};
    return (duration){(int64_t)us};
}

money money_for(money rate_per_hour, duration elapsed)
{
    __extension__ typedef __int128 wide;
    wide product = (wide)rate_per_hour.micro * elapsed.us;
    wide half = US_PER_HOUR / 2;
    return (money){(int64_t)((product + (product < 0 ? -half : half)) / US_PER_HOUR)};
}

int64_t scale_i64(int64_t value, int64_t numerator, int64_t denominator)
{
    __extension__ typedef __int128 wide;
    return (int64_t)((wide)value * numerator / denominator);
}

/* Reads a decimal number and leaves *rest at the first byte behind it and the blanks that follow. Hexadecimal, "nan"
 * and "inf", which strtod would take, are refused. */
static bool read_number(const char *text, double *out, const char **rest, const char **why)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t digits = strspn(text, "0123456789+-.eE");
    char *end;
    if (digits == 0) {
        *why = "it does not begin with a number";
        return false;
    }
    double value = strtod(text, &end);
    if (end == text || (end > text + digits)) {
        *why = "it does not begin with a decimal number";
        return false;
    }
    if (!isfinite(value)) {
        *why = "the number is too large";
        return false;
    }
    while (isspace((unsigned char)*end))
        end++;
    *out = value;
    *rest = end;
    return true;
}

/* True when rest is `unit` followed by blanks only. */
static bool unit_is(const char *rest, const char *unit)
{
    size_t length = strlen(unit);
    if (strncmp(rest, unit, length) != 0)
        return false;
    rest += length;
    while (isspace((unsigned char)*rest))
        rest++;
    return *rest == '\0';
}

struct unit {
    const char *name;
    double factor;
};

/* Looks the unit up; 0 when unknown. */
static double unit_factor(const char *rest, const struct unit *units, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (unit_is(rest, units[i].name))
            return units[i].factor;
    return 0;
}

static const struct unit time_units[] = {{"us", 1e-6}, {"ms", 1e-3}, {"s", 1},         {"min", 60},      {"h", 3600},
                                         {"d", 86400}, {"w", 604800}, {"y", 31557600}};
enum { TIME_UNITS = sizeof time_units / sizeof *time_units };

bool units_duration(const char *text, duration *out, const char **why)
{
    double value;
    const char *rest;
    if (!read_number(text, &value, &rest, why))
        return false;
    if (*rest == '\0' && value == 0) {
        *out = (duration){0};
        return true;
    }
    double factor = unit_factor(rest, time_units, TIME_UNITS);
    if (factor == 0) {
        *why = *rest == '\0' ? "it has no unit; write one of us ms s min h d w y"
                             : "its unit is none of us ms s min h d w y";
        return false;
    }
    double us = round_half_even(value * (factor * 1e6)); /* factor * 1e6 is exact, so there is one rounding */
    if (fabs(us) >= (double)US_NEVER) {
        *why = "it is longer than 146,000 years";
        return false;
    }
    out->us = (int64_t)us;
    return true;
}

bool units_number(const char *text, double *out, const char **why)
{
    const char *rest;
    double value;
    if (!read_number(text, &value, &rest, why))
        return false;
    if (*rest != '\0') {
        *why = "something follows the number";
        return false;
    }
    *out = value;
    return true;
}

bool units_share(const char *text, double *out, const char **why)
{
    const char *rest;
    double value;
    if (!read_number(text, &value, &rest, why))
        return false;
    if (*rest != '\0' && !unit_is(rest, "%")) {
        *why = "its unit is not %";
        return false;
    }
    *out = *rest == '%' ? value / 100 : value;
    return true;
}

bool units_integer(const char *text, int64_t *out, const char **why)
{
    while (isspace((unsigned char)*text))
        text++;
    char *end;
    const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
    if (digits[strspn(digits, "0123456789")] == '\0' && *digits != '\0') {
        long long exact = strtoll(text, &end, 10);
        if (exact == INT64_MAX || exact == INT64_MIN) {
            *why = "it does not fit in 64 bits";
            return false;
        }
        *out = exact;
        return true;
    }
    double value;
    if (!units_number(text, &value, why))
        return false;
    if (value != round_half_even(value)) {
        *why = "it is not a whole number";
        return false;
    }
    if (fabs(value) > 9007199254740992.0) {
        *why = "it is too large to be written with an exponent";
        return false;
    }
    *out = (int64_t)value;
    return true;
}

bool units_bytes(const char *text, int64_t *out, const char **why)
{
    static const struct unit units[] = {{"B", 1},       {"kB", 1e3},        {"MB", 1e6},        {"GB", 1e9},
                                        {"TB", 1e12},   {"PB", 1e15},       {"KiB", 1024},      {"MiB", 1048576},
                                        {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}, {"PiB", 1125899906842624.0}};
    double value;
    const char *rest;
    if (!read_number(text, &value, &rest, why))
        return false;
    double factor = *rest == '\0' && value == 0 ? 1 : unit_factor(rest, units, sizeof units / sizeof *units);
    if (factor == 0) {
        *why = "its unit is none of B kB MB GB TB PB KiB MiB GiB TiB PiB";
        return false;
    }
    double bytes = round_half_even(value * factor);
    if (fabs(bytes) > 9e18) {
        *why = "it is too large";
        return false;
    }
    *out = (int64_t)bytes;
    return true;
}

static bool micro_from(double dollars, money *out, const char **why)
{
    double micro = round_half_even(dollars * 1e6);
    if (fabs(micro) > 9e18) {
        *why = "it is too large";
        return false;
    }
    out->micro = (int64_t)micro;
    return true;
}

bool units_money(const char *text, money *out, const char **why)
{
    static const struct unit units[] = {{"USD", 1}, {"kUSD", 1e3}, {"MUSD", 1e6}};
    double value;
    const char *rest;
    if (!read_number(text, &value, &rest, why))
        return false;
    double factor = *rest == '\0' && value == 0 ? 1 : unit_factor(rest, units, sizeof units / sizeof *units);
    if (factor == 0) {
        *why = "its unit is none of USD kUSD MUSD";
        return false;
    }
    return micro_from(value * factor, out, why);
}

bool units_money_rate(const char *text, money *per_hour, const char **why)
{
    static const struct unit units[] = {
        {"USD/h", 1}, {"USD/d", 1.0 / 24}, {"USD/month", 1.0 / 730}, {"USD/y", 1.0 / 8766}};
    double value;
    const char *rest;
    if (!read_number(text, &value, &rest, why))
        return false;
    double factor = *rest == '\0' && value == 0 ? 1 : unit_factor(rest, units, sizeof units / sizeof *units);
    if (factor == 0) {
        *why = "its unit is none of USD/h USD/d USD/month USD/y";
        return false;
    }
    return micro_from(value * factor, per_hour, why);
}

bool units_rate(const char *text, double *per_second, const char **why)
{
    double value;
    const char *rest;
    if (!read_number(text, &value, &rest, why))
        return false;
    if (*rest == '\0' && value == 0) {
        *per_second = 0;
        return true;
    }
    double factor = 0;
    if (*rest == '/') {
        rest++;
        while (isspace((unsigned char)*rest))
            rest++;
        factor = unit_factor(rest, time_units, TIME_UNITS);
    }
    if (factor == 0) {
        *why = "its unit is none of /s /min /h /d /w /y";
        return false;
    }
    *per_second = value / factor;
    return true;
}

/* Days from 1970-01-01 to a civil date (Hinnant 2013, "chrono-compatible low-level date algorithms"; proleptic
 * Gregorian), by counting days in eras of 400 years that begin on 1 March. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = days / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Reads exactly `width` digits and moves *text behind them; -1 when they are not digits. */
static int read_digits(const char **text, int width)
{
    int value = 0;
    for (int i = 0; i < width; i++, (*text)++) {
        if (!isdigit((unsigned char)**text))
            return -1;
        value = value * 10 + (**text - '0');
    }
    return value;
}

static bool take(const char **text, char expected)
{
    if (**text != expected)
        return false;
    (*text)++;
    return true;
}

bool units_utc(const char *text, int64_t *unix_s, const char **why)
{
    int month = -1, day = -1, hour = 0, minute = 0, second = 0;
    *why = "write it as 2024-07-18T21:40Z";
    int year = read_digits(&text, 4);
    if (year < 0 || !take(&text, '-') || (month = read_digits(&text, 2)) < 0 || !take(&text, '-') ||
        (day = read_digits(&text, 2)) < 0)
        return false;
    if (*text != '\0') {
        if (!take(&text, 'T') || (hour = read_digits(&text, 2)) < 0 || !take(&text, ':') ||
            (minute = read_digits(&text, 2)) < 0)
            return false;
        if (take(&text, ':') && (second = read_digits(&text, 2)) < 0)
            return false;
        if (!take(&text, 'Z') || *text != '\0')
            return false;
    }
    if (year < 1970 || year > 2200) {
        *why = "its year is not between 1970 and 2200";
        return false;
    }
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
        *why = "there is no such date";
        return false;
    }
    if (hour > 23 || minute > 59 || second > 59) {
        *why = "there is no such time of day";
        return false;
    }
    *unix_s = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

bool units_time_of_day(const char *text, duration *since_midnight, const char **why)
{
    *why = "two digits, a colon and two digits make one, from 00:00 to 23:59";
    if (strlen(text) != 5 || text[2] != ':')
        return false;
    for (int i = 0; i < 5; i++)
        if (i != 2 && (text[i] < '0' || text[i] > '9'))
            return false;
    int hours = 10 * (text[0] - '0') + text[1] - '0', minutes = 10 * (text[3] - '0') + text[4] - '0';
    *since_midnight = (duration){hours * US_PER_HOUR + minutes * US_PER_MINUTE};
    return hours < 24 && minutes < 60;
}

int units_weekday(const char *text)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (int day = 0; day < 7; day++)
        if (strcmp(text, names[day]) == 0)
            return day;
    return -1;
}

int64_t units_week_second(int64_t unix_s)
{
    enum { DAY = 86400, WEEK = 7 * DAY };
    int64_t since = (unix_s + 3 * DAY) % WEEK; /* 1970 began on a Thursday */
    return since < 0 ? since + WEEK : since;
}

char *units_format_utc(char *buffer, int64_t unix_s)
{
    int year, month, day;
    int64_t days = unix_s / 86400 - (unix_s % 86400 < 0);
    int64_t second = unix_s - days * 86400;
    civil_from_days(days, &year, &month, &day);
    int written = snprintf(buffer, UNITS_TEXT, "%04d-%02d-%02dT%02d:%02d", year, month, day, (int)(second / 3600),
                           (int)(second / 60 % 60));
    if (second % 60 != 0)
        written += snprintf(buffer + written, (size_t)(UNITS_TEXT - written), ":%02d", (int)(second % 60));
    (void)snprintf(buffer + written, (size_t)(UNITS_TEXT - written), "Z");
    return buffer;
}

char *units_format_duration(char *buffer, duration d)
{
    static const struct { const char *name; int64_t us; } units[] = {
        {"d", US_PER_DAY}, {"h", US_PER_HOUR}, {"min", US_PER_MINUTE}, {"s", US_PER_SECOND}, {"ms", 1000}, {"us", 1}};
    size_t i = 0;
    if (d.us == 0) {
        (void)snprintf(buffer, UNITS_TEXT, "0 s");
        return buffer;
    }
    while (d.us % units[i].us != 0)
        i++;
    (void)snprintf(buffer, UNITS_TEXT, "%" PRId64 " %s", d.us / units[i].us, units[i].name);
    return buffer;
}

void utc_month(int64_t unix_s, int *year, int *month)
{
    int day;
    int64_t days = unix_s / 86400 - (unix_s % 86400 < 0);
    civil_from_days(days, year, month, &day);
}

int64_t utc_month_start(int year, int month)
{
    return days_from_civil(year, month, 1) * 86400;
}
