// Links new slots, several at a time.
#include "graph_internal.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>

static uint32_t slot_of(const heddle_graph *g, uint32_t level, uint32_t node) {
    return level ? g->upper_slots[node] : node;
}

// A level by the slot's number, so that the same slots make the same levels every time.
static uint32_t level_of(const heddle_graph *g, uint32_t slot) {
    uint64_t x = g->options.seed + (slot + 1) * 0x9E3779B97F4A7C15;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
    x = (x ^ x >> 27) * 0x94D049BB133111EB;
    x ^= x >> 31;
    double chance = ((double)(x >> 11) + 1) * 0x1p-53;
    double level = -log(chance) / log((double)g->options.m);
    return level > MAX_LEVEL ? MAX_LEVEL : (uint32_t)level;
}

static void sort_keys(uint64_t *keys, size_t count) {
    for (size_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        size_t j = i;
        for (; j > 0 && keys[j - 1] > key; j--) keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

// Chooses by one kind of distance, beside the `kept` nodes that are in `out` already.
static size_t select_by(
    const heddle_graph *g, heddle_search *s, const uint64_t *candidates, size_t count, uint32_t level, size_t most,
    int is_squared, uint32_t *out, size_t kept) {
    uint32_t slots[2 * MAX_M], distances[4];
    size_t first = kept, chosen = 0;
    for (size_t i = 0; i < count && kept < most; i++) {
        uint32_t node = key_node(candidates[i]), slot = slot_of(g, level, node);
        uint32_t own = key_distance(candidates[i]);
        int is_near = 1;
        for (size_t j = 0; j < first; j++) is_near &= out[j] != node;
        if (chosen && is_near) {
            query_form form = graph_slot_form(g, slot, s->other_buffer);
            form.is_squared = is_squared;
            for (size_t j = 0; j < chosen && is_near; j += 4) {
                size_t some = chosen - j < 4 ? chosen - j : 4;
                graph_distances(g, &form, slots + j, some, distances);
                for (size_t d = 0; d < some; d++) is_near &= distances[d] >= own;
            }
        }
        if (!is_near) continue;
        slots[chosen++] = slot;
        out[kept++] = node;
    }
    return kept;
}

size_t graph_select(
    const heddle_graph *g, heddle_search *s, uint32_t of, const uint64_t *candidates, size_t count, uint32_t level,
    size_t most, uint32_t *out) {
    if (g->options.metric != HEDDLE_METRIC_INNER) {
        return select_by(g, s, candidates, count, level, most, g->options.metric == HEDDLE_METRIC_L2, out, 0);
    }
    uint64_t keys[4 * MAX_M];
    uint32_t slots[4 * MAX_M], distances[4 * MAX_M];
    size_t near = count < 4 * MAX_M ? count : 4 * MAX_M;
    for (size_t i = 0; i < near; i++) slots[i] = slot_of(g, level, key_node(candidates[i]));
    query_form form = graph_slot_form(g, of, s->other_buffer);
    form.is_squared = 1;
    graph_distances(g, &form, slots, near, distances);
    for (size_t i = 0; i < near; i++) keys[i] = make_key(distances[i], key_node(candidates[i]));
    sort_keys(keys, near);
    size_t kept = select_by(g, s, candidates, count, level, most / 2, 0, out, 0);
    return select_by(g, s, keys, near, level, most, 1, out, kept);
}

static void write_links(uint32_t *links, size_t most, const uint32_t *nodes, size_t count) {
    for (size_t i = 0; i < most; i++) store(links + i, i < count ? nodes[i] : NO_NODE);
}

// Adds a link from `node` to `added`; a full list keeps those that are nearer to it than to each other.
static void link_back(heddle_graph *g, heddle_search *s, uint32_t level, uint32_t node, uint32_t added) {
    size_t most = level ? g->options.m : g->m0, count = 0;
    uint32_t *links = level ? upper_links(g, node, level) : base_links(g, node);
    if (!links) return;
    uint32_t lock = level ? node * 31 + 7 : node;
    lock_node(g, lock);
    while (count < most && links[count] != NO_NODE) {
        if (links[count] == added) {
            unlock_node(g, lock);
            return;
        }
        count++;
    }
    if (count < most) {
        __atomic_store_n(links + count, added, __ATOMIC_RELEASE);
    } else {
        uint32_t nodes[2 * MAX_M + 1], slots[2 * MAX_M + 1], distances[2 * MAX_M + 1], chosen[2 * MAX_M];
        uint64_t keys[2 * MAX_M + 1];
        for (size_t i = 0; i <= most; i++) {
            nodes[i] = i < most ? links[i] : added;
            slots[i] = slot_of(g, level, nodes[i]);
        }
        query_form form = graph_slot_form(g, slot_of(g, level, node), s->other_buffer);
        graph_distances(g, &form, slots, most + 1, distances);
        for (size_t i = 0; i <= most; i++) keys[i] = make_key(distances[i], nodes[i]);
        sort_keys(keys, most + 1);
        uint32_t of = slot_of(g, level, node);
        write_links(links, most, chosen, graph_select(g, s, of, keys, most + 1, level, most, chosen));
    }
    unlock_node(g, lock);
}

// Links a node on one level to the best of the results.
static void link_level(heddle_graph *g, heddle_search *s, uint32_t level, uint32_t node) {
    uint32_t chosen[2 * MAX_M];
    size_t most = level ? g->options.m : g->m0;
    uint32_t *links = level ? upper_links(g, node, level) : base_links(g, node);
    if (!links) return;
    uint32_t of = slot_of(g, level, node);
    size_t count = graph_select(g, s, of, s->results.keys, s->results.count, level, g->options.m, chosen);
    uint32_t lock = level ? node * 31 + 7 : node;
    lock_node(g, lock);
    write_links(links, most, chosen, count);
    unlock_node(g, lock);
    for (size_t i = 0; i < count; i++) link_back(g, s, level, chosen[i], node);
}

// Makes the results of one level the beginning of the search on the next.
static void begin_level(const heddle_graph *g, heddle_search *s, uint32_t level, uint32_t slot) {
    search_next_epoch(s);
    s->visited[slot] = s->epoch;
    pool *p = &s->results;
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        uint32_t node = key_node(p->keys[i]), of = g->upper_slots[node];
        if (of >= s->limit || of == slot) continue;
        s->visited[of] = s->epoch;
        p->keys[kept++] = make_key(key_distance(p->keys[i]), level ? node : of);
    }
    p->count = kept;
}

static void link_slot(
    heddle_graph *g, heddle_search *s, uint32_t slot, uint32_t upper, uint32_t level, uint64_t entry) {
    uint32_t top = (uint32_t)(entry >> 32), at = level < top ? level : top, first, distance;
    uint32_t node = search_descend(g, &s->query, (uint32_t)entry, top, at);
    first = g->upper_slots[node];
    graph_distances(g, &s->query, &first, 1, &distance);
    s->results.count = 0;
    pool_insert(&s->results, s->keep, make_key(distance, node));
    for (; at > 0; at--) {
        begin_level(g, s, at, slot);
        search_level(g, s, at, g->options.ef_construction);
        link_level(g, s, at, upper);
    }
    begin_level(g, s, 0, slot);
    search_level(g, s, 0, g->options.ef_construction);
    link_level(g, s, 0, slot);
}

int graph_insert_slot(heddle_graph *g, heddle_search *s, uint32_t slot, int base_only) {
    s->query = graph_slot_form(g, slot, s->query_buffer);
    uint32_t level = base_only ? 0 : level_of(g, slot), upper = NO_NODE;
    uint64_t entry = __atomic_load_n(&g->entry, __ATOMIC_ACQUIRE);
    int is_first = !entry || level > entry >> 32;
    if (is_first) {
        pthread_mutex_lock(&g->entry_mutex);
        entry = __atomic_load_n(&g->entry, __ATOMIC_ACQUIRE);
        // The first node has an upper level whatever its number says: searches begin there.
        if (!entry && level == 0) level = 1;
    }
    int error = 0;
    if (level > 0) {
        upper = graph_add_upper(g, slot, level);
        if (upper == NO_NODE) error = ENOSPC;
    }
    if (!error && entry) link_slot(g, s, slot, upper, level, entry);
    if (is_first) {
        if (!error && level > entry >> 32) {
            __atomic_store_n(&g->entry, make_entry(upper, level), __ATOMIC_RELEASE);
        }
        pthread_mutex_unlock(&g->entry_mutex);
    }
    return error;
}

typedef struct parallel_work {
    heddle_graph *graph;
    uint32_t next, to, limit;
    int error;
    void *context;
    int (*work)(heddle_graph *g, heddle_search *s, uint32_t index, void *context);
} parallel_work;

static void *run_part(void *argument) {
    parallel_work *w = argument;
    heddle_search *s = heddle_search_create();
    size_t keep = w->graph->options.ef_construction < 512 ? 512 : w->graph->options.ef_construction;
    int error = s ? search_prepare(s, w->graph, w->limit, keep) : ENOMEM;
    while (!error && !__atomic_load_n(&w->error, __ATOMIC_RELAXED)) {
        uint32_t first = __atomic_fetch_add(&w->next, 8, __ATOMIC_RELAXED);
        if (first >= w->to) break;
        for (uint32_t i = first; i < w->to && i < first + 8 && !error; i++) error = w->work(w->graph, s, i, w->context);
    }
    if (error) __atomic_store_n(&w->error, error, __ATOMIC_RELAXED);
    heddle_search_destroy(s);
    return 0;
}

int graph_parallel(
    heddle_graph *g, uint32_t from, uint32_t to, uint32_t limit, uint32_t threads, void *context,
    int (*work)(heddle_graph *g, heddle_search *s, uint32_t index, void *context)) {
    parallel_work shared = {.graph = g, .next = from, .to = to, .limit = limit, .context = context, .work = work};
    pthread_t others[64];
    uint32_t started = 0;
    if (threads > 64) threads = 64;
    if (threads > (to - from) / 16 + 1) threads = (to - from) / 16 + 1;
    for (uint32_t i = 1; i < threads; i++) {
        if (pthread_create(&others[started], 0, run_part, &shared) == 0) started++;
    }
    run_part(&shared);
    for (uint32_t i = 0; i < started; i++) pthread_join(others[i], 0);
    return shared.error;
}

static int insert_part(heddle_graph *g, heddle_search *s, uint32_t slot, void *context) {
    (void)context;
    return graph_insert_slot(g, s, slot, 0);
}

int heddle_graph_insert(heddle_graph *g, uint32_t from, uint32_t to, uint32_t threads) {
    if (from >= to) return 0;
    if (to > g->capacity) return ENOSPC;
    return graph_parallel(g, from, to, to, threads, 0, insert_part);
}
