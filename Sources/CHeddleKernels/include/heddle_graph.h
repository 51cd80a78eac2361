// A hierarchical navigable small world graph over quantized vectors (Malkov and Yashunin, 2016).
//
// Nodes are slots, numbered from 0. The codes of a slot are written before anybody is told of it, and do not change
// afterwards. Any number of threads may search while others insert. What a file of a graph says is never trusted:
// links that lead nowhere are passed over.
#ifndef HEDDLE_GRAPH_H
#define HEDDLE_GRAPH_H

#include <stddef.h>
#include <stdint.h>
#include "heddle_kernels.h"

typedef enum heddle_code_kind {
    HEDDLE_CODE_F32 = 0,
    HEDDLE_CODE_F16 = 1,
    HEDDLE_CODE_INT8 = 2,
    HEDDLE_CODE_BINARY = 3,
} heddle_code_kind;

// Cosine is the dot product of vectors that the caller has brought to length 1.
typedef enum heddle_metric {
    HEDDLE_METRIC_DOT = 0,
    HEDDLE_METRIC_L2 = 1,
    // The dot product of vectors of any length. By the product alone all are linked to the longest vectors and none to
    // the short ones: half of the links go by the squared distance.
    HEDDLE_METRIC_INNER = 2,
} heddle_metric;

typedef struct heddle_graph_options {
    uint32_t dimension;
    uint32_t kind;
    uint32_t metric;
    uint32_t m;
    uint32_t ef_construction;
    // An int8 code is `x * scale + shift`; a bit says whether `x` is above `shift`.
    float scale;
    float shift;
    uint64_t seed;
} heddle_graph_options;

// The arrays that make up a graph, for files.
typedef struct heddle_graph_sections {
    uint8_t *block;
    size_t stride;
    int32_t *squares;
    uint32_t *upper_slots;
    uint32_t *upper_offsets;
    uint32_t *upper_words;
    uint32_t upper_count;
    uint32_t upper_used;
    uint32_t entry;
    uint32_t top;
} heddle_graph_sections;

typedef struct heddle_graph heddle_graph;
typedef struct heddle_search heddle_search;

// Reserves addresses for up to `capacity` slots (fewer where the system refuses, but at least `minimum`); memory is
// used as slots are written. NULL when there is none.
heddle_graph *heddle_graph_create(const heddle_graph_options *options, size_t minimum, size_t capacity);
void heddle_graph_destroy(heddle_graph *graph);
size_t heddle_graph_capacity(const heddle_graph *graph);
heddle_graph_sections heddle_graph_get_sections(const heddle_graph *graph);
void heddle_graph_set_upper(heddle_graph *graph, uint32_t count, uint32_t used, uint32_t entry, uint32_t top);
// Bytes that `count` slots take, with everything that leads to them.
size_t heddle_graph_memory(const heddle_graph *graph, size_t count);
// Puts the pages of a file in the place of an array's first bytes, private to this process. `offset` is a multiple of
// the page size. 0, or the number of the error.
int heddle_graph_map(void *array, int file, size_t offset, size_t length);

// Writes the code of a slot; returns how many elements did not fit into its range.
size_t heddle_graph_encode(heddle_graph *graph, uint32_t slot, const float *vector);

// Links the slots `from..<to`, which have codes, on several threads. 0, or the number of the error.
int heddle_graph_insert(heddle_graph *graph, uint32_t from, uint32_t to, uint32_t threads);

// Slots that live, nearest neighbours close to each other; returns their number. `dead` has a bit for each slot.
// `order` has room for `count`.
size_t heddle_graph_order(const heddle_graph *graph, uint32_t count, const uint64_t *dead, uint32_t *order);

// Links the slots of the empty `graph`, which have codes, as those of `old` were that they come from: slot `i` was
// `order[i]`. Links to dead slots are replaced by what these led to. 0, or the number of the error.
int heddle_graph_relabel(
    heddle_graph *graph, const heddle_graph *old, uint32_t old_count, const uint32_t *order, uint32_t count,
    uint32_t threads);

// How many of the first `count` slots no search can reach.
size_t heddle_graph_unreachable(const heddle_graph *graph, uint32_t count);

// What one search at a time needs; kept and used again.
heddle_search *heddle_search_create(void);
void heddle_search_destroy(heddle_search *search);
size_t heddle_search_memory(const heddle_search *search);

// Begins a search for the `keep` nearest slots below `limit`. 0, or the number of the error.
int heddle_search_begin(
    heddle_search *search, const heddle_graph *graph, const float *query, size_t keep, uint32_t limit);
// Walks the graph. `allowed` has a bit for each slot that may be found; NULL allows all. 0, or the number of the error.
int heddle_search_walk(heddle_search *search, const heddle_graph *graph, size_t ef, const uint64_t *allowed);
// Looks at each slot of a range.
void heddle_search_range(
    heddle_search *search, const heddle_graph *graph, uint32_t from, uint32_t to, const uint64_t *allowed);
// The slots found so far, nearest first; returns how many. `slots` has room for `keep`.
size_t heddle_search_results(const heddle_search *search, uint32_t *slots);

// Exact similarities or distances of rows: the dot product, the cosine or the squared distance.
typedef enum heddle_measure {
    HEDDLE_MEASURE_DOT = 0,
    HEDDLE_MEASURE_L2 = 1,
    HEDDLE_MEASURE_COSINE = 2,
} heddle_measure;

// Measures `count` rows of floats, or of half precision; the query has length 1 for the cosine.
void heddle_measure_rows(
    heddle_measure measure, int half, const float *query, size_t dimension, const void *const *rows, size_t count,
    float *out);

#endif
