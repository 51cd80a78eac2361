// The plain functions: what every processor can run, and what the fast ones are tested against.
#include "kernels_internal.h"
#include <math.h>
#include <string.h>

static float bits_to_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t float_to_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float half_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = (half >> 10) & 0x1F;
    uint32_t fraction = half & 0x3FF;
    if (exponent == 0x1F) return bits_to_float(sign | 0x7F800000 | fraction << 13 | (fraction ? 0x400000 : 0));
    if (exponent) return bits_to_float(sign | (exponent + 112) << 23 | fraction << 13);
    float value = (float)fraction * 0x1p-24f;
    return sign ? -value : value;
}

// Rounds to the nearest, ties to even, as the instructions of the processors do.
static uint16_t float_to_half(float value) {
    uint32_t bits = float_to_bits(value);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    uint32_t magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) return sign | 0x7E00 | (uint16_t)(magnitude >> 13 & 0x3FF);
    if (magnitude >= 0x47800000) return sign | 0x7C00;
    if (magnitude >= 0x38800000) {
        uint32_t rest = magnitude & 0x1FFF;
        uint32_t half = (magnitude >> 13) - (112 << 10);
        half += rest > 0x1000 || (rest == 0x1000 && (half & 1));
        return sign | (uint16_t)half;
    }
    return sign | (uint16_t)rintf(bits_to_float(magnitude) * 0x1p24f);
}

static float dot_f32(const float *a, const float *b, size_t n) {
    float sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static float l2_f32(const float *a, const float *b, size_t n) {
    float sum = 0;
    for (size_t i = 0; i < n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

static void dot_norm_f32(const float *q, const float *x, size_t n, float *dot, float *norm) {
    *dot = dot_f32(q, x, n);
    *norm = dot_f32(x, x, n);
}

static float dot_f16(const float *q, const uint16_t *x, size_t n) {
    float sum = 0;
    for (size_t i = 0; i < n; i++) sum += q[i] * half_to_float(x[i]);
    return sum;
}

static float l2_f16(const float *q, const uint16_t *x, size_t n) {
    float sum = 0;
    for (size_t i = 0; i < n; i++) {
        float difference = q[i] - half_to_float(x[i]);
        sum += difference * difference;
    }
    return sum;
}

static void dot_norm_f16(const float *q, const uint16_t *x, size_t n, float *dot, float *norm) {
    float product = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        float value = half_to_float(x[i]);
        product += q[i] * value;
        square += value * value;
    }
    *dot = product;
    *norm = square;
}

static void dot_u8s8_many(const heddle_rows *rows, const int8_t *query, size_t n, int32_t *out) {
    for (size_t r = 0; r < rows->count; r++) {
        const uint8_t *code = heddle_row(rows, r);
        int32_t sum = 0;
        for (size_t i = 0; i < n; i++) sum += (int32_t)code[i] * query[i];
        out[r] = sum;
    }
}

static void dot_f32_many(const heddle_rows *rows, const float *query, size_t n, float *out) {
    for (size_t r = 0; r < rows->count; r++) out[r] = dot_f32(query, (const float *)heddle_row(rows, r), n);
}

static void l2_f32_many(const heddle_rows *rows, const float *query, size_t n, float *out) {
    for (size_t r = 0; r < rows->count; r++) out[r] = l2_f32(query, (const float *)heddle_row(rows, r), n);
}

static void hamming_many(const heddle_rows *rows, const uint8_t *query, size_t n, uint32_t *out) {
    for (size_t r = 0; r < rows->count; r++) {
        const uint8_t *code = heddle_row(rows, r);
        uint32_t sum = 0;
        for (size_t i = 0; i < n; i += 8) {
            uint64_t a, b;
            memcpy(&a, code + i, 8);
            memcpy(&b, query + i, 8);
            sum += (uint32_t)__builtin_popcountll(a ^ b);
        }
        out[r] = sum;
    }
}

static void f32_from_f16(const uint16_t *x, float *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = half_to_float(x[i]);
}

static void f16_from_f32(const float *x, uint16_t *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = float_to_half(x[i]);
}

static size_t u8_from_f32(const float *x, float scale, float shift, uint8_t *out, size_t n) {
    size_t clipped = 0;
    for (size_t i = 0; i < n; i++) {
        float value = rintf(fmaf(x[i], scale, shift));
        if (!(value >= 1 && value <= 255)) {
            clipped++;
            value = value > 255 ? 255 : 1;
        }
        out[i] = (uint8_t)value;
    }
    return clipped;
}

static int32_t s8_from_u8(const uint8_t *codes, int8_t *out, size_t n) {
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t value = (int32_t)codes[i] - 128;
        out[i] = (int8_t)value;
        sum += value;
    }
    return sum;
}

static uint32_t crc32c(uint32_t crc, const void *data, size_t length) {
    const uint8_t *bytes = data;
    crc = ~crc;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0x82F63B78 & (0 - (crc & 1)));
    }
    return ~crc;
}

const heddle_kernels *heddle_kernels_scalar(void) {
    static const heddle_kernels table = {
        "scalar", dot_f32, l2_f32, dot_norm_f32, dot_f16, l2_f16, dot_norm_f16, dot_u8s8_many, dot_f32_many,
        l2_f32_many, hamming_many, f32_from_f16, f16_from_f32, u8_from_f32,
        s8_from_u8, crc32c,
    };
    return &table;
}
