#include "sim/scenario/scenario_internal.h"

#include <string.h>
#include <strings.h>

/* libconfig says which line it stumbled over, but not where in it, nor what it had been waiting for. This scanner reads
 * the same grammar (libconfig manual 1.5, chapter 2), remembers where everything stands and how it is spelled, and goes
 * on after a mistake with the next setting. What it accepts is then held against libconfig itself (scenario_agree.c).
 */

enum { DEEPEST = 32, MOST_KEYS = 128, MOST_NODES = 500000 };

struct scanner {
    struct scenario *scenario;
    const struct source *source;
    const char *at, *end;
    int line, column, depth, nodes;
};

bool scan_is_key_start(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '*';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool scan_is_key_character(char c)
{
    return scan_is_key_start(c) || is_digit(c) || c == '-' || c == '_';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The byte `ahead` of here, NUL behind the end. */
static char peek(const struct scanner *scanner, size_t ahead)
{
    return (size_t)(scanner->end - scanner->at) > ahead ? scanner->at[ahead] : '\0';
}

static void step(struct scanner *scanner)
{
    unsigned char c = (unsigned char)*scanner->at++;
    if (c == '\n') {
        scanner->line++;
        scanner->column = 1;
    } else if ((c & 0xc0) != 0x80) {
        scanner->column++;
    }
}

static void step_to(struct scanner *scanner, const char *to)
{
    while (scanner->at < to)
        step(scanner);
}

static struct place here(const struct scanner *scanner)
{
    return source_place(scanner->source, scanner->line, scanner->column);
}

static void skip_blanks(struct scanner *scanner)
{
    while (scanner->at < scanner->end) {
        char c = *scanner->at, next = peek(scanner, 1);
        if (c == ' ' || c == '\t' || c == '\n') {
            step(scanner);
        } else if (c == '#' || (c == '/' && next == '/')) {
            while (scanner->at < scanner->end && *scanner->at != '\n')
                step(scanner);
        } else if (c == '/' && next == '*') {
            step_to(scanner, scanner->at + 2);
            while (scanner->at < scanner->end && (*scanner->at != '*' || peek(scanner, 1) != '/'))
                step(scanner);
            step_to(scanner, scanner->end - scanner->at < 2 ? scanner->end : scanner->at + 2);
        } else {
            break;
        }
    }
}

/* What stands here, for "found ...". */
static const char *found(const struct scanner *scanner)
{
    uint32_t code;
    if (scanner->at >= scanner->end)
        return "the end of the text";
    size_t length = utf8_character(scanner->at, (size_t)(scanner->end - scanner->at), &code);
    const char *p = scanner->at;
    while (p < scanner->end && p - scanner->at < 40 && scan_is_key_character(*p))
        p++;
    size_t word = (size_t)(p - scanner->at);
    return arena_format(scanner->scenario->arena, "'%.*s'", (int)(word > 0 ? word : length), scanner->at);
}

/* Skips to the next of `stops` outside brackets, strings and comments, or to a bracket that closes what is open here.
 */
static void recover(struct scanner *scanner, const char *stops)
{
    int open = 0;
    while (scanner->at < scanner->end) {
        char c = *scanner->at;
        if (open == 0 && (strchr(stops, c) != NULL || strchr(")]}", c) != NULL))
            return;
        if (c == '"') {
            step(scanner);
            while (scanner->at < scanner->end && *scanner->at != '"' && *scanner->at != '\n')
                step_to(scanner, scanner->at + (*scanner->at == '\\' && scanner->end - scanner->at > 1 ? 2 : 1));
            if (peek(scanner, 0) == '"')
                step(scanner);
            continue;
        }
        if (c == '#' || (c == '/' && (peek(scanner, 1) == '/' || peek(scanner, 1) == '*'))) {
            skip_blanks(scanner);
            continue;
        }
        open += c == '(' || c == '[' || c == '{';
        open -= c == ')' || c == ']' || c == '}';
        step(scanner);
    }
}

/* --- Numbers --- */

/* Length of the libconfig number at text, 0 when there is none. Its L or LL is not counted. */
static size_t number_length(const char *text, const char *end)
{
    const char *p = text;
    if (end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && is_hex(p[2])) {
        for (p += 2; p < end && is_hex(*p); p++)
            ;
        return (size_t)(p - text);
    }
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    const char *digits = p;
    while (p < end && is_digit(*p))
        p++;
    size_t count = (size_t)(p - digits);
    if (p < end && *p == '.') {
        for (p++; p < end && is_digit(*p); p++)
            count++;
    }
    if (count == 0)
        return 0;
    if (p < end && (*p == 'e' || *p == 'E')) {
        const char *exponent = p + 1;
        if (exponent < end && (*exponent == '-' || *exponent == '+'))
            exponent++;
        if (exponent < end && is_digit(*exponent)) {
            while (exponent < end && is_digit(*exponent))
                exponent++;
            p = exponent;
        }
    }
    return (size_t)(p - text);
}

bool scan_is_number(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && number_length(text, text + length) == length;
}

/* --- Values --- */

static bool scan_any_value(struct scanner *scanner, struct node *node);

static struct node *node_add(struct scanner *scanner, struct node *parent)
{
    struct node *node = arena_new(scanner->scenario->arena, struct node);
    node->name_place = node->place = here(scanner);
    node_append(parent, node);
    if (++scanner->nodes == MOST_NODES) {
        scenario_mistake(scanner->scenario, node->place, NULL, "more than %d values", MOST_NODES);
        scanner->at = scanner->end;
    }
    return node;
}

/* The rest of a value that should have been in quotes: up to the end of the setting or the line, parentheses included.
 */
static bool complain_unquoted(struct scanner *scanner, const char *start, struct place place)
{
    const char *p = start;
    int open = 0;
    for (; p < scanner->end && *p != ';' && *p != '\n' && *p != '"' && *p != '#' && *p != '{'; p++) {
        if (open == 0 && strchr(",)]}", *p) != NULL)
            break;
        open += *p == '(';
        open -= *p == ')';
    }
    const char *end = p;
    while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    int length = end - start > 60 ? 60 : (int)(end - start);
    const char *what = is_digit(*start) || *start == '-' || *start == '.' ? "a value with a unit" : "a text";
    scenario_mistake(
        scanner->scenario, place,
        arena_format(scanner->scenario->arena, "write \"%.*s\"%s", length, start, end - start > 60 ? "..." : ""),
        "%s must stand in quotes", what);
    step_to(scanner, p);
    return false;
}

/* After a number: is what follows on the line part of it, as in 14 d, 99.9 % or 2024-07-01? */
static bool number_goes_on(const struct scanner *scanner)
{
    const char *p = scanner->at;
    bool blank = false;
    for (; p < scanner->end && (*p == ' ' || *p == '\t'); p++)
        blank = true;
    if (p >= scanner->end || strchr(";,()[]{}\n#\"=", *p) != NULL || (blank && is_digit(*p)))
        return false;
    if (*p == '/')
        return p + 1 >= scanner->end || (p[1] != '/' && p[1] != '*');
    if (!scan_is_key_start(*p))
        return true;
    /* A name may begin the next setting, for separators are optional. */
    while (p < scanner->end && scan_is_key_character(*p))
        p++;
    while (p < scanner->end && (*p == ' ' || *p == '\t'))
        p++;
    return !blank || p >= scanner->end || (*p != '=' && *p != ':');
}

static bool scan_number(struct scanner *scanner, struct node *node)
{
    const char *start = scanner->at;
    size_t length = number_length(start, scanner->end);
    node->kind = NODE_NUMBER;
    node->text = arena_format(scanner->scenario->arena, "%.*s", (int)length, start);
    step_to(scanner, start + length);
    for (int i = 0; i < 2 && peek(scanner, 0) == 'L' && strpbrk(node->text, ".eE") == NULL; i++)
        step(scanner);
    if (number_goes_on(scanner))
        return complain_unquoted(scanner, start, node->place);
    return true;
}

/* One or more strings, which libconfig joins. Their text comes from libconfig later. */
static bool scan_string(struct scanner *scanner, struct node *node)
{
    node->kind = NODE_STRING;
    while (peek(scanner, 0) == '"') {
        struct place place = here(scanner);
        step(scanner);
        while (scanner->at < scanner->end && *scanner->at != '"' && *scanner->at != '\n') {
            bool escape = *scanner->at == '\\' && peek(scanner, 1) != '\n' && peek(scanner, 1) != '\0';
            if (escape && peek(scanner, 1) == 'x' && peek(scanner, 2) == '0' && peek(scanner, 3) == '0') {
                scenario_mistake(scanner->scenario, here(scanner), NULL, "a text must not hold '\\x00'");
                return false;
            }
            step_to(scanner, scanner->at + (escape ? 2 : 1));
        }
        if (peek(scanner, 0) != '"') {
            scenario_mistake(scanner->scenario, place, "\"one line\" \"and the next\" are joined to one text",
                             "this text is not closed by '\"' on its line");
            return false;
        }
        step(scanner);
        skip_blanks(scanner);
    }
    return true;
}

static bool scan_word(struct scanner *scanner, struct node *node)
{
    const char *start = scanner->at, *p = start;
    while (p < scanner->end && scan_is_key_character(*p))
        p++;
    size_t length = (size_t)(p - start);
    bool is_true = length == 4 && strncasecmp(start, "true", 4) == 0;
    if (length == 3 && (strncasecmp(start, "nan", 3) == 0 || strncasecmp(start, "inf", 3) == 0)) {
        scenario_mistake(scanner->scenario, node->place, "quantities are finite numbers", "'%.3s' is not a number",
                         start);
        step_to(scanner, p);
        return false;
    }
    if (!is_true && !(length == 5 && strncasecmp(start, "false", 5) == 0))
        return complain_unquoted(scanner, start, node->place);
    node->kind = NODE_BOOL;
    node->text = is_true ? "true" : "false";
    step_to(scanner, p);
    return true;
}

static void never_closed(struct scanner *scanner, struct place open, char bracket)
{
    scenario_mistake(scanner->scenario, open, NULL, "'%c' is never closed", bracket);
}

/* Elements up to `close`; here is the first byte behind the opening bracket. */
static bool scan_elements(struct scanner *scanner, struct node *list, char close)
{
    char bracket = close == ')' ? '(' : '[';
    struct place comma = {0};
    for (skip_blanks(scanner); scanner->at < scanner->end; skip_blanks(scanner)) {
        if (*scanner->at == close) {
            if (comma.line != 0)
                scenario_mistake(scanner->scenario, comma, "leave the last comma out",
                                 "nothing follows this comma in the list");
            step(scanner);
            return true;
        }
        if (list->children > 0 && comma.line == 0) {
            scenario_mistake(scanner->scenario, here(scanner), NULL, "expected ',' or '%c', found %s", close,
                             found(scanner));
            recover(scanner, ",;");
            if (peek(scanner, 0) != ',' && peek(scanner, 0) != close)
                return false;
            if (peek(scanner, 0) == close)
                continue;
            comma = here(scanner);
            step(scanner);
            continue;
        }
        if (!scan_any_value(scanner, node_add(scanner, list))) {
            recover(scanner, ",;");
            if (peek(scanner, 0) != ',' && peek(scanner, 0) != close)
                return false;
        }
        skip_blanks(scanner);
        comma = (struct place){0};
        if (peek(scanner, 0) == ',') {
            comma = here(scanner);
            step(scanner);
        }
    }
    never_closed(scanner, list->place, bracket);
    return false;
}

/* An array of libconfig holds values of one type. */
static void check_array(struct scanner *scanner, const struct node *array)
{
    for (const struct node *node = array->first; node != NULL; node = node->next) {
        bool leaf = node->kind == NODE_STRING || node->kind == NODE_NUMBER || node->kind == NODE_BOOL;
        if (leaf && node->kind == array->first->kind)
            continue;
        scenario_mistake(scanner->scenario, node->place, "use ( ... ) for a list of anything",
                         leaf ? "an array [ ... ] holds values of one type"
                              : "an array [ ... ] holds no groups or lists");
        return;
    }
}

static void scan_setting(struct scanner *scanner, struct node *group);

/* Settings up to the closing brace, or to the end of the text for the root. */
static bool scan_settings(struct scanner *scanner, struct node *group, bool root)
{
    for (skip_blanks(scanner); scanner->at < scanner->end; skip_blanks(scanner)) {
        char c = *scanner->at;
        if (c == '}' && !root) {
            step(scanner);
            return true;
        }
        if (c == ')' || c == ']' || c == '}') {
            if (!root) {
                scenario_mistake(scanner->scenario, here(scanner),
                                 arena_format(scanner->scenario->arena, "the '{' stands at %s:%d:%d", group->place.file,
                                              group->place.line, group->place.column),
                                 "expected '}', found '%c'", c);
                return false;
            }
            scenario_mistake(scanner->scenario, here(scanner), NULL, "'%c' closes nothing", c);
            step(scanner);
            if (peek(scanner, 0) == ';' || peek(scanner, 0) == ',')
                step(scanner);
            continue;
        }
        scan_setting(scanner, group);
    }
    if (!root)
        never_closed(scanner, group->place, '{');
    return root;
}

static bool scan_brackets(struct scanner *scanner, struct node *node)
{
    char open = *scanner->at;
    bool done;
    if (scanner->depth == DEEPEST) {
        scenario_mistake(scanner->scenario, node->place, NULL, "brackets are nested more than %d deep", DEEPEST);
        return false;
    }
    int errors = scanner->scenario->errors;
    scanner->depth++;
    step(scanner);
    if (open == '{') {
        node->kind = NODE_GROUP;
        done = scan_settings(scanner, node, false);
    } else {
        node->kind = open == '(' ? NODE_LIST : NODE_ARRAY;
        done = scan_elements(scanner, node, open == '(' ? ')' : ']');
    }
    scanner->depth--;
    if (done && open == '[' && scanner->scenario->errors == errors)
        check_array(scanner, node);
    return done;
}

static bool scan_any_value(struct scanner *scanner, struct node *node)
{
    node->place = here(scanner);
    char c = peek(scanner, 0);
    if (c == '{' || c == '(' || c == '[')
        return scan_brackets(scanner, node);
    if (c == '"')
        return scan_string(scanner, node);
    if (scanner->at < scanner->end && number_length(scanner->at, scanner->end) > 0)
        return scan_number(scanner, node);
    if (scan_is_key_start(c) && c != '*')
        return scan_word(scanner, node);
    scenario_mistake(scanner->scenario, node->place,
                     "a value is a number, true, false, \"a text\", { a group } or ( a list )",
                     "expected a value, found %s", found(scanner));
    return false;
}

/* True when name is new in group. */
static bool key_is_new(struct scanner *scanner, const struct node *group, const char *name, struct place place)
{
    const struct node *other = node_child(group, name);
    if (other != NULL) {
        scenario_mistake(scanner->scenario, place,
                         arena_format(scanner->scenario->arena, "it stands at %s:%d:%d too; keep one",
                                      other->name_place.file, other->name_place.line, other->name_place.column),
                         "key '%s' is given twice", name);
        return false;
    }
    if (group->children == MOST_KEYS) {
        scenario_mistake(scanner->scenario, place, NULL, "more than %d keys in one group", MOST_KEYS);
        scanner->at = scanner->end;
        return false;
    }
    return true;
}

/* key = value, and the separator. Goes on behind a mistake by itself. */
static void scan_setting(struct scanner *scanner, struct node *group)
{
    const char *start = scanner->at, *p = start;
    struct place place = here(scanner);
    if (!scan_is_key_start(*start)) {
        const char *hint =
            *start == ';' ? "one ';' ends a setting" : "a setting is key = value; and a key begins with a letter";
        scenario_mistake(scanner->scenario, place,
                         strncmp(start, "@include", 8) == 0 ? "it must stand at the start of a line" : hint,
                         "expected a key, found %s", found(scanner));
        if (*start != ';')
            recover(scanner, ";\n");
        if (peek(scanner, 0) == ';')
            step(scanner);
        return;
    }
    while (p < scanner->end && scan_is_key_character(*p))
        p++;
    const char *name = arena_format(scanner->scenario->arena, "%.*s", (int)(p - start), start);
    step_to(scanner, p);
    skip_blanks(scanner);
    char c = peek(scanner, 0);
    if (c != '=' && c != ':') {
        scenario_mistake(scanner->scenario, here(scanner), NULL, "expected '=' after '%.60s', found %s", name,
                         found(scanner));
        recover(scanner, ";\n");
    } else if (strcasecmp(name, "true") == 0 || strcasecmp(name, "false") == 0) {
        scenario_mistake(scanner->scenario, place, NULL, "'%s' is a value, not a key", name);
        recover(scanner, ";\n");
    } else {
        struct place sign = here(scanner);
        step(scanner);
        skip_blanks(scanner);
        if (scanner->at >= scanner->end) {
            scenario_mistake(scanner->scenario, sign, NULL, "nothing follows '%c'", c);
            return;
        }
        /* A second value is scanned all the same, for the mistakes in it, but into a group that nobody reads. */
        struct node aside = {.kind = NODE_GROUP};
        struct node *node = node_add(scanner, key_is_new(scanner, group, name, place) ? group : &aside);
        node->name = name;
        node->name_place = place;
        if (!scan_any_value(scanner, node))
            recover(scanner, ";\n");
    }
    skip_blanks(scanner);
    if (peek(scanner, 0) == ';' || peek(scanner, 0) == ',')
        step(scanner);
}

/* --- Entries --- */

struct node *scan_source(struct scenario *scenario, const struct source *source)
{
    struct node *root = arena_new(scenario->arena, struct node);
    struct scanner scanner = {.scenario = scenario, .source = source, .at = source->text, .line = 1, .column = 1};
    scanner.end = source->text + source->bytes;
    root->kind = NODE_GROUP;
    root->place = root->name_place = source_place(source, 1, 1);
    (void)scan_settings(&scanner, root, true);
    return root;
}

struct node *scan_value(struct scenario *scenario, const struct source *source, size_t offset)
{
    struct node *outside = arena_new(scenario->arena, struct node);
    struct scanner scanner = {.scenario = scenario, .source = source, .at = source->text, .line = 1, .column = 1};
    scanner.end = source->text + source->bytes;
    step_to(&scanner, source->text + offset);
    outside->kind = NODE_GROUP;
    outside->place = outside->name_place = here(&scanner);
    struct node *node = node_add(&scanner, outside);
    node->name = "value";
    if (scan_any_value(&scanner, node)) {
        skip_blanks(&scanner);
        if (scanner.at < scanner.end)
            scenario_mistake(scenario, here(&scanner), NULL, "nothing may follow the value, found %s", found(&scanner));
    }
    return outside;
}
