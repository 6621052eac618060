/* What the files of the scenario reader share; nobody else includes this.
 *
 * A scenario passes through four shapes: bytes of files -> one source (text with its includes expanded, and a map back to files and
 * lines; scenario_include.c, scenario_text.c) -> nodes (what was written, with places; scenario_scan.c, held against libconfig) -> values (checked
 * against the key tables; scenario_check.c). Overrides change nodes, so that they are checked like anything written.
 *
 * Invariant: a stage starts only when the stages before it found no mistake, so that one slip of a pen is not reported thrice. */
#ifndef NINES_SIM_SCENARIO_INTERNAL_H
#define NINES_SIM_SCENARIO_INTERNAL_H

#include "sim/base/check.h"
#include "sim/scenario/scenario.h"

/* A run of lines of a source that stand one after another in one file. */
struct span {
    int first_line;          /* in the source */
    const char *file;
    int file_line;           /* the file's line that first_line shows */
};

/* Text in memory that places point into: the scenario with its includes, or one override. */
struct source {
    const char *text;        /* bytes, no NUL inside; ends with NUL */
    size_t bytes;
    uint32_t *line_start;    /* [lines] offsets */
    int lines;
    struct span *span;       /* by first_line; the first is line 1 */
    int spans;
    struct source *next;
};

struct diagnostic {
    struct diagnostic *next;
    struct place place;
    const char *message, *hint;  /* hint may be NULL */
    uint32_t readings;           /* a warning: of so many readings of the scenario; 0: a mistake */
    /* Filled in for printing. */
    const struct source *source; /* NULL: no line to show */
    int rank, source_line;       /* the source's rank and its line, by which mistakes are ordered */
    int order;                   /* of discovery */
};

struct reader {
    struct scenario_file *first_file, *last_file;
    size_t file_bytes;       /* that those not held add to the text */
    struct source *first_source, *last_source;
    int kept;                /* diagnostics in the list */
    struct diagnostic *first_warning, *last_warning;
    bool model_unknown;      /* keys of the top level cannot be judged */
    struct named_law *laws;  /* of the list `laws`, in its order (scenario_law.c) */
    struct kept_sample *samples; /* files of values that were read */
};

enum node_kind {
    NODE_STRING, /* "text" */
    NODE_NUMBER, /* 12 or 1.5e3, text as spelled without a final L */
    NODE_BOOL,
    NODE_WORD,   /* from --set: stands for a string, a number or true/false */
    NODE_GROUP,
    NODE_LIST,   /* ( ) */
    NODE_ARRAY   /* [ ] */
};

/* What was written. */
struct node {
    enum node_kind kind;
    const char *name;        /* NULL in lists and for the root */
    const char *text;        /* of a leaf */
    struct place name_place; /* of the key; in lists the value's place */
    struct place place;      /* of the value */
    struct node *parent, *next, *first, *last;
    int children, index;     /* index among the siblings */
};

/* The last child of its parent from now on. */
static inline void node_append(struct node *parent, struct node *node)
{
    node->parent = parent;
    node->index = parent->children++;
    *(parent->first != NULL ? &parent->last->next : &parent->first) = node;
    parent->last = node;
}

static inline struct reader *scenario_reader(const struct scenario *scenario) { return (struct reader *)scenario->internal; }

/* --- scenario_include.c --- */

/* Reads and expands path, or text when it is not NULL; reports what is wrong. NULL after a mistake without any text. */
struct source *source_load(struct scenario *scenario, const char *path, const char *text);
/* Reads a regular file whole, without byte order mark and carriage returns. Returns why not, or NULL. */
const char *include_read(struct arena *arena, const char *path, char **text, size_t *bytes);
/* The folder of the including file, with its slash, joined to a relative name. */
const char *include_path(struct arena *arena, const char *includer, const char *name);

/* --- scenario_file.c --- */

/* Finds the files that the source's text holds. */
void files_find(struct scenario *scenario, const struct source *source);
/* The file of a value; NULL after a mistake. */
const struct scenario_file *file_of(struct scenario *scenario, struct place place, const char *name);
/* Prints all files as comments. */
void files_print(const struct scenario *scenario, FILE *out);
/* Writes the files that text does not hold behind it, as comments; the result is in arena. */
const char *files_append(const struct scenario *scenario, struct arena *arena, const char *text);

/* --- scenario_text.c --- */

/* A source of the scenario; text and span stay where they are. */
struct source *source_new(struct scenario *scenario, const char *text, size_t bytes, struct span *span, int spans);
/* False after it reported the first byte that no text holds: NUL, another control character, or what is not UTF-8. */
bool text_is_clean(struct scenario *scenario, const char *path, int line, const char *text, size_t bytes);
/* A source of one override: line `number` of "--set". Reports text that is not UTF-8 and returns NULL then. */
struct source *source_override(struct scenario *scenario, const char *text, int number);
/* The place of a line and column of the source. O(log spans). */
struct place source_place(const struct source *source, int line, int column);
/* The source and its line that a place points at; false when it has none (a line below 1, an unreadable file). */
bool source_find(const struct scenario *scenario, struct place place, const struct source **source, int *line, int *rank);
/* Line 1..lines without its newline. */
const char *source_line(const struct source *source, int line, size_t *bytes);
/* Length of the UTF-8 character at text (1 to 4) and its code point, or 0 when it is none. bytes > 0. */
size_t utf8_character(const char *text, size_t bytes, uint32_t *code);

/* --- scenario_scan.c --- */

/* Scans the whole source into a root group. Reports mistakes. */
struct node *scan_source(struct scenario *scenario, const struct source *source);
/* Scans one value (with brackets or quotes) that begins at byte `offset` of a one-line source and fills the rest of it. */
struct node *scan_value(struct scenario *scenario, const struct source *source, size_t offset);
/* True when text is spelled like a number of libconfig. */
bool scan_is_number(const char *text);
bool scan_is_key_start(char c);
bool scan_is_key_character(char c);

/* --- scenario_agree.c --- */

/* Reads text, of which scan made root, with libconfig and takes its strings. Reports where the two differ. */
void scenario_agree(struct scenario *scenario, struct node *root, const char *text);

/* --- scenario_check.c, scenario_leaf.c --- */

/* Fills value, a group, from node (NULL: all defaults) against the table. */
void check_group(struct scenario *scenario, struct value *value, const struct key *keys, const struct node *node);
/* True when key exists beside the values of group: its `when` holds. *unsure: the deciding key itself is broken. */
bool key_exists(const struct key *keys, const struct key *key, const struct node *group, bool *unsure);
struct node *node_child(const struct node *group, const char *name);
/* "clouds.akash.tenant", in arena; "" for the root. */
const char *node_path(struct arena *arena, const struct node *node);
/* What a list's element is called: the text of its key of type KEY_NAME, or NULL. */
const char *node_element_name(const struct node *element, const struct key *children);

/* The hint for an unknown key: the nearest of the table, where else in all of them there is one of this name, or what a short table
 * holds; in arena. */
const char *hint_keys(struct arena *arena, const char *word, const struct key *keys, const struct key *all);

/* Why a text is not a value of its key. */
struct complaint {
    const char *message, *hint; /* in arena; hint may be NULL */
    size_t offset;              /* byte of the text where it went wrong */
};

/* Reads the text of a leaf into value->is. */
bool leaf_read(struct arena *arena, const struct key *key, const char *text, struct value *value, struct complaint *complaint);
/* The value of a leaf in base units. */
double leaf_base_units(const struct key *key, const struct value *value);
/* "a|b|c" as "a, b, c", and the alternative nearest to text, or NULL. */
const char *choices_joined(struct arena *arena, const char *choices, const char *between);
const char *choices_nearest(struct arena *arena, const char *text, const char *choices);
/* text, cut to some 60 characters. */
const char *text_clipped(struct arena *arena, const char *text);
/* The first control character of text, or NULL. */
const char *text_control(const char *text);
/* What a value of key is: "a duration". */
const char *key_phrase(const struct key *key);
/* An example of a value of key, as written in a file; in arena. */
const char *key_example(struct arena *arena, const struct key *key);
/* "above 0 s, at most 100 y"; "" where there is no range to speak of. */
const char *key_range(struct arena *arena, const struct key *key);
static inline bool key_is_leaf(const struct key *key)
{
    return key->type != KEY_GROUP && key->type != KEY_LIST && key->type != KEY_TEXTS;
}
/* standard "": may be left out and then has no value. */
static inline bool key_is_optional_leaf(const struct key *key)
{
    return key_is_leaf(key) && key->standard != NULL && key->standard[0] == '\0' && key->type != KEY_TEXT &&
           key->type != KEY_NAME && key->type != KEY_ANY;
}

/* --- scenario_law.c --- */

/* Takes the names of the list `laws`, before values are checked. */
void laws_find(struct scenario *scenario, const struct node *root);
/* What a list alone can tell: names that look like laws, means outside their range. After all values. */
void laws_check(struct scenario *scenario);
/* True for the law of an element of that list, which must be written out. */
bool law_is_in_list(const struct node *node);
/* Reads the file of an empirical law, whose text stands at place; other laws are complete. False after a mistake. */
bool law_attach(struct scenario *scenario, struct place place, const char *text, struct law *law);
/* Where text may have been meant as a name of the list: says so, with the nearest. */
void law_hint(struct scenario *scenario, const char *text, struct complaint *complaint);

/* --- scenario_set.c --- */

/* Applies "path=value", the number-th override, to the nodes. */
void override_apply(struct scenario *scenario, struct node *root, const struct key *keys, const struct source *source);
/* The value of an override whose path is exactly `key`, or NULL. */
const char *override_value(struct arena *arena, const char *text, const char *key);

/* --- scenario_print.c --- */

/* Reports a mistake at a place; line 0 means the whole file. */
void scenario_mistake(struct scenario *scenario, struct place place, const char *hint, const char *format, ...)
    NINES_PRINTF(4, 5);


/* True when further mistakes are only counted: no need to think about their hints. */
bool scenario_is_full(const struct scenario *scenario);

/* --- scenario_reference.c --- */

/* All that is said about a key's value: "a duration, above 0 s; required"; in arena. */
const char *key_type_line(struct arena *arena, const struct key *key);

/* --- scenario_config.c --- */

/* Prints text as the value of a leaf of that type: bare where libconfig can read it back, else quoted. */
void print_leaf_text(FILE *out, const struct key *key, const char *text);

#endif
