#include "sim/scenario/evidence.h"

#include <string.h>

struct walk {
    const struct scenario *scenario;
    struct arena *arena;
    bool (*each)(void *context, const struct evidence *evidence);
    void *context;
};

static const struct value *child_of(const struct value *group, const char *name)
{
    for (size_t i = 0; i < group->children; i++)
        if (group->child[i].key != NULL && strcmp(group->child[i].key->name, name) == 0)
            return &group->child[i];
    return NULL;
}

static bool walk_group(const struct walk *walk, const struct value *group, const char *path);

static bool walk_list(const struct walk *walk, const struct value *list, const char *path)
{
    for (size_t i = 0; i < list->children; i++) {
        const struct value *element = &list->child[i], *name = child_of(element, "name");
        const char *own = name != NULL ? arena_format(walk->arena, "%s.%s", path, name->text)
                                       : arena_format(walk->arena, "%s[%zu]", path, i);
        bool unused = strcmp(path, "laws") == 0 && (name == NULL || !scenario_law_is_used(walk->scenario, name->text));
        if (!unused && !walk_group(walk, element, own))
            return false;
    }
    return true;
}

static bool walk_group(const struct walk *walk, const struct value *group, const char *path)
{
    const struct value *mark = child_of(group, "evidence"), *source = child_of(group, "source");
    if (mark != NULL && mark->key->type == KEY_CHOICE) {
        struct evidence evidence = {.path = path, .mark = mark->text, .source = source != NULL ? source->text : ""};
        if (!walk->each(walk->context, &evidence))
            return false;
    }
    for (size_t i = 0; i < group->children; i++) {
        const struct value *child = &group->child[i];
        const char *own = path[0] == '\0' ? child->key->name : arena_format(walk->arena, "%s.%s", path, child->key->name);
        if (strcmp(own, "targets") == 0 || strcmp(own, "uncertain") == 0)
            continue;
        bool fine = true;
        if (child->key->type == KEY_GROUP)
            fine = walk_group(walk, child, own);
        else if (child->key->type == KEY_LIST)
            fine = walk_list(walk, child, own);
        if (!fine)
            return false;
    }
    return true;
}

bool evidence_walk(const struct scenario *scenario, struct arena *scratch, bool (*each)(void *context, const struct evidence *evidence),
                   void *context)
{
    struct walk walk = {scenario, scratch, each, context};
    return walk_group(&walk, &scenario->root, "");
}
