// The memory of a graph: reserved as addresses, used as slots are written.
#include "graph_internal.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

static size_t round_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

static size_t upper_words_capacity(const heddle_graph *g) {
    // One slot in `m` has upper levels, with `m` links on each: about one word and a bit for each slot.
    return g->capacity * 3 + 64 * (g->options.m * MAX_LEVEL + 1);
}

static void *reserve(size_t bytes) {
    void *place = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return place == MAP_FAILED ? 0 : place;
}

static void release(void *place, size_t bytes) {
    if (place) munmap(place, bytes);
}

static int needs_squares(const heddle_graph *g) {
    return g->options.kind == HEDDLE_CODE_INT8 && g->options.metric != HEDDLE_METRIC_DOT;
}

static void release_arrays(heddle_graph *g) {
    release(g->block, g->capacity * g->stride);
    release(g->squares, g->capacity * sizeof *g->squares);
    release(g->upper_slots, g->capacity * sizeof *g->upper_slots);
    release(g->upper_offsets, g->capacity * sizeof *g->upper_offsets);
    release(g->upper_words, upper_words_capacity(g) * sizeof *g->upper_words);
    g->block = 0;
    g->squares = 0;
    g->upper_slots = g->upper_offsets = g->upper_words = 0;
}

static int reserve_arrays(heddle_graph *g) {
    g->block = reserve(g->capacity * g->stride);
    if (needs_squares(g)) g->squares = reserve(g->capacity * sizeof *g->squares);
    g->upper_slots = reserve(g->capacity * sizeof *g->upper_slots);
    g->upper_offsets = reserve(g->capacity * sizeof *g->upper_offsets);
    g->upper_words = reserve(upper_words_capacity(g) * sizeof *g->upper_words);
    if (g->block && g->upper_slots && g->upper_offsets && g->upper_words && (g->squares || !needs_squares(g))) {
        // A walk touches many pages: large ones spare it the search for their addresses.
        madvise(g->block, g->capacity * g->stride, MADV_HUGEPAGE);
        return 1;
    }
    release_arrays(g);
    return 0;
}

static void set_layout(heddle_graph *g) {
    size_t dimension = g->options.dimension;
    g->m0 = 2 * (size_t)g->options.m;
    g->links_bytes = round_up(g->m0 * sizeof(uint32_t), 64);
    switch (g->options.kind) {
    case HEDDLE_CODE_F32:
        g->code_length = round_up(dimension, 16);
        g->code_bytes = g->code_length * 4;
        break;
    case HEDDLE_CODE_F16:
        g->code_length = round_up(dimension, 32);
        g->code_bytes = g->code_length * 2;
        break;
    case HEDDLE_CODE_INT8:
        g->code_length = g->code_bytes = round_up(dimension, 64);
        break;
    default:
        g->code_length = g->code_bytes = round_up((dimension + 7) / 8, 64);
        break;
    }
    g->stride = g->links_bytes + g->code_bytes;
}

heddle_graph *heddle_graph_create(const heddle_graph_options *options, size_t minimum, size_t capacity) {
    if (options->m < 2 || options->m > MAX_M || options->dimension == 0 || capacity < minimum) return 0;
    heddle_graph *g = calloc(1, sizeof *g);
    if (!g) return 0;
    g->options = *options;
    g->kernels = heddle_kernels_best();
    set_layout(g);
    if (minimum < 1) minimum = 1;
    for (g->capacity = capacity < minimum ? minimum : capacity; !reserve_arrays(g); g->capacity /= 2) {
        if (g->capacity / 2 < minimum) {
            free(g);
            return 0;
        }
    }
    // Neither can fail on Linux: both are plain memory.
    pthread_mutex_init(&g->entry_mutex, 0);
    pthread_mutex_init(&g->upper_mutex, 0);
    return g;
}

void heddle_graph_destroy(heddle_graph *g) {
    if (!g) return;
    release_arrays(g);
    pthread_mutex_destroy(&g->entry_mutex);
    pthread_mutex_destroy(&g->upper_mutex);
    free(g);
}

size_t heddle_graph_capacity(const heddle_graph *g) { return g->capacity; }

heddle_graph_sections heddle_graph_get_sections(const heddle_graph *g) {
    uint64_t entry = __atomic_load_n(&g->entry, __ATOMIC_ACQUIRE);
    return (heddle_graph_sections){
        .block = g->block, .stride = g->stride, .squares = g->squares, .upper_slots = g->upper_slots,
        .upper_offsets = g->upper_offsets, .upper_words = g->upper_words, .upper_count = g->upper_count,
        .upper_used = g->upper_used, .entry = (uint32_t)entry, .top = (uint32_t)(entry >> 32),
    };
}

void heddle_graph_set_upper(heddle_graph *g, uint32_t count, uint32_t used, uint32_t entry, uint32_t top) {
    g->upper_count = count;
    g->upper_used = used;
    g->entry = count ? make_entry(entry, top > MAX_LEVEL ? MAX_LEVEL : top) : 0;
}

size_t heddle_graph_memory(const heddle_graph *g, size_t count) {
    size_t bytes = sizeof *g + count * g->stride + (size_t)g->upper_used * 4 + (size_t)g->upper_count * 8;
    return bytes + (g->squares ? count * sizeof *g->squares : 0);
}

int heddle_graph_map(void *array, int file, size_t offset, size_t length) {
    if (length == 0) return 0;
    void *place = mmap(array, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, (off_t)offset);
    return place == MAP_FAILED ? errno : 0;
}

uint32_t graph_add_upper(heddle_graph *g, uint32_t slot, uint32_t level) {
    uint32_t words = 1 + level * g->options.m;
    pthread_mutex_lock(&g->upper_mutex);
    uint32_t node = g->upper_count, offset = g->upper_used;
    if ((size_t)offset + words > upper_words_capacity(g) || node >= g->capacity) {
        pthread_mutex_unlock(&g->upper_mutex);
        return NO_NODE;
    }
    g->upper_words[offset] = level;
    for (uint32_t i = 1; i < words; i++) g->upper_words[offset + i] = NO_NODE;
    g->upper_slots[node] = slot;
    g->upper_offsets[node] = offset;
    __atomic_store_n(&g->upper_used, offset + words, __ATOMIC_RELEASE);
    __atomic_store_n(&g->upper_count, node + 1, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&g->upper_mutex);
    return node;
}
