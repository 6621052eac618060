/* Why the chain refuses a message.
 *
 * A refused message changes nothing, whatever the reason; the name is the chain's own. Checks run in a fixed order, so the
 * first one that fails decides the name. A panic is a failure that the chain's authors did not foresee. */
#ifndef NINES_MARKET_ERROR_H
#define NINES_MARKET_ERROR_H

enum market_error {
    MARKET_OK,
    MARKET_PANIC,
    /* ids, money */
    MARKET_INVALID_ADDRESS,
    MARKET_INVALID_SEQUENCE,
    MARKET_INSUFFICIENT_FUNDS, /* a wallet, or a grant's limit, is too small */
    MARKET_UNAUTHORIZED,       /* no grant */
    /* deployments and groups */
    MARKET_DEPLOYMENT_EXISTS,
    MARKET_DEPLOYMENT_NOT_FOUND,
    MARKET_DEPLOYMENT_CLOSED,
    MARKET_INVALID_GROUPS,
    MARKET_EMPTY_VERSION,
    MARKET_INVALID_VERSION,
    MARKET_INVALID_DEPOSIT,
    MARKET_INVALID_DEPLOYMENT_DEPOSITOR,
    MARKET_GROUP_NOT_FOUND,
    MARKET_GROUP_NOT_OPEN,
    MARKET_GROUP_OPEN,
    MARKET_GROUP_PAUSED,
    MARKET_GROUP_CLOSED,
    /* orders, bids, leases */
    MARKET_SAME_ACCOUNT,
    MARKET_BID_ZERO_PRICE,
    MARKET_INVALID_BID,
    MARKET_ORDER_NOT_FOUND,
    MARKET_ORDER_NOT_OPEN,
    MARKET_ORDER_ACTIVE,
    MARKET_ORDER_CLOSED,
    MARKET_BID_INVALID_PRICE,
    MARKET_BID_OVER_ORDER,
    MARKET_CAPABILITIES_MISMATCH,
    MARKET_UNKNOWN_PROVIDER,
    MARKET_ATTRIBUTE_MISMATCH,
    MARKET_BID_EXISTS,
    MARKET_BID_NOT_FOUND,
    MARKET_BID_NOT_OPEN,
    MARKET_BID_NOT_ACTIVE,
    MARKET_UNKNOWN_BID,
    MARKET_UNKNOWN_LEASE_FOR_BID,
    MARKET_UNKNOWN_LEASE,
    MARKET_LEASE_NOT_FOUND,
    MARKET_LEASE_NOT_ACTIVE,
    /* escrow */
    MARKET_ACCOUNT_CLOSED,
    MARKET_ACCOUNT_OVERDRAWN,
    MARKET_INVALID_ACCOUNT_DEPOSITOR,
    MARKET_INVALID_DENOMINATION,
    MARKET_INVALID_SETTLEMENT,
    MARKET_PAYMENT_CLOSED,
    MARKET_PAYMENT_EXISTS,
    MARKET_PAYMENT_RATE_ZERO,
    MARKET_ERRORS
};

/* "ok", "panic", "ErrBidExists". Static text. */
const char *market_error_name(enum market_error error);

#endif
