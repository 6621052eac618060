#include "models/commands/json.h"

json_t *json_from_text(const char *text)
{
    json_t *value = json_string(text);
    return value != NULL ? value : json_string("?");
}

json_t *json_from_decimal(decimal value)
{
    char text[DECIMAL_TEXT];
    return json_string(decimal_format(text, value));
}

json_t *json_from_attributes(struct attributes list)
{
    json_t *object = json_object();
    for (int32_t i = 0; i < list.count; i++)
        json_object_set_new(object, list.items[i].key, json_from_text(list.items[i].value));
    return object;
}

json_t *json_from_names(const char *const *names, int32_t count)
{
    json_t *array = json_array();
    for (int32_t i = 0; i < count; i++)
        json_array_append_new(array, json_from_text(names[i]));
    return array;
}
