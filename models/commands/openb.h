/* Reads GPU traces in the format of openb: nodes, pods, and the optional files that replay a published run.
 *
 *   nodes    sn,cpu_milli,memory_mib,gpu,model
 *   pods     name,cpu_milli,memory_mib,num_gpu,gpu_milli[,gpu_spec]       gpu_spec: models that will do, joined by '|'
 *   order    pos,seed42,seed43,...     the row of the pod (from 0) that arrives at each position; blank: no more
 *   rank     sn,seed42,seed43,...      ties go to the lower rank
 *   typical  rank,cpu_milli,num_gpu,gpu_milli,gpu_spec,count,weight
 *
 * Columns may come in any order, others are ignored. Every mistake is shown with file and line. A model that a pod asks
 * for and no node has is no mistake: such a pod finds no node; it is pointed out once a name.
 *
 * Models are numbered by first appearance in the nodes; all that only pods name share the last number.
 *
 * Source: the openb trace of Weng et al. 2023 (USENIX ATC), github.com/hkust-adsl/kubernetes-scheduler-simulator. */
#ifndef NINES_MODELS_COMMANDS_OPENB_H
#define NINES_MODELS_COMMANDS_OPENB_H

#include "models/gpu/fragmentation.h"
#include "models/gpu/inventory.h"
#include "models/gpu/pod.h"
#include "sim/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OPENB_PODS_MOST = 100000000,
    OPENB_UNKNOWN_MODEL = GPU_MODELS_MAX - 1 /* of models that no node has */
};

struct openb {
    struct gpu_node_options *nodes; /* [node_count], in order of the file; rank 0 */
    const char **node_names;
    size_t node_count;
    int64_t capacity_gpu_milli;

    struct gpu_pod *pods; /* [pod_count], in order of the file */
    const char **pod_names;
    uint32_t *spec_order; /* [pod_count]: place of the pod's model list among the distinct ones, in byte order */
    size_t pod_count;

    const char *models[GPU_MODELS_MAX];
    size_t model_count;
};

/* Each returns false after showing what is wrong, with the exit code in *code. Texts and tables live in arena. Nodes
 * come first. */
bool openb_read_nodes(struct openb *openb, struct arena *arena, const char *path, int *code);
bool openb_read_pods(struct openb *openb, struct arena *arena, const char *path, int *code);

/* order[seeds][*length], -1 where a seed's arrivals have ended; seeds[count]. */
bool openb_read_order(const struct openb *openb, struct arena *arena, const char *path, const int64_t *seeds,
                      size_t count, int32_t **order, size_t *length, int *code);
/* rank[seeds][node_count]. Every node must be there. */
bool openb_read_rank(const struct openb *openb, struct arena *arena, const char *path, const int64_t *seeds,
                     size_t count, uint32_t **rank, int *code);
/* Weights must sum to 1 within 1e-6. */
bool openb_read_typical(struct openb *openb, struct arena *arena, const char *path, struct gpu_typical **typical,
                        size_t *count, int *code);

/* Positions of names[count] in byte order, equal ones by position. */
uint32_t *openb_sort_names(struct arena *arena, const char *const *names, size_t count);

#endif
