/* Laws as text: "weibull(0.48, 14.37 h)" to struct law and back. */
#include "sim/chance/law.h"

#include "sim/base/check.h"
#include "sim/chance/kernel.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/nomalloc.h"

enum { PARAMETERS_MAX = 3, WORD_MAX = LAW_FILE_MAX, NAMED = 10 };

/* What a parameter may be. */
enum form {
    FORM_TIME,       /* a duration above 0 */
    FORM_TIME_ZERO,  /* a duration from 0 */
    FORM_POSITIVE,   /* a number above 0 */
    FORM_NOT_NEGATIVE,
    FORM_ANY,        /* a number */
    FORM_SHARE,      /* strictly between 0 and 1, or a percentage */
    FORM_UNIT,       /* the name of a unit of time; gives its seconds; may be left out */
    FORM_FACTOR,     /* a number above 0; may be left out */
    FORM_FILE        /* the name of a file; has no number */
};

struct signature {
    const char *name;
    enum law_kind kind;
    int parameters, optional;
    struct { const char *name; enum form form; } parameter[PARAMETERS_MAX];
};

static const struct signature signatures[NAMED] = {
    {"constant", LAW_CONSTANT, 1, 0, {{"duration", FORM_TIME_ZERO}}},
    {"uniform", LAW_UNIFORM, 2, 0, {{"low", FORM_TIME_ZERO}, {"high", FORM_TIME}}},
    {"exponential", LAW_EXPONENTIAL, 1, 0, {{"mean", FORM_TIME}}},
    {"weibull", LAW_WEIBULL, 2, 0, {{"shape", FORM_POSITIVE}, {"scale", FORM_TIME}}},
    {"lognormal", LAW_LOGNORMAL, 3, 1, {{"mu", FORM_ANY}, {"sigma", FORM_NOT_NEGATIVE}, {"unit", FORM_UNIT}}},
    {"lognormal_median", LAW_LOGNORMAL, 2, 0, {{"median", FORM_TIME}, {"sigma", FORM_NOT_NEGATIVE}}},
    {"gamma", LAW_GAMMA, 2, 0, {{"shape", FORM_POSITIVE}, {"scale", FORM_TIME}}},
    {"hyperexponential", LAW_HYPEREXPONENTIAL, 3, 0, {{"p", FORM_SHARE}, {"m1", FORM_TIME}, {"m2", FORM_TIME}}},
    {"pareto", LAW_PARETO, 2, 0, {{"shape", FORM_POSITIVE}, {"minimum", FORM_TIME}}},
    {"empirical", LAW_EMPIRICAL, 3, 2, {{"file", FORM_FILE}, {"unit", FORM_UNIT}, {"times", FORM_FACTOR}}},
};

/* Where the reader is and where its complaint goes. */
struct reader {
    const char *text, *at;
    char *why;
    size_t why_bytes;
};

NINES_PRINTF(2, 3) static bool complain(struct reader *reader, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reader->why, reader->why_bytes, format, arguments);
    va_end(arguments);
    return false;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\n\r");
}

/* Levenshtein distance, for words below WORD_MAX bytes. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t length = strlen(b);
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            size_t shift = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = change < shift ? change : shift;
        }
    }
    return row[length];
}

static bool complain_unknown(struct reader *reader, const char *word)
{
    const char *nearest = NULL;
    size_t best = strlen(word) / 3 + 1; /* a third of the letters wrong is still a slip, more is another word */
    for (int i = 0; i < NAMED; i++) {
        size_t distance = edit_distance(word, signatures[i].name);
        if (distance <= best && (nearest == NULL || distance < best)) {
            best = distance;
            nearest = signatures[i].name;
        }
    }
    if (nearest != NULL)
        return complain(reader, "unknown law '%s', did you mean '%s'?", word, nearest);
    return complain(reader, "unknown law '%s'; known are constant, uniform, exponential, weibull, lognormal, "
                            "lognormal_median, gamma, hyperexponential, pareto and empirical", word);
}

static bool read_time(struct reader *reader, const char *name, const char *word, bool zero_allowed, double *out)
{
    duration d;
    const char *why;
    if (!units_duration(word, &d, &why))
        return complain(reader, "its %s '%s' is not a duration: %s", name, word, why);
    if (d.us < 0 || (d.us == 0 && !zero_allowed))
        return complain(reader, "its %s must %s", name, zero_allowed ? "not be negative" : "be above 0");
    *out = duration_seconds(d);
    return true;
}

static bool read_unit(struct reader *reader, const char *word, double *seconds)
{
    char quantity[WORD_MAX + 8];
    duration d;
    const char *why;
    (void)snprintf(quantity, sizeof quantity, "1 %s", word);
    if (!units_duration(quantity, &d, &why))
        return complain(reader, "its unit '%s' is none of us ms s min h d w y", word);
    *seconds = duration_seconds(d);
    return true;
}

/* Reads one parameter, which is alone in word, blanks around it cut. */
static bool read_parameter(struct reader *reader, const char *name, enum form form, const char *word, double *out)
{
    const char *why;
    if (*word == '\0')
        return complain(reader, "its %s is missing", name);
    if (form == FORM_TIME || form == FORM_TIME_ZERO)
        return read_time(reader, name, word, form == FORM_TIME_ZERO, out);
    if (form == FORM_UNIT)
        return read_unit(reader, word, out);
    if (form == FORM_FILE)
        return true;
    bool read = form == FORM_SHARE ? units_share(word, out, &why) : units_number(word, out, &why);
    if (!read)
        return complain(reader, "its %s '%s' is not a number: %s", name, word, why);
    if ((form == FORM_POSITIVE || form == FORM_FACTOR) && !(*out > 0))
        return complain(reader, "its %s must be above 0", name);
    if (form == FORM_NOT_NEGATIVE && *out < 0)
        return complain(reader, "its %s must not be negative", name);
    if (form == FORM_SHARE && !(*out > 0 && *out < 1))
        return complain(reader, "its %s must be between 0 and 1, without the ends", name);
    return true;
}

/* Copies the bytes of text up to end into word, blanks around them cut; *start is where the word begins. */
static bool cut_word(struct reader *reader, const char *text, const char *end, char word[WORD_MAX], const char **start)
{
    *start = text = skip_blanks(text) < end ? skip_blanks(text) : end;
    while (end > text && strchr(" \t\n\r", end[-1]) != NULL)
        end--;
    size_t length = (size_t)(end - text);
    if (length >= WORD_MAX) {
        reader->at = text;
        return complain(reader, "a word of it is longer than %d bytes", WORD_MAX - 1);
    }
    memcpy(word, text, length);
    word[length] = '\0';
    return true;
}

static int count_parameters(const char *inside, const char *close)
{
    int count = 1;
    for (const char *p = inside; p < close; p++)
        count += *p == ',';
    return skip_blanks(inside) == close ? 0 : count;
}

static bool read_parameters(struct reader *reader, const struct signature *law, const char *inside, const char *close,
                            double value[PARAMETERS_MAX])
{
    int given = count_parameters(inside, close);
    if (given > law->parameters || given < law->parameters - law->optional) {
        static const char *const or_less[] = {"", "2 or ", "1 to "};
        return complain(reader, "%s takes %s%d parameter%s, %d given", law->name, or_less[law->optional], law->parameters,
                        law->parameters == 1 ? "" : "s", given);
    }
    for (int i = 0; i < given; i++) {
        char word[WORD_MAX];
        const char *end = memchr(inside, ',', (size_t)(close - inside));
        if (!cut_word(reader, inside, end == NULL ? close : end, word, &reader->at))
            return false;
        if (!read_parameter(reader, law->parameter[i].name, law->parameter[i].form, word, &value[i]))
            return false;
        if (end != NULL)
            inside = end + 1;
    }
    return true;
}

/* The rules that tie parameters to each other, and the two spellings of the lognormal law to one. */
static bool assemble(struct reader *reader, const struct signature *signature, const double value[PARAMETERS_MAX],
                     struct law *law)
{
    *law = (struct law){.kind = signature->kind, .a = value[0], .b = value[1], .c = value[2]};
    if (law->kind == LAW_EMPIRICAL) { /* the file goes without a number */
        *law = (struct law){.kind = LAW_EMPIRICAL, .a = value[1], .b = value[2]};
        return true;
    }
    if (law->kind == LAW_UNIFORM && !(law->a < law->b))
        return complain(reader, "its high must be above its low");
    if (law->kind == LAW_LOGNORMAL) {
        bool is_median = strcmp(signature->name, "lognormal_median") == 0;
        law->a = is_median ? kernel_log(value[0]) : value[2] == 1 ? value[0] : value[0] + kernel_log(value[2]);
        law->c = 0;
    }
    if (law->kind != LAW_PARETO && !isfinite(law_mean(law)))
        return complain(reader, "its mean is too large for a number");
    return true;
}

static const struct signature *find_signature(const char *word)
{
    for (int i = 0; i < NAMED; i++)
        if (strcmp(word, signatures[i].name) == 0)
            return &signatures[i];
    return NULL;
}

static bool read_named(struct reader *reader, struct law *law)
{
    char word[WORD_MAX];
    double value[PARAMETERS_MAX] = {0, 0, 0};
    const char *start = reader->at;
    const char *open = start + strcspn(start, "(");
    if (!cut_word(reader, start, open, word, &reader->at))
        return false;
    const struct signature *signature = find_signature(word);
    if (signature == NULL)
        return complain_unknown(reader, word);
    reader->at = open;
    if (*open == '\0')
        return complain(reader, "a '(' is missing after '%s'", signature->name);
    const char *close = open + strcspn(open, ")");
    reader->at = close;
    if (*close == '\0')
        return complain(reader, "the ')' is missing");
    reader->at = skip_blanks(close + 1);
    if (*reader->at != '\0')
        return complain(reader, "something follows its ')'");
    reader->at = start;
    if (signature->kind == LAW_LOGNORMAL)
        value[2] = 3600; /* hours, unless a unit is given: the failure trace archives fit hours */
    if (signature->kind == LAW_EMPIRICAL)
        value[2] = 1;
    return read_parameters(reader, signature, open + 1, close, value) && assemble(reader, signature, value, law);
}

static bool read_constant(struct reader *reader, struct law *law)
{
    const char *why;
    duration d;
    if (!units_duration(reader->at, &d, &why))
        return complain(reader, "%s", why);
    if (d.us < 0)
        return complain(reader, "it is negative");
    *law = (struct law){.kind = LAW_CONSTANT, .a = duration_seconds(d)};
    return true;
}

bool law_parse(const char *text, struct law *law, char *why, size_t why_bytes, size_t *offset)
{
    struct reader reader = {text, skip_blanks(text), why, why_bytes};
    char first = *reader.at;
    bool done;
    if (first == '\0')
        done = complain(&reader, "it is empty");
    else if ((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '_')
        done = read_named(&reader, law);
    else
        done = read_constant(&reader, law);
    if (!done && offset != NULL)
        *offset = (size_t)(reader.at - text);
    return done;
}

void law_file(const char *text, char name[LAW_FILE_MAX])
{
    struct reader reader = {.text = text};
    const char *from = text + strcspn(text, "(");
    const char *to = from + strcspn(from, ",)");
    bool fits = *from == '(' && cut_word(&reader, from + 1, to, name, &reader.at);
    check(fits, "'%s' is no empirical law", text);
}

/* --- Writing --- */

/* The shortest digits that read back as the same number. */
static void format_number(char buffer[UNITS_TEXT], double value)
{
    for (int digits = 6; digits <= 17; digits++) {
        (void)snprintf(buffer, UNITS_TEXT, "%.*g", digits, value);
        if (strtod(buffer, NULL) == value)
            return;
    }
}

/* A duration that reads back as the same seconds. They came from ticks, but above 2^53 microseconds (285 years) several
 * doubles of ticks lie near, and only some of them divide back. */
static void format_time(char buffer[UNITS_TEXT], double seconds)
{
    double ticks = seconds * 1e6;
    for (int step = 0; step < 4 && ticks / 1e6 != seconds; step++)
        ticks = nextafter(ticks, ticks / 1e6 < seconds ? (double)INFINITY : 0);
    (void)units_format_duration(buffer, duration_from_seconds(ticks / 1e6));
    duration back;
    const char *why;
    if (!units_duration(buffer, &back, &why) || duration_seconds(back) != seconds)
        (void)snprintf(buffer, UNITS_TEXT, "%.0f us", ticks);
}

/* As short as it can be said: "empirical(down.txt, h)". */
static char *format_empirical(const struct law *law, char *buffer, size_t bytes)
{
    static const struct { const char *name; double seconds; } units[] = {{"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"min", 60},
        {"h", 3600}, {"d", 86400}, {"w", 604800}, {"y", 31557600}};
    const char *unit = "s"; /* where a factor follows and there are no bare numbers, any will do */
    char times[UNITS_TEXT];
    check(law->sample != NULL, "an empirical law without values");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].seconds == law->a)
            unit = units[i].name;
    format_number(times, law->b);
    if (law->b != 1)
        (void)snprintf(buffer, bytes, "empirical(%s, %s, %s)", law->sample->file, unit, times);
    else if (law->a > 0)
        (void)snprintf(buffer, bytes, "empirical(%s, %s)", law->sample->file, unit);
    else
        (void)snprintf(buffer, bytes, "empirical(%s)", law->sample->file);
    return buffer;
}

char *law_format(const struct law *law, char *buffer, size_t bytes)
{
    if (law->kind == LAW_EMPIRICAL)
        return format_empirical(law, buffer, bytes);
    char text[PARAMETERS_MAX][UNITS_TEXT];
    double value[PARAMETERS_MAX] = {law->a, law->b, law->c};
    const struct signature *signature = NULL;
    for (int i = NAMED - 1; i >= 0; i--) /* the first of a kind names it */
        if (signatures[i].kind == law->kind)
            signature = &signatures[i];
    check(signature != NULL, "law of unknown kind %d", (int)law->kind);
    for (int i = 0; i < signature->parameters; i++) {
        enum form form = signature->parameter[i].form;
        if (form == FORM_TIME || form == FORM_TIME_ZERO)
            format_time(text[i], value[i]);
        else if (form == FORM_UNIT)
            (void)snprintf(text[i], UNITS_TEXT, "s");
        else
            format_number(text[i], value[i]);
    }
    if (signature->parameters == 1)
        (void)snprintf(buffer, bytes, "%s(%s)", signature->name, text[0]);
    else if (signature->parameters == 2)
        (void)snprintf(buffer, bytes, "%s(%s, %s)", signature->name, text[0], text[1]);
    else
        (void)snprintf(buffer, bytes, "%s(%s, %s, %s)", signature->name, text[0], text[1], text[2]);
    return buffer;
}
