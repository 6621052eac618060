/* JSON as the market commands write it: small things of the cores, each as one value. Callers own what is returned (jansson). */
#ifndef NINES_MODELS_COMMANDS_JSON_H
#define NINES_MODELS_COMMANDS_JSON_H

#include "models/market/attributes.h"
#include "models/market/decimal.h"

#include <jansson.h>

/* Text that is UTF-8 already; anything else becomes "?". */
json_t *json_from_text(const char *text);
/* A decimal as text, "0.333333333333333333": doubles would lose digits. */
json_t *json_from_decimal(decimal value);
json_t *json_from_attributes(struct attributes list);          /* {key: value} */
json_t *json_from_names(const char *const *names, int32_t count); /* [name] */

#endif
