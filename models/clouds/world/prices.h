/* What one hour of a unit costs: a price per GPU of each model, host included, and a price per vCPU for what has no GPU. */
#ifndef NINES_MODELS_CLOUDS_WORLD_PRICES_H
#define NINES_MODELS_CLOUDS_WORLD_PRICES_H

#include "models/demand/demand.h"
#include "models/fleet/fleet.h"
#include "sim/scenario/scenario.h"

extern const struct key gpu_price_keys[]; /* elements of `gpu_prices` */

struct prices {
    money gpu[64]; /* per hour of one whole GPU, by fleet.gpu_models */
    money vcpu;    /* per hour of one vCPU with its memory */
    money spot_gpu[64], spot_vcpu; /* the same of what can be taken back; after prices_read_spot() */
    money reserved_gpu[64], reserved_vcpu; /* and of what is bought for a term; after prices_read_reserved() */
};

/* Reads the list `gpu_prices` of a cloud's group; the price of a vCPU is left at 0. Every GPU model of the fleet must have a
 * price. */
void prices_read(struct scenario *scenario, const struct value *cloud, const struct fleet *fleet, struct prices *prices);
/* Reads the prices of spot capacity beside those: `spot` of an entry of `gpu_prices`, else `spot_price` of the cloud times the other. */
void prices_read_spot(const struct value *cloud, const struct fleet *fleet, struct prices *prices);
/* The same for reserved capacity: `reserved`, else `reserved_price` of the cloud times the other. */
void prices_read_reserved(const struct value *cloud, const struct fleet *fleet, struct prices *prices);
/* Price per hour of one unit of a class on a node of a type. */
money prices_spot_unit(const struct prices *prices, const struct demand_class *class, const struct node_type *type);
money prices_reserved_unit(const struct prices *prices, const struct demand_class *class, const struct node_type *type);
money prices_unit(const struct prices *prices, const struct demand_class *class, const struct node_type *type);

#endif
