// Takes dead slots out of a graph: a new one is made of what lives, and the gaps are bridged.
#include "graph_internal.h"
#include <errno.h>
#include <stdlib.h>

static int is_set(const uint64_t *bits, uint32_t slot) { return bits && (bits[slot / 64] >> (slot % 64) & 1); }

// Goes through the base level breadth first from one slot; `queue` has room for all, of which `tail` are taken.
static size_t spread(const heddle_graph *g, uint32_t count, uint8_t *seen, uint32_t *queue, size_t tail, uint32_t from) {
    size_t head = tail;
    seen[from] = 1;
    queue[tail++] = from;
    for (; head < tail; head++) {
        const uint32_t *links = base_links(g, queue[head]);
        for (size_t i = 0; i < g->m0; i++) {
            uint32_t next = load(links + i);
            if (next >= count || seen[next]) continue;
            seen[next] = 1;
            queue[tail++] = next;
        }
    }
    return tail;
}

static uint32_t entry_slot(const heddle_graph *g, uint32_t count) {
    uint64_t entry = __atomic_load_n(&g->entry, __ATOMIC_ACQUIRE);
    if (!entry || (uint32_t)entry >= g->upper_count) return NO_NODE;
    uint32_t slot = g->upper_slots[(uint32_t)entry];
    return slot < count ? slot : NO_NODE;
}

size_t heddle_graph_order(const heddle_graph *g, uint32_t count, const uint64_t *dead, uint32_t *order) {
    uint8_t *seen = calloc(count ? count : 1, 1);
    uint32_t *queue = malloc((count ? count : 1) * sizeof *queue);
    size_t tail = 0, live = 0;
    uint32_t first = entry_slot(g, count);
    if (seen && queue) {
        if (first != NO_NODE) tail = spread(g, count, seen, queue, tail, first);
        for (uint32_t slot = 0; slot < count; slot++) {
            if (!seen[slot]) tail = spread(g, count, seen, queue, tail, slot);
        }
        for (size_t i = 0; i < tail; i++) {
            if (!is_set(dead, queue[i])) order[live++] = queue[i];
        }
    } else {
        // Without memory for a better one, the order of the slots does.
        for (uint32_t slot = 0; slot < count; slot++) {
            if (!is_set(dead, slot)) order[live++] = slot;
        }
    }
    free(seen);
    free(queue);
    return live;
}

// Slots that no walk from the entry comes to; NULL when memory lacks. `found` says how many.
static uint32_t *unreachable(const heddle_graph *g, uint32_t count, size_t *found) {
    uint8_t *seen = calloc(count ? count : 1, 1);
    uint32_t *queue = malloc((count ? count : 1) * sizeof *queue);
    *found = 0;
    if (!seen || !queue) {
        free(seen);
        free(queue);
        return 0;
    }
    uint32_t first = entry_slot(g, count);
    if (first != NO_NODE) spread(g, count, seen, queue, 0, first);
    for (uint32_t slot = 0; slot < count; slot++) {
        if (!seen[slot]) queue[(*found)++] = slot;
    }
    free(seen);
    return queue;
}

size_t heddle_graph_unreachable(const heddle_graph *g, uint32_t count) {
    size_t found;
    free(unreachable(g, count, &found));
    return found;
}

typedef struct relabelling {
    const heddle_graph *old;
    uint32_t old_count;
    const uint32_t *order;
    // The new number of each old slot; `NO_NODE` for dead ones.
    uint32_t *names;
} relabelling;

// Measures a slot as a candidate, once.
static void consider(const heddle_graph *g, heddle_search *s, uint32_t slot) {
    uint32_t distance;
    if (slot == NO_NODE || s->visited[slot] == s->epoch) return;
    s->visited[slot] = s->epoch;
    graph_distances(g, &s->query, &slot, 1, &distance);
    pool_insert(&s->results, s->keep, make_key(distance, slot));
}

static int relabel_slot(heddle_graph *g, heddle_search *s, uint32_t slot, void *context) {
    const relabelling *r = context;
    uint32_t chosen[2 * MAX_M];
    const uint32_t *from = base_links(r->old, r->order[slot]);
    uint32_t *to = base_links(g, slot);
    size_t live = 0, dead = 0;
    for (size_t i = 0; i < g->m0; i++) {
        uint32_t next = load(from + i);
        if (next >= r->old_count) continue;
        if (r->names[next] == NO_NODE) dead++;
        else if (r->names[next] != slot) chosen[live++] = r->names[next];
    }
    if (dead) {
        s->query = graph_slot_form(g, slot, s->query_buffer);
        s->results.count = 0;
        search_next_epoch(s);
        s->visited[slot] = s->epoch;
        for (size_t i = 0; i < live; i++) consider(g, s, chosen[i]);
        for (size_t i = 0; i < g->m0; i++) {
            uint32_t gone = load(from + i);
            if (gone >= r->old_count || r->names[gone] != NO_NODE) continue;
            const uint32_t *behind = base_links(r->old, gone);
            for (size_t j = 0; j < g->m0; j++) {
                uint32_t next = load(behind + j);
                if (next < r->old_count) consider(g, s, r->names[next]);
            }
        }
        live = graph_select(g, s, slot, s->results.keys, s->results.count, 0, g->m0, chosen);
    }
    for (size_t i = 0; i < g->m0; i++) store(to + i, i < live ? chosen[i] : NO_NODE);
    return 0;
}

static void relabel_upper_links(
    heddle_graph *g, const relabelling *r, const uint32_t *nodes, uint32_t old_node, uint32_t level) {
    uint32_t *to = upper_links(g, nodes[old_node], level);
    const uint32_t *from = upper_links(r->old, old_node, level);
    size_t count = 0;
    // Those that live first, then what the dead ones led to.
    for (int pass = 0; to && from && pass < 2; pass++) {
        for (size_t i = 0; i < g->options.m; i++) {
            uint32_t next = load(from + i);
            if (next >= r->old->upper_count) continue;
            if (pass == 0 && nodes[next] != NO_NODE) to[count++] = nodes[next];
            if (pass == 0 || nodes[next] != NO_NODE) continue;
            const uint32_t *behind = upper_links(r->old, next, level);
            for (size_t j = 0; behind && j < g->options.m && count < g->options.m; j++) {
                uint32_t other = load(behind + j);
                if (other >= r->old->upper_count || nodes[other] == NO_NODE || other == old_node) continue;
                int is_new = 1;
                for (size_t k = 0; k < count; k++) is_new &= to[k] != nodes[other];
                if (is_new) to[count++] = nodes[other];
            }
        }
    }
}

static int relabel_upper(heddle_graph *g, const relabelling *r, uint32_t count) {
    uint32_t old_nodes = r->old->upper_count, best = NO_NODE, top = 0;
    uint32_t *nodes = malloc((old_nodes ? old_nodes : 1) * sizeof *nodes);
    if (!nodes) return ENOMEM;
    for (uint32_t i = 0; i < old_nodes; i++) {
        uint32_t slot = r->old->upper_slots[i], level = 1;
        nodes[i] = NO_NODE;
        if (slot >= r->old_count || r->names[slot] == NO_NODE) continue;
        while (level < MAX_LEVEL && upper_links(r->old, i, level + 1)) level++;
        nodes[i] = graph_add_upper(g, r->names[slot], level);
        if (nodes[i] == NO_NODE) {
            free(nodes);
            return ENOSPC;
        }
        if (level > top) {
            top = level;
            best = nodes[i];
        }
    }
    for (uint32_t i = 0; i < old_nodes; i++) {
        if (nodes[i] == NO_NODE) continue;
        for (uint32_t level = 1; level <= top; level++) relabel_upper_links(g, r, nodes, i, level);
    }
    free(nodes);
    if (best == NO_NODE && count) {
        best = graph_add_upper(g, 0, 1);
        top = 1;
        if (best == NO_NODE) return ENOSPC;
    }
    if (best != NO_NODE) g->entry = make_entry(best, top);
    return 0;
}

// Links the slots anew that lost all links that led to them.
static int relink(heddle_graph *g, uint32_t count) {
    size_t found;
    uint32_t *slots = unreachable(g, count, &found);
    if (!slots) return ENOMEM;
    heddle_search *s = heddle_search_create();
    size_t keep = g->options.ef_construction < 512 ? 512 : g->options.ef_construction;
    int error = s ? search_prepare(s, g, count, keep) : ENOMEM;
    uint32_t first = entry_slot(g, count);
    for (size_t i = 0; i < found && !error; i++) {
        if (slots[i] != first) error = graph_insert_slot(g, s, slots[i], 1);
    }
    heddle_search_destroy(s);
    free(slots);
    return error;
}

int heddle_graph_relabel(
    heddle_graph *g, const heddle_graph *old, uint32_t old_count, const uint32_t *order, uint32_t count,
    uint32_t threads) {
    relabelling r = {.old = old, .old_count = old_count, .order = order};
    if (count > g->capacity || g->options.m != old->options.m) return EINVAL;
    r.names = malloc((old_count ? old_count : 1) * sizeof *r.names);
    if (!r.names) return ENOMEM;
    for (uint32_t i = 0; i < old_count; i++) r.names[i] = NO_NODE;
    for (uint32_t i = 0; i < count; i++) r.names[order[i]] = i;
    int error = relabel_upper(g, &r, count);
    if (!error && count) error = graph_parallel(g, 0, count, count, threads, &r, relabel_slot);
    free(r.names);
    return error || !count ? error : relink(g, count);
}
