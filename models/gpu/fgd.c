#include "models/gpu/score.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

/* --- The sigmoid, truncated --------------------------------------------------------------------------------------- */

/* LEAST_X[s - 1] is the smallest double x for which trunc(100 / (1 + e^-x)) is s, every operation rounded to double and
 * e^-x rounded correctly. The C library's exp differs between CPUs in the last bit; a comparison does not. Found by
 * bisection over the doubles with 200-bit arithmetic, and monotone around every entry (tests/unit/gpu_score.c
 * repeats it in long double). */
enum { STEPS = 100 };
static const double LEAST_X[STEPS] = {
    -0x1.2616719161d2bp+2, -0x1.f2272ae325a57p+1, -0x1.bcf0cd474166bp+1, -0x1.96ca77c922cf8p+1,
    -0x1.78e360604b32cp+1, -0x1.60324f23a6f31p+1, -0x1.4b18a2ece7fb3p+1, -0x1.389ed3e132574p+1,
    -0x1.28253079db672p+1, -0x1.193ea7aad030ap+1, -0x1.0b9d677dddea0p+1, -0x1.fe0fe73ce8885p+0,
    -0x1.e6a53bbe5e6a6p+0, -0x1.d0b6d7df77dcap+0, -0x1.bc0ed0947fbe9p+0, -0x1.a881a29e52373p+0,
    -0x1.95ebab1969313p+0, -0x1.842f595c35286p+0, -0x1.7333ddeaaa5d1p+0, -0x1.62e42fefa39efp+0,
    -0x1.532e4fddf686ap+0, -0x1.4402b6211ad15p+0, -0x1.3553e218d610fp+0, -0x1.2716011df4657p+0,
    -0x1.193ea7aad030bp+0, -0x1.0bc49861276d8p+0, -0x1.fd3f2b9036cf2p-1, -0x1.e39078d49916ap-1,
    -0x1.ca6fc71eebdccp-1, -0x1.b1d10670aae9ap-1, -0x1.99a93ca5c286fp-1, -0x1.81ee60afb501ap-1,
    -0x1.6a973b5e9a627p-1, -0x1.539b4cb6ce55fp-1, -0x1.3cf2b50617c96p-1, -0x1.269621134db93p-1,
    -0x1.107eb8e2da1e5p-1, -0x1.f54c21463c16ap-2, -0x1.ca0c36ce6521cp-2, -0x1.9f323ecbf984fp-2,
    -0x1.74b356ffd351ep-2, -0x1.4a851baf27b6fp-2, -0x1.209d96a324508p-2, -0x1.ede65f58845bep-3,
    -0x1.9af93cd23440bp-3, -0x1.4861ba31d0a04p-3, -0x1.ec1c712297e9ep-4, -0x1.47dadcbbdba94p-4,
    -0x1.47b9447a9aa07p-5, -0x1.7fffffffffffep-52, 0x1.47b9447a9a9c4p-5, 0x1.47dadcbbdba7bp-4,
    0x1.ec1c712297e7cp-4, 0x1.4861ba31d09fbp-3, 0x1.9af93cd234413p-3, 0x1.ede65f58845bbp-3,
    0x1.209d96a324507p-2, 0x1.4a851baf27b6dp-2, 0x1.74b356ffd3519p-2, 0x1.9f323ecbf9849p-2,
    0x1.ca0c36ce65216p-2, 0x1.f54c21463c167p-2, 0x1.107eb8e2da1e5p-1, 0x1.269621134db90p-1,
    0x1.3cf2b50617c95p-1, 0x1.539b4cb6ce55bp-1, 0x1.6a973b5e9a624p-1, 0x1.81ee60afb5015p-1,
    0x1.99a93ca5c2867p-1, 0x1.b1d10670aae98p-1, 0x1.ca6fc71eebdc9p-1, 0x1.e39078d499169p-1,
    0x1.fd3f2b9036cf2p-1, 0x1.0bc49861276d8p+0, 0x1.193ea7aad030bp+0, 0x1.2716011df4658p+0,
    0x1.3553e218d610dp+0, 0x1.4402b6211ad15p+0, 0x1.532e4fddf686bp+0, 0x1.62e42fefa39edp+0,
    0x1.7333ddeaaa5cdp+0, 0x1.842f595c35285p+0, 0x1.95ebab196930fp+0, 0x1.a881a29e52371p+0,
    0x1.bc0ed0947fbe6p+0, 0x1.d0b6d7df77dc7p+0, 0x1.e6a53bbe5e6a5p+0, 0x1.fe0fe73ce8885p+0,
    0x1.0b9d677dddea2p+1, 0x1.193ea7aad030cp+1, 0x1.28253079db673p+1, 0x1.389ed3e132573p+1,
    0x1.4b18a2ece7fb3p+1, 0x1.60324f23a6f2ep+1, 0x1.78e360604b32bp+1, 0x1.96ca77c922cefp+1,
    0x1.bcf0cd474166bp+1, 0x1.f2272ae325a49p+1, 0x1.2616719161d18p+2, 0x1.25e4f7b2737fbp+5,
};

int32_t gpu_sigmoid_score(double x)
{
    int32_t low = 0, high = STEPS;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (LEAST_X[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- The gradient ------------------------------------------------------------------------------------------------- */

/* How far F would fall, in devices. */
static double fall(struct gpu_fragmentation *fragmentation, const struct gpu_node *node, const struct gpu_left *after)
{
    return (node->fragment - gpu_fragmentation_of(fragmentation, after)) / 1000.0;
}

static double fall_on_device(struct gpu_fragmentation *fragmentation, const struct gpu_node *node,
                             const struct gpu_pod *pod, unsigned device)
{
    struct gpu_left after = node->left;
    uint16_t left = after.milli[device];
    uint16_t rest = (uint16_t)(left - pod->milli_per_device);
    after.cpu_milli -= pod->cpu_milli;
    after.milli[device] = rest;
    after.signature += gpu_signature(rest) - gpu_signature(left);
    return fall(fragmentation, node, &after);
}

/* F knows devices only as a multiset, so of devices with equally much left the first speaks for all. */
static bool seen_before(const struct gpu_left *state, unsigned device)
{
    for (unsigned i = 0; i < device; i++)
        if (state->milli[i] == state->milli[device])
            return true;
    return false;
}

static double best_fall(struct gpu_fragmentation *fragmentation, const struct gpu_node *node, const struct gpu_pod *pod)
{
    double best = -__builtin_inf();
    for (unsigned i = 0; i < node->left.devices; i++) {
        if (node->left.milli[i] < pod->milli_per_device || seen_before(&node->left, i))
            continue;
        double x = fall_on_device(fragmentation, node, pod, i);
        if (x > best)
            best = x;
    }
    return best;
}

/* Whole devices, or none. */
static double fall_of_exclusive(struct gpu_fragmentation *fragmentation, const struct gpu_node *node,
                                const struct gpu_pod *pod)
{
    struct gpu_left after = node->left;
    after.cpu_milli -= pod->cpu_milli;
    for (uint32_t rest = gpu_first_devices(&after, GPU_DEVICE_MILLI, pod->devices); rest != 0; rest &= rest - 1) {
        after.milli[__builtin_ctz(rest)] = 0;
        after.signature += gpu_signature(0) - gpu_signature(GPU_DEVICE_MILLI);
    }
    return fall(fragmentation, node, &after);
}

int32_t gpu_fgd_score(struct gpu_fragmentation *fragmentation, const struct gpu_node *node, const struct gpu_pod *pod)
{
    if (gpu_pod_shared(pod))
        return gpu_sigmoid_score(best_fall(fragmentation, node, pod));
    if (node->left.devices == 0)
        return 50; /* nothing to fragment */
    return gpu_sigmoid_score(fall_of_exclusive(fragmentation, node, pod));
}

unsigned gpu_fgd_device(struct gpu_fragmentation *fragmentation, const struct gpu_node *node, const struct gpu_pod *pod)
{
    int32_t score = gpu_sigmoid_score(best_fall(fragmentation, node, pod));
    unsigned device = 0;
    for (; device < node->left.devices; device++)
        if (node->left.milli[device] >= pod->milli_per_device && !seen_before(&node->left, device) &&
            gpu_sigmoid_score(fall_on_device(fragmentation, node, pod, device)) == score)
            break;
    check(device < node->left.devices, "no device attains score %d", score);
    return device;
}
