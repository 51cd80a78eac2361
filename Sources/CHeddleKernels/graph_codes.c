// Codes of vectors, queries in the form of codes, and the distances between them.
#include "graph_internal.h"

size_t graph_buffer_bytes(const heddle_graph *g) { return g->code_length * 4 + 64; }

static void set_bits(const float *vector, size_t dimension, float threshold, uint8_t *out, size_t bytes) {
    memset(out, 0, bytes);
    for (size_t i = 0; i < dimension; i++) out[i / 8] |= (uint8_t)((vector[i] > threshold) << (i % 8));
}

static int32_t square_of(const int8_t *values, size_t n) {
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += (int32_t)values[i] * values[i];
    return sum;
}

size_t heddle_graph_encode(heddle_graph *g, uint32_t slot, const float *vector) {
    size_t dimension = g->options.dimension, clipped = 0;
    uint8_t *code = code_of(g, slot);
    for (size_t i = 0; i < g->m0; i++) store(base_links(g, slot) + i, NO_NODE);
    switch (g->options.kind) {
    case HEDDLE_CODE_F32:
        memcpy(code, vector, dimension * 4);
        memset(code + dimension * 4, 0, g->code_bytes - dimension * 4);
        break;
    case HEDDLE_CODE_F16:
        g->kernels->f16_from_f32(vector, (uint16_t *)code, dimension);
        memset(code + dimension * 2, 0, g->code_bytes - dimension * 2);
        break;
    case HEDDLE_CODE_INT8:
        clipped = g->kernels->u8_from_f32(vector, g->options.scale, 128 + g->options.shift, code, dimension);
        memset(code + dimension, 128, g->code_bytes - dimension);
        if (g->squares) {
            int32_t sum = 0;
            for (size_t i = 0; i < dimension; i++) sum += ((int32_t)code[i] - 128) * ((int32_t)code[i] - 128);
            g->squares[slot] = sum;
        }
        break;
    default:
        set_bits(vector, dimension, g->options.shift, code, g->code_bytes);
        break;
    }
    return clipped;
}

query_form graph_query_form(const heddle_graph *g, const float *vector, void *buffer) {
    size_t dimension = g->options.dimension;
    query_form form = {.data = buffer, .is_squared = g->options.metric == HEDDLE_METRIC_L2};
    switch (g->options.kind) {
    case HEDDLE_CODE_F32:
    case HEDDLE_CODE_F16:
        memcpy(buffer, vector, dimension * 4);
        memset((uint8_t *)buffer + dimension * 4, 0, (g->code_length - dimension) * 4);
        break;
    case HEDDLE_CODE_INT8: {
        int8_t *values = buffer;
        float scale = g->options.scale, shift = 128 + g->options.shift;
        // For a dot product the range of a query is its own: only the order of the answers matters.
        if (g->options.metric != HEDDLE_METRIC_L2) {
            float largest = 0;
            for (size_t i = 0; i < dimension; i++) {
                float size = vector[i] < 0 ? -vector[i] : vector[i];
                if (size > largest) largest = size;
            }
            scale = largest > 0 ? 127 / largest : 0;
            shift = 128;
        }
        g->kernels->u8_from_f32(vector, scale, shift, buffer, dimension);
        memset((uint8_t *)buffer + dimension, 128, g->code_length - dimension);
        form.bias = 128 * g->kernels->s8_from_u8(buffer, values, g->code_length);
        if (form.is_squared) form.square = square_of(values, g->code_length);
        break;
    }
    default:
        set_bits(vector, dimension, g->options.shift, buffer, g->code_bytes);
        break;
    }
    return form;
}

query_form graph_slot_form(const heddle_graph *g, uint32_t slot, void *buffer) {
    const uint8_t *code = code_of(g, slot);
    query_form form = {.data = code, .is_squared = g->options.metric == HEDDLE_METRIC_L2};
    if (g->options.kind == HEDDLE_CODE_F16) {
        g->kernels->f32_from_f16((const uint16_t *)code, buffer, g->code_length);
        form.data = buffer;
    } else if (g->options.kind == HEDDLE_CODE_INT8) {
        form.bias = 128 * g->kernels->s8_from_u8(code, buffer, g->code_length);
        form.data = buffer;
        if (g->squares) form.square = g->squares[slot];
    }
    return form;
}

// Bits of floats sort as the floats do when those of negative ones are turned around.
static uint32_t sortable(float value) {
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint32_t)bits ^ ((uint32_t)(bits >> 31) | 0x80000000);
}

static void int8_distances(
    const heddle_graph *g, const query_form *q, const heddle_rows *rows, uint32_t *out) {
    int32_t *products = (int32_t *)out;
    g->kernels->dot_u8s8_many(rows, q->data, g->code_length, products);
    if (q->is_squared) {
        for (size_t i = 0; i < rows->count; i++) {
            out[i] = (uint32_t)(g->squares[rows->ids[i]] + q->square - 2 * (products[i] - q->bias));
        }
    } else {
        for (size_t i = 0; i < rows->count; i++) out[i] = (uint32_t)(0x40000000 - (products[i] - q->bias));
    }
}

void graph_distances(const heddle_graph *g, const query_form *q, const uint32_t *slots, size_t count, uint32_t *out) {
    heddle_rows rows = {.base = g->block + g->links_bytes, .stride = g->stride, .ids = slots, .count = count};
    int is_dot = !q->is_squared;
    float *floats = (float *)out;
    switch (g->options.kind) {
    case HEDDLE_CODE_INT8:
        int8_distances(g, q, &rows, out);
        return;
    case HEDDLE_CODE_BINARY:
        g->kernels->hamming_many(&rows, q->data, g->code_length, out);
        return;
    case HEDDLE_CODE_F32:
        (is_dot ? g->kernels->dot_f32_many : g->kernels->l2_f32_many)(&rows, q->data, g->code_length, floats);
        break;
    default:
        for (size_t i = 0; i < count; i++) {
            const uint16_t *code = (const uint16_t *)code_of(g, slots[i]);
            floats[i] = (is_dot ? g->kernels->dot_f16 : g->kernels->l2_f16)(q->data, code, g->code_length);
        }
        break;
    }
    for (size_t i = 0; i < count; i++) {
        float value;
        memcpy(&value, &out[i], sizeof value);
        out[i] = sortable(is_dot ? -value : value);
    }
}

void heddle_measure_rows(
    heddle_measure measure, int half, const float *query, size_t dimension, const void *const *rows, size_t count,
    float *out) {
    const heddle_kernels *k = heddle_kernels_best();
    for (size_t i = 0; i < count; i++) {
        if (i + 2 < count) {
            for (size_t line = 0; line < dimension * (half ? 2 : 4); line += 64) {
                __builtin_prefetch((const uint8_t *)rows[i + 2] + line);
            }
        }
        if (measure == HEDDLE_MEASURE_L2) {
            out[i] = half ? k->l2_f16(query, rows[i], dimension) : k->l2_f32(query, rows[i], dimension);
        } else if (measure == HEDDLE_MEASURE_DOT) {
            out[i] = half ? k->dot_f16(query, rows[i], dimension) : k->dot_f32(query, rows[i], dimension);
        } else {
            float dot, norm;
            if (half) {
                k->dot_norm_f16(query, rows[i], dimension, &dot, &norm);
            } else {
                k->dot_norm_f32(query, rows[i], dimension, &dot, &norm);
            }
            out[i] = norm > 0 ? dot / __builtin_sqrtf(norm) : 0;
        }
    }
}
