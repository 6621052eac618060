#include "sim/chance/kernel.h"

#include <sleef.h>

#include "sim/base/nomalloc.h"

double kernel_log_rare(double x)
{
    return Sleef_cinz_logd1_u10purec(x);
}

double kernel_exp_rare(double x)
{
    return Sleef_cinz_expd1_u10purec(x);
}

double kernel_pow(double x, double y)
{
    return Sleef_cinz_powd1_u10purec(x, y);
}

double kernel_sin(double x)
{
    return Sleef_cinz_sind1_u10purec(x);
}

double kernel_gamma(double x)
{
    return Sleef_cinz_tgammad1_u10purec(x);
}
