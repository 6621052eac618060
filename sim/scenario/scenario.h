/* Scenario files: text in, checked values out.
 *
 * One table of struct key declares every key: name, type, range, default, help. The same table drives parsing, validation,
 * --print-config, scenarios/reference.cfg and the man page, so none can disagree. The bench declares its own keys (title,
 * start, horizon, ...); the chosen model adds its own (fleet, demand, clouds, ...).
 *
 * Reading never stops at the first mistake: mistakes are collected with file, line and column and shown together. After a read
 * without mistakes every declared key has a value (its default where the file is silent), so the accessors below cannot fail.
 *
 * The text is libconfig's; @include "FILE" at the start of a line works, relative to the including file's folder; loops are
 * refused. Values of quantities are strings with units; a law is written as it is said. Two things are stricter than in
 * libconfig: a string ends on its line ("a" "b" on two lines is one text), and all text is UTF-8 without control characters.
 *
 * Cost: one pass over the text plus one over the key tables; 8 MiB of text (SCENARIO_MAX_BYTES, includes counted) is the most
 * that is read. */
#ifndef NINES_SIM_SCENARIO_H
#define NINES_SIM_SCENARIO_H

#include "sim/base/arena.h"
#include "sim/chance/law.h"
#include "sim/base/units.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum key_type {
    KEY_TEXT,      /* any string without control characters */
    KEY_NAME,      /* a name: 1 to 64 of letters, digits, space and . _ - + / ( ) ; unique within its list when key.unique */
    KEY_CHOICE,    /* one of key.choices, separated by | */
    KEY_BOOL,
    KEY_INTEGER,   /* whole number; range applies */
    KEY_NUMBER,    /* range applies */
    KEY_SHARE,     /* "99.9 %" or 0.999; range applies (0..1 unless given) */
    KEY_DURATION,  /* "14 d"; range in seconds */
    KEY_UTC,       /* "2024-07-18T21:40Z" */
    KEY_BYTES,
    KEY_MONEY,
    KEY_MONEY_RATE, /* "1.10 USD/h" */
    KEY_RATE,      /* "2 /y"; range in events per second */
    KEY_LAW,       /* a law of durations, written out or by its name in the list `laws` */
    KEY_GROUP,     /* { ... } with key.children */
    KEY_LIST,      /* ( {...}, {...} ): groups with key.children */
    KEY_FILE,      /* name of a text file, relative to the folder of the file in which it is written */
    KEY_TEXTS,     /* [ "a", "b" ] or ( "a", "b" ): strings */
    KEY_ANY        /* kept as text, checked by nobody here: study points' overrides */
};

struct key {
    const char *name;
    enum key_type type;
    const char *standard;      /* default as scenario text, a string without its quotes. NULL: required (for GROUP, LIST, TEXTS:
                                  may be absent). "" for a type that is not TEXT or NAME: optional without a default; then
                                  value_given() is false, the text is "" and the value 0, or NaN for NUMBER, SHARE and RATE.
                                  "{}" for a GROUP: always there, with its keys' defaults */
    const char *help;          /* one sentence with unit and source or "assumption" */
    double low, high;          /* range, inclusive, in base units (seconds, bytes, USD, USD/h, events per second); both 0: the
                                  type's natural range (see above; DURATION, BYTES, MONEY, MONEY_RATE, RATE: >= 0; INTEGER,
                                  NUMBER: any); high 0 below a low above 0: no upper end */
    bool above_low;            /* low itself is excluded: "must be above 0"; with both 0 the range is above 0 */
    const char *choices;       /* KEY_CHOICE */
    const struct key *children; /* KEY_GROUP and KEY_LIST: ends with a key of name NULL */
    const char *when;          /* "kind=hyperscaler|ionet": the key exists only beside such a value; "sdl=": only without that key; NULL:
                                  always. A name may be declared more than once under values that exclude each other */
    bool unique;               /* KEY_NAME in a list: no two elements may share it */
    bool required;             /* GROUP, LIST, TEXTS: must be there; LIST, TEXTS: and not be empty */
    bool filled;               /* LIST, TEXTS: may be absent, which says something else than an empty list would seem to */
};
#define KEY_END {.name = NULL}

enum { SCENARIO_MAX_BYTES = 8 << 20 };

/* A place in a file, for messages. A default has the place of the group that it is missing from; what --set gave has the file
 * "--set", where line n is the n-th override. */
struct place {
    const char *file;
    int line, column; /* from 1; columns count characters, a tab is one */
};

/* One value: a leaf, a group or a list. */
struct value {
    const struct key *key;
    struct place place;
    bool given;              /* written by the user, not a default */
    const char *text;        /* leaf: as written, a string without its quotes; GROUP, LIST, TEXTS: NULL */
    union {
        bool boolean;
        int64_t integer;     /* INTEGER, BYTES */
        double number;       /* NUMBER, SHARE, RATE */
        duration duration;
        int64_t unix_s;      /* UTC */
        money money;         /* MONEY, MONEY_RATE (per hour) */
        struct law law;
        int choice;          /* index into choices */
        const struct scenario_file *file; /* FILE; NULL: not given */
    } is;
    struct value *child;     /* GROUP: one per declared key that exists; LIST, TEXTS: one per element, a group or a text, whose
                                key is the list's */
    size_t children;
};

/* A text file that a value names. Its text becomes part of the scenario's, in comments that begin with "#|", so a results file holds
 * all that its run was made of. A file that the scenario's text holds already is taken from there and not looked for. */
struct scenario_file {
    const char *name; /* as written; what it is known by: two files of one name in different folders are a mistake */
    const char *path; /* for messages */
    const char *text; /* [bytes] and a NUL: UTF-8 without control characters but tabs; every line ends with a newline */
    size_t bytes;
    bool held;        /* the scenario's text held it already */
    struct scenario_file *next;
};

struct scenario {
    struct arena *arena;
    const char *path;        /* as given on the command line */
    const char *text;        /* with includes expanded and files at its end, for the results file */
    const char *name;        /* file name without folder and .cfg */
    struct value root;       /* a group */
    int errors;              /* mistakes found, including those beyond what is kept for printing */
    struct diagnostic *first_diagnostic, *last_diagnostic;
    const struct key *keys;
    const void *internal;    /* the reader's own: file texts for caret lines */
};

/* Where the model's keys come from: the reader finds `model = "..."` first, then asks for its keys: true and *keys (and
 * *point_keys, maybe NULL, which join `label` and `set` in study.points[]) when there is such a model. */
typedef bool scenario_model_keys(const void *registry, const char *model_name, const struct key **keys,
                                 const struct key **point_keys);

/* Reads path, applies overrides ("clouds.akash.tenant.detection=5 min": list elements by name or index; applied in order), checks against
 * the bench's keys and the model's. Never NULL; look at ->errors. Everything lives in arena. `describe_models` names the
 * known models for the hint. */
struct scenario *scenario_read(struct arena *arena, const char *path, const char *const *overrides, size_t override_count,
                               scenario_model_keys *model_keys, const void *registry, const char *known_models);
/* The same from text that is already in memory (a results file's scenario_text); name stands for the path in messages. */
struct scenario *scenario_read_text(struct arena *arena, const char *name, const char *text, const char *const *overrides,
                                    size_t override_count, scenario_model_keys *model_keys, const void *registry,
                                    const char *known_models);

/* A semantic mistake found by a model or the study, at a value. hint may be NULL. */
void scenario_error(struct scenario *scenario, const struct value *at, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A mistake in a file that a value names: line and column from 1, line 0 the whole file. */
void scenario_error_in(struct scenario *scenario, const struct scenario_file *file, int line, int column, const char *hint,
                       const char *format, ...) __attribute__((format(printf, 6, 7)));
/* What is no mistake and hardly what was meant: said in the form of an error, and counted by nobody. */
void scenario_warning(struct scenario *scenario, const struct value *at, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Warns of each of the keys of the group, ending with NULL, that was given: "'KEY' has no effect here, because WHY". */
void scenario_warn_idle(struct scenario *scenario, const struct value *group, const char *const *keys, const char *why, const char *hint);
/* What another reading of the same scenario was warned of counts here too. */
void scenario_adopt_warnings(struct scenario *scenario, const struct scenario *other);
/* Prints the warnings that all of so many readings gave: a key that only some points of a study leave idle is meant so. Returns how many. */
int scenario_print_warnings(const struct scenario *scenario, uint32_t readings, FILE *out);
/* The times that a text file lists, one a line: "2.5 h", or a bare number of unit_s seconds (0: a bare number is a mistake). What
 * follows a # or the first comma is skipped, and so are blank lines and a first line that begins with a letter. *seconds: in
 * arena, in the file's order, none below 0. Returns their number, 0 after mistakes, which are reported in the file. */
size_t scenario_file_times(struct scenario *scenario, const struct scenario_file *file, double unit_s, const double **seconds);
/* The law of that name in the list `laws`, which counts as used from now on; NULL: there is none. One with mistakes, which are reported
 * where it stands, is constant(0 s). */
const struct law *scenario_law_named(struct scenario *scenario, const char *name);
bool scenario_law_is_used(const struct scenario *scenario, const char *name);
/* What another reading of the same scenario uses of the list counts as used here too. */
void scenario_adopt_laws(struct scenario *scenario, const struct scenario *other);
/* Adds the files of another reading of the same scenario to this one's text: those that only an override names. A file that is
 * called like another one is a mistake of the other reading. */
void scenario_adopt_files(struct scenario *scenario, struct scenario *other);
/* All mistakes, in file and line order, as style.md section 6 shows. Returns their number. */
int scenario_print_errors(const struct scenario *scenario, FILE *out);
/* The effective configuration: every key with its value, defaults marked by a comment. */
void scenario_print_config(const struct scenario *scenario, FILE *out);
/* A commented reference of every key of the bench and of each given model (point_keys[i]: what it adds to a study's
 * points, or NULL): what scenarios/reference.cfg holds. */
void scenario_print_reference(FILE *out, const struct key *const *model_keys, const struct key *const *point_keys,
                              const char *const *model_names, size_t models);
/* The same as a page of Markdown, with a table for each part: what docs/scenario.md holds. */
void scenario_print_page(FILE *out, const struct key *const *model_keys, const struct key *const *point_keys,
                         const char *const *model_names, size_t models);
/* Nearest of `count` names to `word` by edit distance, or NULL when none is near. For hints. */
const char *scenario_nearest(const char *word, const char *const *names, size_t count);

/* --- Values as numbers, for those who vary them (scenario_number.c) --- */

/* The leaf that a path names, as --set writes it: "clouds.akash.tenant.detection", "clouds[0].name"; of a path with one '*',
 * "faults.half-*.rate", the nth that it names, from 0. NULL: there is none, or it is in a group that was not written. */
const struct value *scenario_find(const struct scenario *scenario, const char *path, size_t nth);
/* True for the types that are one number with a range: whole numbers, numbers, shares, durations, bytes, money, prices, rates. */
bool key_is_quantity(const struct key *key);
/* The number of a quantity in its base unit (seconds, bytes, USD, USD/h, events per second). */
double value_in_base_units(const struct value *quantity);
/* Whether text is a value that the key takes; then *number is in base units if the key is a quantity. Else *message says why not and
 * *hint (maybe NULL) how to mend it; texts in arena. */
bool key_accepts(struct arena *arena, const struct key *key, const char *text, double *number, const char **message,
                 const char **hint);
/* A quantity as text that reads back: durations, money and bytes to their tick, the rest to 12 digits. In arena. */
const char *key_number_text(struct arena *arena, const struct key *key, double number);

/* The bench's own keys, ends with KEY_END: title, start, horizon, ... (scenario_keys.c). A model must not declare them again. */
const struct key *scenario_bench_keys(void);

/* --- Accessors: `name` must be declared beside the group (a wrong name is a defect and aborts). --- */
const struct value *value_of(const struct value *group, const char *name);   /* never NULL for leaves; an absent optional GROUP,
                                                                                LIST or TEXTS is a value with given = false and
                                                                                children = 0 */
bool value_given(const struct value *group, const char *name);
const char *value_text(const struct value *group, const char *name);
bool value_bool(const struct value *group, const char *name);
int64_t value_integer(const struct value *group, const char *name);
double value_number(const struct value *group, const char *name);
duration value_duration(const struct value *group, const char *name);
int64_t value_utc(const struct value *group, const char *name);
money value_money(const struct value *group, const char *name);
const struct law *value_law(const struct value *group, const char *name);
int value_choice(const struct value *group, const char *name);
const struct scenario_file *value_file(const struct value *group, const char *name); /* NULL: not given */
static inline size_t value_count(const struct value *list) { return list->children; }
static inline const struct value *value_at(const struct value *list, size_t i) { return &list->child[i]; }
/* Element of a list whose key `name` (KEY_NAME) reads `text`; NULL when there is none. */
const struct value *value_named(const struct value *list, const char *text);

#endif
