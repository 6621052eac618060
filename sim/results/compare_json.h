/* Values of the JSON that the readers of a results file write. */
#ifndef NINES_SIM_COMPARE_JSON_H
#define NINES_SIM_COMPARE_JSON_H

#include "sim/results/compare_internal.h"

#include <jansson.h>
#include <math.h>

/* JSON has no NaN: what is not known is null. */
static inline json_t *json_number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

/* jansson takes valid UTF-8 only; what is not, or is a control character, is escaped before. */
static inline json_t *json_text(const struct compare_data *data, const char *value) { return json_string(compare_clean(data->arena, value)); }

#endif
