#include "models/market/error.h"

#include "sim/check.h"

#include "sim/nomalloc.h"

static const char *const names[MARKET_ERRORS] = {
    [MARKET_OK] = "ok",
    [MARKET_PANIC] = "panic",
    [MARKET_INVALID_ADDRESS] = "ErrInvalidAddress",
    [MARKET_INVALID_SEQUENCE] = "ErrInvalidSequence",
    [MARKET_INSUFFICIENT_FUNDS] = "ErrInsufficientFunds",
    [MARKET_UNAUTHORIZED] = "ErrUnauthorized",
    [MARKET_DEPLOYMENT_EXISTS] = "ErrDeploymentExists",
    [MARKET_DEPLOYMENT_NOT_FOUND] = "ErrDeploymentNotFound",
    [MARKET_DEPLOYMENT_CLOSED] = "ErrDeploymentClosed",
    [MARKET_INVALID_GROUPS] = "ErrInvalidGroups",
    [MARKET_EMPTY_VERSION] = "ErrEmptyVersion",
    [MARKET_INVALID_VERSION] = "ErrInvalidVersion",
    [MARKET_INVALID_DEPOSIT] = "ErrInvalidDeposit",
    [MARKET_INVALID_DEPLOYMENT_DEPOSITOR] = "ErrInvalidDeploymentDepositor",
    [MARKET_GROUP_NOT_FOUND] = "ErrGroupNotFound",
    [MARKET_GROUP_NOT_OPEN] = "ErrGroupNotOpen",
    [MARKET_GROUP_OPEN] = "ErrGroupOpen",
    [MARKET_GROUP_PAUSED] = "ErrGroupPaused",
    [MARKET_GROUP_CLOSED] = "ErrGroupClosed",
    [MARKET_SAME_ACCOUNT] = "ErrSameAccount",
    [MARKET_BID_ZERO_PRICE] = "ErrBidZeroPrice",
    [MARKET_INVALID_BID] = "ErrInvalidBid",
    [MARKET_ORDER_NOT_FOUND] = "ErrOrderNotFound",
    [MARKET_ORDER_NOT_OPEN] = "ErrOrderNotOpen",
    [MARKET_ORDER_ACTIVE] = "ErrOrderActive",
    [MARKET_ORDER_CLOSED] = "ErrOrderClosed",
    [MARKET_BID_INVALID_PRICE] = "ErrBidInvalidPrice",
    [MARKET_BID_OVER_ORDER] = "ErrBidOverOrder",
    [MARKET_CAPABILITIES_MISMATCH] = "ErrCapabilitiesMismatch",
    [MARKET_UNKNOWN_PROVIDER] = "ErrUnknownProvider",
    [MARKET_ATTRIBUTE_MISMATCH] = "ErrAttributeMismatch",
    [MARKET_BID_EXISTS] = "ErrBidExists",
    [MARKET_BID_NOT_FOUND] = "ErrBidNotFound",
    [MARKET_BID_NOT_OPEN] = "ErrBidNotOpen",
    [MARKET_BID_NOT_ACTIVE] = "ErrBidNotActive",
    [MARKET_UNKNOWN_BID] = "ErrUnknownBid",
    [MARKET_UNKNOWN_LEASE_FOR_BID] = "ErrUnknownLeaseForBid",
    [MARKET_UNKNOWN_LEASE] = "ErrUnknownLease",
    [MARKET_LEASE_NOT_FOUND] = "ErrLeaseNotFound",
    [MARKET_LEASE_NOT_ACTIVE] = "ErrLeaseNotActive",
    [MARKET_ACCOUNT_CLOSED] = "ErrAccountClosed",
    [MARKET_ACCOUNT_OVERDRAWN] = "ErrAccountOverdrawn",
    [MARKET_INVALID_ACCOUNT_DEPOSITOR] = "ErrInvalidAccountDepositor",
    [MARKET_INVALID_DENOMINATION] = "ErrInvalidDenomination",
    [MARKET_INVALID_SETTLEMENT] = "ErrInvalidSettlement",
    [MARKET_PAYMENT_CLOSED] = "ErrPaymentClosed",
    [MARKET_PAYMENT_EXISTS] = "ErrPaymentExists",
    [MARKET_PAYMENT_RATE_ZERO] = "ErrPaymentRateZero",
};

const char *market_error_name(enum market_error error)
{
    check(error < MARKET_ERRORS, "market error %d does not exist", (int)error);
    return names[error];
}
