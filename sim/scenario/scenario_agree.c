#include "sim/scenario/scenario_internal.h"

#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

static bool kinds_agree(const struct node *node, const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_GROUP:
        return node->kind == NODE_GROUP;
    case CONFIG_TYPE_LIST:
        return node->kind == NODE_LIST;
    case CONFIG_TYPE_ARRAY:
        return node->kind == NODE_ARRAY;
    case CONFIG_TYPE_STRING:
        return node->kind == NODE_STRING;
    case CONFIG_TYPE_BOOL:
        return node->kind == NODE_BOOL && (node->text[0] == 't') == (setting->value.ival != 0);
    case CONFIG_TYPE_FLOAT:
        return node->kind == NODE_NUMBER && strpbrk(node->text, ".eE") != NULL;
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return node->kind == NODE_NUMBER &&
               (node->text[1] == 'x' || node->text[1] == 'X' || strpbrk(node->text, ".eE") == NULL);
    default:
        return false;
    }
}

static bool agree(struct arena *arena, struct node *node, const config_setting_t *setting, const struct node **where)
{
    *where = node;
    if (!kinds_agree(node, setting))
        return false;
    if (node->kind == NODE_STRING)
        node->text = arena_text(arena, config_setting_get_string(setting));
    if (node->kind < NODE_GROUP)
        return true;
    if (node->children != config_setting_length(setting))
        return false;
    unsigned i = 0;
    for (struct node *child = node->first; child != NULL; child = child->next, i++) {
        const config_setting_t *other = config_setting_get_elem(setting, i);
        bool named = child->name != NULL && node->kind == NODE_GROUP;
        if (named && strcmp(child->name, config_setting_name(other)) != 0) {
            *where = child;
            return false;
        }
        if (!agree(arena, child, other, where))
            return false;
    }
    return true;
}

void scenario_agree(struct scenario *scenario, struct node *root, const char *text)
{
    config_t config;
    const struct node *where = root;
    config_init(&config);
    if (config_read_string(&config, text) != CONFIG_TRUE)
        scenario_mistake(scenario, root->place, NULL, "libconfig refuses this text near its line %d: %s",
                         config_error_line(&config), config_error_text(&config));
    else if (!agree(scenario->arena, root, config_root_setting(&config), &where))
        scenario_mistake(scenario, where->place, NULL, "libconfig reads this differently; write it more plainly");
    config_destroy(&config);
}
