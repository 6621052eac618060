/* Fields of one line of a replay, read with a mistake each where they are not what they should be. */
#ifndef NINES_MODELS_COMMANDS_REPLAY_FIELD_H
#define NINES_MODELS_COMMANDS_REPLAY_FIELD_H

#include "models/commands/replay.h"

#include <jansson.h>

/* The line under way. */
struct replay_line {
    struct arena *arena;
    struct mistakes *mistakes;
    const char *text; /* [bytes] without its end */
    size_t bytes;
    int number;
    json_t *object;
};

/* Notes a mistake at the value of a top-level key, or, where the line has no such key, at its beginning. */
void field_wrong(struct replay_line *line, const char *key, const char *hint, const char *format, ...) NINES_PRINTF(4, 5);
/* The same at the key itself. */
void field_wrong_key(struct replay_line *line, const char *key, const char *hint, const char *format, ...) NINES_PRINTF(4, 5);

/* Each reads object[key], where `path` is its name in messages and its first word the top-level key. What is absent gives
 * `otherwise`, or NULL, and no mistake; what is wrong gives the same and a mistake. */
int64_t field_integer(struct replay_line *line, const json_t *object, const char *key, const char *path, int64_t low, int64_t high, int64_t otherwise);
const char *field_text(struct replay_line *line, const json_t *object, const char *key, const char *path);
bool field_truth(struct replay_line *line, const json_t *object, const char *key, const char *path, bool otherwise);
/* NULL unless it is an object, or an array. */
json_t *field_object(struct replay_line *line, const json_t *object, const char *key, const char *path);
json_t *field_array(struct replay_line *line, const json_t *object, const char *key, const char *path);
/* "500000uakt"; only whole amounts. False: absent or wrong. */
bool field_amount(struct replay_line *line, const json_t *object, const char *key, const char *path, struct replay_coin *coin);
/* "1.5uakt". */
bool field_price(struct replay_line *line, const json_t *object, const char *key, const char *path, struct replay_coin *coin);
/* {"key": "value"}, sorted by key; copied to the arena. */
struct attributes field_attributes(struct replay_line *line, const json_t *object, const char *key, const char *path);
/* ["name"]; copied to the arena. */
const char *const *field_names(struct replay_line *line, const json_t *object, const char *key, const char *path, int32_t *count);
/* Index into choices, which end with NULL; -1: absent or wrong. */
int field_choice(struct replay_line *line, const json_t *object, const char *key, const char *path, const char *const *choices);
/* Notes keys of an object below the top that are not among names, which end with NULL. */
void field_known(struct replay_line *line, const json_t *object, const char *path, const char *const *names);

/* --- replay_group.c --- */

/* An SDL file that was read already: the deployments that name it share its groups. */
struct replay_sdl {
    struct replay_sdl *next;
    const char *path;
    const struct market_group_spec *const *groups;
    int32_t n_groups;
    int64_t window_s;
};

/* What the groups of a plan share. */
struct replay_specs {
    struct replay_sdl *files;
    const char *folder; /* that relative names of SDL files begin in; "" or ending with '/' */
    const char *rules_name;
    int32_t next_id;
};

/* "groups" or "sdl" of a create_deployment into the message. */
void replay_groups(struct replay_line *line, struct replay_specs *specs, struct replay_message *message);

#endif
