/* What AKT is worth, and what that does to the money in escrow.
 *
 * The price is a trace by date (`akt_price`, `akt_prices`) times a factor that begins at 1 and follows a geometric Brownian motion with
 * jumps (Merton 1976, "Option pricing when underlying stock returns are discontinuous"), drawn once for a replication on a grid: the same
 * luck for every cloud that has a token, and one stream for the motion, one for the jumps. Without `akt_process` the factor is 1.
 *
 * Providers' scripts look at the price once an hour (R: cached for 60 min) and fix a lease's price in its coin; so a lease in AKT floats
 * in dollars, and so does what lies in escrow. A deposit counts at the price of its moment, and so do payments and refunds: the difference
 * is what the tenants' deposits have gained or lost. */
#include "models/clouds/akash/akash_inside.h"

#include "sim/base/check.h"
#include "sim/chance/kernel.h"

#include <math.h>

#include "sim/base/nomalloc.h"

/* --- The price ------------------------------------------------------------------------------------------------------- */

static decimal traced(const struct akash_plan *plan, instant at)
{
    uint32_t i = plan->prices - 1;
    while (i > 0 && plan->price[i].at.us > at.us)
        i--;
    return plan->price[i].usd;
}

decimal akash_first_price(const struct akash_plan *plan) { return traced(plan, (instant){0}); }

decimal akash_price_at(const struct akash *cloud, instant at)
{
    const struct akash_token *token = &cloud->token;
    decimal price = traced(cloud->plan, at);
    if (token->steps == 0)
        return price;
    int64_t step = (at.us - token->begin.us) / cloud->plan->process.every.us;
    step = step < 0 ? 0 : step < (int64_t)token->steps ? step : (int64_t)token->steps - 1;
    decimal floating = decimal_mul(price, token->factor[step]);
    decimal least = {DECIMAL_ONE_ATTO / 1000000};
    return decimal_compare(floating, least) < 0 ? least : floating;
}

decimal akash_akt_price(const struct akash *cloud) { return akash_price_at(cloud, world_now(cloud->world)); }

decimal akash_script_price(const struct akash *cloud)
{
    int64_t now = world_now(cloud->world).us;
    int64_t hour = now >= 0 ? now / US_PER_HOUR : -((-now + US_PER_HOUR - 1) / US_PER_HOUR);
    return akash_price_at(cloud, (instant){hour * US_PER_HOUR});
}

static decimal factor_of(double logarithm)
{
    enum { MOST = 20 }; /* e^20 is half a billion */
    double held = logarithm < -MOST ? -MOST : logarithm > MOST ? MOST : logarithm;
    return (decimal){(decimal_bits)llround(kernel_exp(held) * 1e6) * (DECIMAL_ONE_ATTO / 1000000)};
}

void akash_token_open(struct akash *cloud)
{
    const struct akash_process *process = &cloud->plan->process;
    struct akash_token *token = &cloud->token;
    struct world *world = cloud->world;
    *token = (struct akash_token){.begin = world_now(world)};
    if (process->every.us == 0)
        return;
    token->steps = (uint32_t)((world->task->horizon.us - token->begin.us) / process->every.us + 1);
    token->factor = arena_array(world->arena, token->steps, decimal);
    struct stream_key family = stream_key(world->task->seed, world->task->replication, "akt price");
    struct stream motion = stream_open(stream_key_index(family, 0)), jumps = stream_open(stream_key_index(family, 1));
    double years = (double)process->every.us / (365.25 * US_PER_DAY), logarithm = 0, jump_at = INFINITY, now = 0;
    if (process->jumps_per_year > 0)
        jump_at = stream_exponential(&jumps) / process->jumps_per_year;
    for (uint32_t step = 0; step < token->steps; step++, now += years) {
        if (step > 0)
            logarithm += process->drift * years + process->volatility * sqrt(years) * stream_normal(&motion);
        while (jump_at <= now) {
            logarithm += process->jump_mean + process->jump_sd * stream_normal(&jumps);
            jump_at += stream_exponential(&jumps) / process->jumps_per_year;
        }
        token->factor[step] = factor_of(logarithm);
    }
}

/* --- Coins ----------------------------------------------------------------------------------------------------------- */

enum market_denom akash_denom(const struct akash *cloud, uint32_t deployment)
{
    return cloud->plan->spec[akash_spec_of(cloud, cloud->deployment[deployment].first)].units[0].denom;
}

/* One USDC, and one ACT, is one dollar, and all count in millionths. */
int64_t akash_dollars(const struct akash *cloud, enum market_denom denom, int64_t amount)
{
    return denom == MARKET_UAKT ? decimal_truncate(decimal_mul_int(akash_akt_price(cloud), amount)) : amount;
}

const char *akash_coin(const struct akash *cloud, enum market_denom denom)
{
    return denom == MARKET_UAKT ? "akt" : cloud->plan->rules.coin;
}

/* --- Gains and losses in escrow --------------------------------------------------------------------------------------- */

/* AKT comes into the escrow of deployments, or leaves it (amount below 0). */
static void move(struct akash *cloud, int64_t amount)
{
    struct akash_token *token = &cloud->token;
    token->held += amount;
    token->put_in += akash_dollars(cloud, MARKET_UAKT, amount);
    token->used = true;
}

void akash_token_moved(struct akash *cloud, const struct market_event *event)
{
    if (event->denom != MARKET_UAKT)
        return;
    if (event->what == MARKET_TRANSFER_DEPOSIT)
        move(cloud, event->amount);
    else if (event->what == MARKET_TRANSFER_PAYMENT || event->what == MARKET_TRANSFER_TAKE || event->what == MARKET_TRANSFER_REFUND)
        move(cloud, -event->amount);
}

void akash_token_begin(struct akash *cloud)
{
    struct akash_token *token = &cloud->token;
    token->put_in = akash_dollars(cloud, MARKET_UAKT, token->held);
}

bool akash_token_gain(const struct akash *cloud, money *gain)
{
    const struct akash_token *token = &cloud->token;
    *gain = (money){akash_dollars(cloud, MARKET_UAKT, token->held) - token->put_in};
    return token->used;
}
