// Walks from the top of the graph to the nearest slots.
#include "graph_internal.h"
#include <errno.h>
#include <stdlib.h>

int pool_reserve(pool *p, size_t capacity) {
    if (p->capacity >= capacity) return 0;
    uint64_t *keys = realloc(p->keys, capacity * sizeof *keys);
    if (!keys) return ENOMEM;
    p->keys = keys;
    p->capacity = capacity;
    return 0;
}

size_t pool_insert(pool *p, size_t keep, uint64_t key) {
    uint64_t *keys = p->keys;
    size_t count = p->count, low = 0, high = count;
    if (count >= keep && (keep == 0 || key >= keys[count - 1])) return SIZE_MAX;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (keys[middle] < key) low = middle + 1;
        else high = middle;
    }
    // The mark is the lowest bit, so that the same node is next to itself.
    if ((low < count && (keys[low] | 1) == (key | 1)) || (low > 0 && (keys[low - 1] | 1) == (key | 1))) return SIZE_MAX;
    size_t kept = count < keep ? count : keep - 1;
    memmove(keys + low + 1, keys + low, (kept - low) * sizeof *keys);
    keys[low] = key;
    p->count = kept + 1;
    return low;
}

heddle_search *heddle_search_create(void) { return calloc(1, sizeof(heddle_search)); }

void heddle_search_destroy(heddle_search *s) {
    if (!s) return;
    free(s->visited);
    free(s->results.keys);
    free(s->frontier.keys);
    free(s->query_buffer);
    free(s->other_buffer);
    free(s);
}

size_t heddle_search_memory(const heddle_search *s) {
    return sizeof *s + s->visited_capacity + (s->results.capacity + s->frontier.capacity) * 8 + 2 * s->buffer_capacity;
}

int search_prepare(heddle_search *s, const heddle_graph *g, uint32_t limit, size_t keep) {
    if (s->visited_capacity < limit) {
        size_t capacity = (size_t)limit + limit / 8 + 1024;
        uint8_t *visited = calloc(capacity, 1);
        if (!visited) return ENOMEM;
        free(s->visited);
        s->visited = visited;
        s->visited_capacity = capacity;
        s->epoch = 0;
    }
    size_t bytes = graph_buffer_bytes(g);
    if (s->buffer_capacity < bytes) {
        void *first = 0, *second = 0;
        if (posix_memalign(&first, 64, bytes) || posix_memalign(&second, 64, bytes)) {
            free(first);
            return ENOMEM;
        }
        free(s->query_buffer);
        free(s->other_buffer);
        s->query_buffer = first;
        s->other_buffer = second;
        s->buffer_capacity = bytes;
    }
    s->limit = limit;
    s->keep = keep;
    s->results.count = 0;
    return pool_reserve(&s->results, keep + 1);
}

void search_next_epoch(heddle_search *s) {
    if (++s->epoch == 0) {
        memset(s->visited, 0, s->visited_capacity);
        s->epoch = 1;
    }
}

int heddle_search_begin(
    heddle_search *s, const heddle_graph *g, const float *query, size_t keep, uint32_t limit) {
    int error = search_prepare(s, g, limit, keep);
    if (error) return error;
    s->query = graph_query_form(g, query, s->query_buffer);
    return 0;
}

uint32_t search_descend(const heddle_graph *g, const query_form *q, uint32_t node, uint32_t from, uint32_t level) {
    uint32_t slots[MAX_M], nodes[MAX_M], distances[MAX_M], best;
    slots[0] = g->upper_slots[node];
    if (slots[0] >= g->capacity) return node;
    graph_distances(g, q, slots, 1, &best);
    for (uint32_t at = from; at > level; at--) {
        for (int moved = 1; moved;) {
            moved = 0;
            const uint32_t *links = upper_links(g, node, at);
            size_t count = 0;
            for (size_t i = 0; links && i < g->options.m; i++) {
                uint32_t next = load(links + i);
                if (next >= __atomic_load_n(&g->upper_count, __ATOMIC_ACQUIRE)) break;
                nodes[count] = next;
                slots[count] = g->upper_slots[next];
                if (slots[count] < g->capacity) count++;
            }
            graph_distances(g, q, slots, count, distances);
            for (size_t i = 0; i < count; i++) {
                if (distances[i] >= best) continue;
                best = distances[i];
                node = nodes[i];
                moved = 1;
            }
        }
    }
    return node;
}

// The neighbours of a node that were not seen yet, as slots and as nodes of the level; returns how many.
static inline size_t unseen(
    const heddle_graph *g, heddle_search *s, uint32_t level, uint32_t node, uint32_t *slots, uint32_t *nodes) {
    const uint32_t *links = level ? upper_links(g, node, level) : base_links(g, node);
    size_t most = level ? g->options.m : g->m0, count = 0;
    uint32_t bound = level ? __atomic_load_n(&g->upper_count, __ATOMIC_ACQUIRE) : s->limit;
    if (!links) return 0;
    uint8_t *visited = s->visited, epoch = s->epoch;
    for (size_t i = 0; i < most; i++) {
        uint32_t next = load(links + i);
        if (next >= bound) {
            if (next == NO_NODE) break;
            continue;
        }
        uint32_t slot = level ? g->upper_slots[next] : next;
        if (slot >= s->limit || visited[slot] == epoch) continue;
        visited[slot] = epoch;
        slots[count] = slot;
        nodes[count++] = next;
        __builtin_prefetch(code_of(g, slot));
    }
    return count;
}

void search_level(const heddle_graph *g, heddle_search *s, uint32_t level, size_t ef) {
    uint32_t slots[2 * MAX_M], nodes[2 * MAX_M], distances[2 * MAX_M];
    pool *p = &s->results;
    size_t next = 0;
    while (next < p->count) {
        uint64_t key = p->keys[next];
        if (key & 1) {
            next++;
            continue;
        }
        p->keys[next] = key | 1;
        size_t count = unseen(g, s, level, key_node(key), slots, nodes);
        graph_distances(g, &s->query, slots, count, distances);
        size_t lowest = SIZE_MAX;
        for (size_t i = 0; i < count; i++) {
            size_t place = pool_insert(p, ef, make_key(distances[i], nodes[i]));
            if (place < lowest) lowest = place;
        }
        next = lowest <= next ? lowest : next + 1;
        if (level == 0 && next < p->count) {
            const uint32_t *links = base_links(g, key_node(p->keys[next]));
            __builtin_prefetch(links);
            __builtin_prefetch(links + 16);
        }
    }
}

static inline int is_allowed(const uint64_t *allowed, uint32_t slot) { return allowed[slot / 64] >> (slot % 64) & 1; }

// As `search_level` at level 0, but walks over slots that may not be found to those behind them.
static void search_allowed(const heddle_graph *g, heddle_search *s, size_t ef, const uint64_t *allowed) {
    uint32_t slots[2 * MAX_M], nodes[2 * MAX_M], distances[2 * MAX_M];
    pool *p = &s->results, *f = &s->frontier;
    size_t most = f->capacity - 1, next = 0;
    while (next < f->count) {
        uint64_t key = f->keys[next];
        if (key & 1) {
            next++;
            continue;
        }
        if (p->count >= ef && key > p->keys[p->count - 1]) break;
        f->keys[next] = key | 1;
        size_t count = unseen(g, s, 0, key_node(key), slots, nodes);
        graph_distances(g, &s->query, slots, count, distances);
        size_t lowest = SIZE_MAX;
        for (size_t i = 0; i < count; i++) {
            uint64_t found = make_key(distances[i], slots[i]);
            if (p->count >= ef && found > p->keys[p->count - 1]) continue;
            if (is_allowed(allowed, slots[i])) pool_insert(p, ef, found);
            size_t place = pool_insert(f, most, found);
            if (place < lowest) lowest = place;
        }
        next = lowest <= next ? lowest : next + 1;
        if (next < f->count) __builtin_prefetch(base_links(g, key_node(f->keys[next])));
    }
}

int heddle_search_walk(heddle_search *s, const heddle_graph *g, size_t ef, const uint64_t *allowed) {
    uint64_t entry = __atomic_load_n(&g->entry, __ATOMIC_ACQUIRE);
    if (!entry || (uint32_t)entry >= g->upper_count) return 0;
    uint32_t node = search_descend(g, &s->query, (uint32_t)entry, (uint32_t)(entry >> 32), 0);
    uint32_t slot = g->upper_slots[node], distance;
    if (slot >= s->limit) return 0;
    if (ef < s->keep) ef = s->keep;
    int error = pool_reserve(&s->results, ef + 1);
    if (error) return error;
    search_next_epoch(s);
    graph_distances(g, &s->query, &slot, 1, &distance);
    s->visited[slot] = s->epoch;
    if (!allowed) {
        pool_insert(&s->results, ef, make_key(distance, slot));
        search_level(g, s, 0, ef);
        for (size_t i = 0; i < s->results.count; i++) s->results.keys[i] &= ~(uint64_t)1;
    } else {
        error = pool_reserve(&s->frontier, 16 * ef < 4096 ? 4096 : 16 * ef);
        if (error) return error;
        s->frontier.count = 0;
        if (is_allowed(allowed, slot)) pool_insert(&s->results, ef, make_key(distance, slot));
        pool_insert(&s->frontier, ef, make_key(distance, slot));
        search_allowed(g, s, ef, allowed);
    }
    if (s->results.count > s->keep) s->results.count = s->keep;
    return 0;
}

void heddle_search_range(
    heddle_search *s, const heddle_graph *g, uint32_t from, uint32_t to, const uint64_t *allowed) {
    uint32_t slots[64], distances[64];
    size_t count = 0;
    for (uint32_t slot = from; slot < to || count; slot++) {
        if (slot < to) {
            // Whole words without a slot that may be found cost one look.
            if (allowed && slot % 64 == 0 && to - slot >= 64 && !allowed[slot / 64]) {
                slot += 63;
                continue;
            }
            if (allowed && !is_allowed(allowed, slot)) continue;
            slots[count++] = slot;
            if (count < 64) continue;
        }
        graph_distances(g, &s->query, slots, count, distances);
        for (size_t i = 0; i < count; i++) pool_insert(&s->results, s->keep, make_key(distances[i], slots[i]));
        count = 0;
        if (slot >= to) break;
    }
}

size_t heddle_search_results(const heddle_search *s, uint32_t *slots) {
    for (size_t i = 0; i < s->results.count; i++) slots[i] = key_node(s->results.keys[i]);
    return s->results.count;
}
