// 64-bit Arm: NEON is part of every such processor.
#include "kernels_internal.h"

#if defined(__aarch64__)
#include <arm_neon.h>

static inline float32x4_t load_half(const uint16_t *x) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(x))); }

static inline float half(uint16_t x) {
    return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(x))), 0);
}

static float dot_f32(const float *a, const float *b, size_t n) {
    float32x4_t s0 = vdupq_n_f32(0), s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        s0 = vfmaq_f32(s0, vld1q_f32(a + i), vld1q_f32(b + i));
        s1 = vfmaq_f32(s1, vld1q_f32(a + i + 4), vld1q_f32(b + i + 4));
        s2 = vfmaq_f32(s2, vld1q_f32(a + i + 8), vld1q_f32(b + i + 8));
        s3 = vfmaq_f32(s3, vld1q_f32(a + i + 12), vld1q_f32(b + i + 12));
    }
    float sum = vaddvq_f32(vaddq_f32(vaddq_f32(s0, s1), vaddq_f32(s2, s3)));
    for (; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static float l2_f32(const float *a, const float *b, size_t n) {
    float32x4_t s0 = vdupq_n_f32(0), s1 = s0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        float32x4_t d0 = vsubq_f32(vld1q_f32(a + i), vld1q_f32(b + i));
        float32x4_t d1 = vsubq_f32(vld1q_f32(a + i + 4), vld1q_f32(b + i + 4));
        s0 = vfmaq_f32(s0, d0, d0);
        s1 = vfmaq_f32(s1, d1, d1);
    }
    float sum = vaddvq_f32(vaddq_f32(s0, s1));
    for (; i < n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

static void dot_norm_f32(const float *q, const float *x, size_t n, float *dot, float *norm) {
    *dot = dot_f32(q, x, n);
    *norm = dot_f32(x, x, n);
}

static float dot_f16(const float *q, const uint16_t *x, size_t n) {
    float32x4_t s = vdupq_n_f32(0);
    size_t i = 0;
    for (; i + 4 <= n; i += 4) s = vfmaq_f32(s, vld1q_f32(q + i), load_half(x + i));
    float sum = vaddvq_f32(s);
    for (; i < n; i++) sum += q[i] * half(x[i]);
    return sum;
}

static float l2_f16(const float *q, const uint16_t *x, size_t n) {
    float32x4_t s = vdupq_n_f32(0);
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        float32x4_t d = vsubq_f32(vld1q_f32(q + i), load_half(x + i));
        s = vfmaq_f32(s, d, d);
    }
    float sum = vaddvq_f32(s);
    for (; i < n; i++) sum += (q[i] - half(x[i])) * (q[i] - half(x[i]));
    return sum;
}

static void dot_norm_f16(const float *q, const uint16_t *x, size_t n, float *dot, float *norm) {
    float32x4_t d = vdupq_n_f32(0), s = d;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        float32x4_t v = load_half(x + i);
        d = vfmaq_f32(d, vld1q_f32(q + i), v);
        s = vfmaq_f32(s, v, v);
    }
    float product = vaddvq_f32(d), square = vaddvq_f32(s);
    for (; i < n; i++) {
        float v = half(x[i]);
        product += q[i] * v;
        square += v * v;
    }
    *dot = product;
    *norm = square;
}

static void dot_u8s8_many(const heddle_rows *rows, const int8_t *query, size_t n, int32_t *out) {
    for (size_t r = 0; r < rows->count; r++) {
        const uint8_t *code = heddle_row(rows, r);
        if (r + 1 < rows->count) __builtin_prefetch(heddle_row(rows, r + 1));
        int32x4_t s0 = vdupq_n_s32(0), s1 = s0;
        for (size_t i = 0; i < n; i += 16) {
            uint8x16_t c = vld1q_u8(code + i);
            int8x16_t q = vld1q_s8(query + i);
            int16x8_t c0 = vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(c))), q0 = vmovl_s8(vget_low_s8(q));
            int16x8_t c1 = vreinterpretq_s16_u16(vmovl_u8(vget_high_u8(c))), q1 = vmovl_s8(vget_high_s8(q));
            s0 = vmlal_s16(s0, vget_low_s16(c0), vget_low_s16(q0));
            s1 = vmlal_s16(s1, vget_high_s16(c0), vget_high_s16(q0));
            s0 = vmlal_s16(s0, vget_low_s16(c1), vget_low_s16(q1));
            s1 = vmlal_s16(s1, vget_high_s16(c1), vget_high_s16(q1));
        }
        out[r] = vaddvq_s32(vaddq_s32(s0, s1));
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
        for (size_t i = 0; i < n; i += 16) sum += vaddvq_u8(vcntq_u8(veorq_u8(vld1q_u8(code + i), vld1q_u8(query + i))));
        out[r] = sum;
    }
}

static void f32_from_f16(const uint16_t *x, float *out, size_t n) {
    size_t i = 0;
    for (; i + 4 <= n; i += 4) vst1q_f32(out + i, load_half(x + i));
    for (; i < n; i++) out[i] = half(x[i]);
}

static void f16_from_f32(const float *x, uint16_t *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = vget_lane_u16(vreinterpret_u16_f16(vcvt_f16_f32(vdupq_n_f32(x[i]))), 0);
}

static size_t u8_from_f32(const float *x, float scale, float shift, uint8_t *out, size_t n) {
    size_t clipped = 0;
    for (size_t i = 0; i < n; i++) {
        float value = __builtin_rintf(__builtin_fmaf(x[i], scale, shift));
        float kept = value > 255 ? 255 : value >= 1 ? value : 1;
        clipped += kept != value;
        out[i] = (uint8_t)kept;
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

// Slicing by one table: the instruction for this checksum is optional on Arm.
static uint32_t crc32c(uint32_t crc, const void *data, size_t length) {
    static uint32_t table[256];
    static int ready;
    if (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (0x82F63B78 & (0 - (value & 1)));
            __atomic_store_n(&table[i], value, __ATOMIC_RELAXED);
        }
        __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    }
    const uint8_t *bytes = data;
    crc = ~crc;
    for (size_t i = 0; i < length; i++) crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xFF];
    return ~crc;
}

const heddle_kernels *heddle_kernels_neon(void) {
    static const heddle_kernels table = {
        "neon", dot_f32, l2_f32, dot_norm_f32, dot_f16, l2_f16, dot_norm_f16, dot_u8s8_many, dot_f32_many,
        l2_f32_many, hamming_many, f32_from_f16, f16_from_f32, u8_from_f32,
        s8_from_u8, crc32c,
    };
    return &table;
}
#else
const heddle_kernels *heddle_kernels_neon(void) { return 0; }
#endif
