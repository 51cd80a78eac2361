// The parts of a graph and of a search, for the files that make them up.
#ifndef GRAPH_INTERNAL_H
#define GRAPH_INTERNAL_H

#include "heddle_graph.h"
#include <pthread.h>
#include <string.h>

#define NO_NODE UINT32_MAX
#define LOCK_COUNT 16384
#define MAX_LEVEL 15
#define MAX_M 128

struct heddle_graph {
    heddle_graph_options options;
    const heddle_kernels *kernels;
    size_t m0;
    // Bytes of the links before the code, of the code, and what the kernel calls its length.
    size_t links_bytes, code_bytes, code_length, stride, capacity;
    // One row a slot: `m0` links, then the code. Both begin at cache lines.
    uint8_t *block;
    // The squared length of each code, for squared distances between int8 codes.
    int32_t *squares;
    // Nodes of the upper levels are numbered apart. Their words are the level, then `m` links for each level.
    uint32_t *upper_slots, *upper_offsets, *upper_words;
    uint32_t upper_count, upper_used;
    // The highest level and a node on it, in one word so that both are read together; 0 means that there is none.
    uint64_t entry;
    // Held by whoever adds an upper node, and by whoever makes a node the highest one.
    pthread_mutex_t upper_mutex, entry_mutex;
    uint8_t locks[LOCK_COUNT];
};

// A query in the form that the kernels of a kind of code take.
typedef struct query_form {
    const void *data;
    int32_t bias, square;
    // Whether distances are squared ones; else they are products, negated.
    int is_squared;
} query_form;

// Distance in the upper half, node and a mark in the lower: sorted as one number.
typedef struct pool {
    uint64_t *keys;
    size_t count, capacity;
} pool;

struct heddle_search {
    uint8_t *visited;
    size_t visited_capacity;
    uint8_t epoch;
    pool results, frontier;
    void *query_buffer, *other_buffer;
    size_t buffer_capacity;
    query_form query;
    size_t keep;
    uint32_t limit;
};

static inline uint8_t *code_of(const heddle_graph *g, uint32_t slot) {
    return g->block + (size_t)slot * g->stride + g->links_bytes;
}

static inline uint32_t *base_links(const heddle_graph *g, uint32_t slot) {
    return (uint32_t *)(g->block + (size_t)slot * g->stride);
}

static inline uint32_t load(const uint32_t *place) { return __atomic_load_n(place, __ATOMIC_RELAXED); }
static inline void store(uint32_t *place, uint32_t value) { __atomic_store_n(place, value, __ATOMIC_RELAXED); }

// The links of an upper node on a level, or NULL where a damaged file leads outside.
static inline uint32_t *upper_links(const heddle_graph *g, uint32_t node, uint32_t level) {
    uint32_t count = __atomic_load_n(&g->upper_count, __ATOMIC_ACQUIRE);
    if (node >= count) return 0;
    size_t offset = load(&g->upper_offsets[node]);
    size_t used = __atomic_load_n(&g->upper_used, __ATOMIC_ACQUIRE);
    if (offset >= used || level > load(&g->upper_words[offset])) return 0;
    size_t first = offset + 1 + (size_t)(level - 1) * g->options.m;
    return first + g->options.m <= used ? g->upper_words + first : 0;
}

static inline uint32_t key_distance(uint64_t key) { return (uint32_t)(key >> 32); }
static inline uint32_t key_node(uint64_t key) { return (uint32_t)key >> 1; }
static inline uint64_t make_key(uint32_t distance, uint32_t node) { return (uint64_t)distance << 32 | node << 1; }

static inline void lock_node(heddle_graph *g, uint32_t index) {
    uint8_t *lock = &g->locks[index % LOCK_COUNT];
    while (__atomic_test_and_set(lock, __ATOMIC_ACQUIRE)) {
        while (__atomic_load_n(lock, __ATOMIC_RELAXED)) {
#if defined(__x86_64__)
            __builtin_ia32_pause();
#endif
        }
    }
}

static inline void unlock_node(heddle_graph *g, uint32_t index) {
    __atomic_clear(&g->locks[index % LOCK_COUNT], __ATOMIC_RELEASE);
}

// Distances of slots as numbers that sort as the distances do.
void graph_distances(const heddle_graph *g, const query_form *q, const uint32_t *slots, size_t count, uint32_t *out);
// The form of a vector that the caller has, in `buffer`.
query_form graph_query_form(const heddle_graph *g, const float *vector, void *buffer);
// The form of a slot's own code.
query_form graph_slot_form(const heddle_graph *g, uint32_t slot, void *buffer);
size_t graph_buffer_bytes(const heddle_graph *g);

int pool_reserve(pool *p, size_t capacity);
// Keeps `key` among the `keep` smallest; returns its place, or `SIZE_MAX` when it is not among them.
size_t pool_insert(pool *p, size_t keep, uint64_t key);

// Makes a search ready for slots below `limit`. 0, or the number of the error.
int search_prepare(heddle_search *s, const heddle_graph *g, uint32_t limit, size_t keep);
void search_next_epoch(heddle_search *s);
// The node nearest to the query on `level`, reached from `node` on the highest one.
uint32_t search_descend(const heddle_graph *g, const query_form *q, uint32_t node, uint32_t from, uint32_t level);
// Fills the results from what they hold; nodes are slots at level 0 and upper nodes above.
void search_level(const heddle_graph *g, heddle_search *s, uint32_t level, size_t ef);

// Links one slot; what it needs has been made ready with `search_prepare`.
int graph_insert_slot(heddle_graph *g, heddle_search *s, uint32_t slot, int base_only);
// Chooses links of the slot `of` from sorted candidates: those that are nearer to it than to each other; returns how many.
size_t graph_select(
    const heddle_graph *g, heddle_search *s, uint32_t of, const uint64_t *candidates, size_t count, uint32_t level,
    size_t most, uint32_t *out);
// Runs `work` for each number below `count` on several threads, each with a search of its own.
int graph_parallel(
    heddle_graph *g, uint32_t from, uint32_t to, uint32_t limit, uint32_t threads, void *context,
    int (*work)(heddle_graph *g, heddle_search *s, uint32_t index, void *context));
// A new node of the upper levels, without links.
uint32_t graph_add_upper(heddle_graph *g, uint32_t slot, uint32_t level);

static inline uint64_t make_entry(uint32_t node, uint32_t top) { return (uint64_t)top << 32 | node; }

#endif
