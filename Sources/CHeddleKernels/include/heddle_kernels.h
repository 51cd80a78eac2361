// Distances between vectors, checksums and conversions, with one table of functions for each kind of processor.
#ifndef HEDDLE_KERNELS_H
#define HEDDLE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Where several vectors lie: vector `ids[i]` begins at `base + ids[i] * stride`.
typedef struct heddle_rows {
    const uint8_t *base;
    size_t stride;
    const uint32_t *ids;
    size_t count;
} heddle_rows;

// All functions of one kind of processor. They take any number of elements unless they say otherwise.
typedef struct heddle_kernels {
    const char *name;
    float (*dot_f32)(const float *a, const float *b, size_t n);
    float (*l2_f32)(const float *a, const float *b, size_t n);
    // The dot product of `q` and `x` and that of `x` with itself, in one pass.
    void (*dot_norm_f32)(const float *q, const float *x, size_t n, float *dot, float *norm);
    float (*dot_f16)(const float *q, const uint16_t *x, size_t n);
    float (*l2_f16)(const float *q, const uint16_t *x, size_t n);
    void (*dot_norm_f16)(const float *q, const uint16_t *x, size_t n, float *dot, float *norm);
    // `n` is a multiple of 64. Codes are unsigned so that one instruction multiplies them with a signed query.
    void (*dot_u8s8_many)(const heddle_rows *rows, const int8_t *query, size_t n, int32_t *out);
    void (*dot_f32_many)(const heddle_rows *rows, const float *query, size_t n, float *out);
    void (*l2_f32_many)(const heddle_rows *rows, const float *query, size_t n, float *out);
    // Bits that differ; `n` counts bytes and is a multiple of 64.
    void (*hamming_many)(const heddle_rows *rows, const uint8_t *query, size_t n, uint32_t *out);
    void (*f32_from_f16)(const uint16_t *x, float *out, size_t n);
    void (*f16_from_f32)(const float *x, uint16_t *out, size_t n);
    // Codes `x * scale + 128`, rounded to the nearest even number and kept in 1...255; returns how many did not fit.
    size_t (*u8_from_f32)(const float *x, float scale, float shift, uint8_t *out, size_t n);
    // The signed form of codes, as a query for `dot_u8s8_many`; returns the sum of its elements. `n` is a multiple of 64.
    int32_t (*s8_from_u8)(const uint8_t *codes, int8_t *out, size_t n);
    // CRC-32C (Castagnoli) of what follows data whose checksum is `crc`; 0 begins.
    uint32_t (*crc32c)(uint32_t crc, const void *data, size_t length);
} heddle_kernels;

// The fastest table that this processor can run.
const heddle_kernels *heddle_kernels_best(void);

// The plain one, which the others have to agree with.
const heddle_kernels *heddle_kernels_scalar(void);

// All tables that this processor can run; returns how many there are and stores at most `capacity`.
size_t heddle_kernels_available(const heddle_kernels **tables, size_t capacity);

#endif
