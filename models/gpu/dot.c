/* DotProd in all its forms: how far a request and what is free point the same way; less is better.
 *
 * Both are vectors (CPU, GPU...). Forms differ in what a GPU dimension is (the extension: one or several groups, of
 * which the best counts) and in what a vector is divided by (the norm). Source: place.h. */
#include "models/gpu/score.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

/* Fixed constants of the artifact, not capacities of a node. */
#define CPU_SCALE 128000.0
#define GPU_SCALE 8000.0

/* --- 1 - tanh, truncated ------------------------------------------------------------------------------------------ */

/* GREATEST_X[s - 1] is the largest double x >= 0 for which trunc(100 (1 - tanh x)) is at least s, tanh rounded
 * correctly. A comparison is the same on every CPU; the C library's tanh is not. Found by bisection over the doubles
 * with 60 decimal digits (tests/unit/gpu_dot.c repeats it in long double). */
enum { STEPS = 100 };
static const double GREATEST_X[STEPS] = {
    0x1.52c581997cd8bp+1, 0x1.2616719161d2dp+1, 0x1.0bd0589d8e2ffp+1, 0x1.f2272ae325a58p+0, 0x1.d4ef968880dd6p+0,
    0x1.bcf0cd474166ap+0, 0x1.a88c3f9396f98p+0, 0x1.96ca77c922cf8p+0, 0x1.870bd73abde68p+0, 0x1.78e360604b32bp+0,
    0x1.6c035579d7a6ep+0, 0x1.60324f23a6f32p+0, 0x1.5544b4e482a75p+0, 0x1.4b18a2ece7fb4p+0, 0x1.41933b0e44638p+0,
    0x1.389ed3e132574p+0, 0x1.3029b5180da25p+0, 0x1.28253079db672p+0, 0x1.2084f96886b28p+0, 0x1.193ea7aad030ap+0,
    0x1.124958caee1fep+0, 0x1.0b9d677dddea0p+0, 0x1.0534333132087p+0, 0x1.fe0fe73ce8885p-1, 0x1.f2272ae325a58p-1,
    0x1.e6a53bbe5e6a7p-1, 0x1.db822730ae0fbp-1, 0x1.d0b6d7df77dcbp-1, 0x1.c63cf69c77030p-1, 0x1.bc0ed0947fbe9p-1,
    0x1.b22741ba3da90p-1, 0x1.a881a29e52372p-1, 0x1.9f19b912bebd8p-1, 0x1.95ebab1969314p-1, 0x1.8cf3f3b79174bp-1,
    0x1.842f595c35287p-1, 0x1.7b9ae5971c672p-1, 0x1.7333ddeaaa5d2p-1, 0x1.6af7bd8c5a68bp-1, 0x1.62e42fefa39efp-1,
    0x1.5af70bfd423c4p-1, 0x1.532e4fddf686ap-1, 0x1.4b881d43e494fp-1, 0x1.4402b6211ad15p-1, 0x1.3c9c79bc8509ep-1,
    0x1.3553e218d610fp-1, 0x1.2e2781a2d239dp-1, 0x1.2716011df4657p-1, 0x1.201e1dc7b4c9ep-1, 0x1.193ea7aad030bp-1,
    0x1.1276801cd9ab6p-1, 0x1.0bc49861276d9p-1, 0x1.0527f06cd3e64p-1, 0x1.fd3f2b9036cf3p-2, 0x1.f0554513b1b4cp-2,
    0x1.e39078d49916bp-2, 0x1.d6ef27d563bacp-2, 0x1.ca6fc71eebdccp-2, 0x1.be10de5647d2ap-2, 0x1.b1d10670aae9ap-2,
    0x1.a5aee8824f82cp-2, 0x1.99a93ca5c286ep-2, 0x1.8dbec8f93440ep-2, 0x1.81ee60afb5019p-2, 0x1.7636e3347e0fbp-2,
    0x1.6a973b5e9a626p-2, 0x1.5f0e5eb36f7f8p-2, 0x1.539b4cb6ce55fp-2, 0x1.483d0e4756d40p-2, 0x1.3cf2b50617c97p-2,
    0x1.31bb5ac870014p-2, 0x1.269621134db94p-2, 0x1.1b82309eff2e1p-2, 0x1.107eb8e2da1e5p-2, 0x1.058aefa811453p-2,
    0x1.f54c21463c16ep-3, 0x1.df9eba2664adep-3, 0x1.ca0c36ce6521dp-3, 0x1.b4932dcf85d8cp-3, 0x1.9f323ecbf9850p-3,
    0x1.89e811dcd3486p-3, 0x1.74b356ffd3521p-3, 0x1.5f92c58c632c5p-3, 0x1.4a851baf27b70p-3, 0x1.35891deb9a3b4p-3,
    0x1.209d96a324507p-3, 0x1.0bc155a14389cp-3, 0x1.ede65f58845bfp-4, 0x1.c463fc3433563p-4, 0x1.9af93cd234413p-4,
    0x1.71a3e3b7f08ffp-4, 0x1.4861ba31d0a07p-4, 0x1.1f308f96e1d83p-4, 0x1.ec1c712297e9bp-5, 0x1.99f11cd5f709fp-5,
    0x1.47dadcbbdba90p-5, 0x1.ebaae39e3fa0ap-6, 0x1.47b9447a9aa07p-6, 0x1.47b0e059d05bcp-7, 0x1.0000000000000p-54,
};

int32_t gpu_tanh_score(double x)
{
    int32_t low = 0, high = STEPS; /* entries below `low` are >= x */
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (GREATEST_X[middle] >= x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- Groups ------------------------------------------------------------------------------------------------------- */

enum extension { MERGE, SHARE, DIVIDE, EXTEND };
enum norm { BY_MAX, BY_NODE, BY_POD };

enum { IDLE_DEVICES = -1 };

/* The search for the best group of one node. */
struct choice {
    enum norm norm;
    double cpu_unit, gpu_unit; /* what vectors are divided by */
    double pod_cpu, pod_gpu;   /* the request, divided */
    bool found;
    double mean; /* of the best group: dot / length */
    double
        value; /* what is compared: 1 - mean, rounded as the artifact does; before a tanh, which does not fall, -mean */
    int device;
};

/* A zero divisor yields 0. */
static double divided(double value, double unit)
{
    return unit > 0 ? value / unit : 0;
}

static void choice_open(struct choice *choice, enum norm norm, const struct gpu_node *node, const struct gpu_pod *pod)
{
    double request = gpu_pod_milli(pod);
    *choice = (struct choice){.norm = norm, .cpu_unit = CPU_SCALE, .gpu_unit = GPU_SCALE};
    if (norm == BY_NODE) {
        choice->cpu_unit = node->capacity.cpu_milli;
        choice->gpu_unit = node->capacity.devices * GPU_DEVICE_MILLI;
    } else if (norm == BY_POD) {
        choice->cpu_unit = pod->cpu_milli;
        choice->gpu_unit = request;
    }
    choice->pod_cpu = divided(pod->cpu_milli, choice->cpu_unit);
    choice->pod_gpu = divided(request, choice->gpu_unit);
}

/* A group with these free resources; of equals the first stays. */
static void consider(struct choice *choice, double cpu, double gpu, unsigned length, int device)
{
    double dot = divided(cpu, choice->cpu_unit) * choice->pod_cpu;
    dot += divided(gpu, choice->gpu_unit) * choice->pod_gpu;
    double mean = dot / (double)length, value = choice->norm == BY_POD ? -mean : 1.0 - mean;
    if (choice->found && !(value > choice->value))
        return;
    choice->found = true;
    choice->mean = mean;
    choice->value = value;
    choice->device = device;
}

/* A group for each partly used device that can hold the request, and one for all idle devices. */
static void separate(struct choice *choice, const struct gpu_node *node, const struct gpu_pod *pod, bool divide)
{
    int32_t request = gpu_pod_milli(pod), idle = node->idle_devices * GPU_DEVICE_MILLI;
    double cpu = node->left.cpu_milli, all = node->gpu_milli;
    if (divide && node->gpu_milli == 0)
        return;
    for (unsigned i = 0; request < GPU_DEVICE_MILLI && i < node->left.devices; i++) {
        double left = node->left.milli[i];
        if (node->left.milli[i] < GPU_DEVICE_MILLI && node->left.milli[i] >= request)
            consider(choice, divide ? cpu * left / all : cpu, left, 2, (int)i);
    }
    if (request <= idle)
        consider(choice, divide ? cpu * idle / all : cpu, idle, 2, IDLE_DEVICES);
}

/* One node vector with a dimension for each partly used device and one for the idle ones; a group for each dimension
 * that can hold the request, which is 0 in the others. */
static void extend(struct choice *choice, const struct gpu_node *node, const struct gpu_pod *pod)
{
    int32_t request = gpu_pod_milli(pod), idle = node->idle_devices * GPU_DEVICE_MILLI;
    unsigned length = 1 + (idle > 0);
    for (unsigned i = 0; i < node->left.devices; i++)
        length += node->left.milli[i] > 0 && node->left.milli[i] < GPU_DEVICE_MILLI;
    for (unsigned i = 0; i < node->left.devices; i++)
        if (node->left.milli[i] > 0 && node->left.milli[i] < GPU_DEVICE_MILLI && node->left.milli[i] >= request)
            consider(choice, node->left.cpu_milli, node->left.milli[i], length, (int)i);
    if (idle > 0 && idle >= request)
        consider(choice, node->left.cpu_milli, idle, length, IDLE_DEVICES);
}

static struct choice choose(enum gpu_policy policy, const struct gpu_node *node, const struct gpu_pod *pod)
{
    struct choice choice;
    unsigned form = policy == GPU_DOT_PROD ? 0 : (unsigned)(policy - GPU_DOT_MERGE_NODE) + 1;
    choice_open(&choice, (enum norm)(form % 3), node, pod);
    switch ((enum extension)(form / 3)) {
    case MERGE:
        consider(&choice, node->left.cpu_milli, node->gpu_milli, 2, IDLE_DEVICES);
        break;
    case SHARE:
    case DIVIDE:
        separate(&choice, node, pod, form / 3 == DIVIDE);
        break;
    case EXTEND:
        extend(&choice, node, pod);
        break;
    }
    return choice;
}

int32_t gpu_dot_score(enum gpu_policy policy, const struct gpu_node *node, const struct gpu_pod *pod)
{
    struct choice choice = choose(policy, node, pod);
    if (!choice.found)
        return 0;
    if (choice.norm == BY_POD)
        return gpu_tanh_score(choice.mean / 10.0);
    double score = 100.0 * (1.0 - choice.mean);
    return score > -GPU_SCORE_MOST ? (int32_t)score : -GPU_SCORE_MOST;
}

unsigned gpu_dot_device(enum gpu_policy policy, const struct gpu_node *node, const struct gpu_pod *pod)
{
    struct choice choice = choose(policy, node, pod);
    check(choice.found, "no group for a pod that fits");
    if (choice.device != IDLE_DEVICES)
        return (unsigned)choice.device;
    return (unsigned)__builtin_ctz(gpu_first_devices(&node->left, GPU_DEVICE_MILLI, 1));
}
