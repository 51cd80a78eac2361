// Processors with AVX2, FMA and F16C: nearly all x86-64 since 2013.
#include "kernels_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma,f16c,sse4.2,popcnt")))

AVX2 static inline float sum8(__m256 v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}

AVX2 static inline int32_t sum8i(__m256i v) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1)));
}

AVX2 static inline __m256 load_half(const uint16_t *x) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)x)); }

AVX2 static inline float half(uint16_t x) { return _cvtsh_ss(x); }

AVX2 static float dot_f32(const float *a, const float *b, size_t n) {
    __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        s0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), s0);
        s1 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8), s1);
        s2 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 16), _mm256_loadu_ps(b + i + 16), s2);
        s3 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 24), _mm256_loadu_ps(b + i + 24), s3);
    }
    for (; i + 8 <= n; i += 8) s0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), s0);
    float sum = sum8(_mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3)));
    for (; i < n; i++) sum += a[i] * b[i];
    return sum;
}

AVX2 static float l2_f32(const float *a, const float *b, size_t n) {
    __m256 s0 = _mm256_setzero_ps(), s1 = s0;
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256 d0 = _mm256_sub_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i));
        __m256 d1 = _mm256_sub_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8));
        s0 = _mm256_fmadd_ps(d0, d0, s0);
        s1 = _mm256_fmadd_ps(d1, d1, s1);
    }
    float sum = sum8(_mm256_add_ps(s0, s1));
    for (; i < n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

AVX2 static void dot_norm_f32(const float *q, const float *x, size_t n, float *dot, float *norm) {
    __m256 d = _mm256_setzero_ps(), s = d;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256 v = _mm256_loadu_ps(x + i);
        d = _mm256_fmadd_ps(_mm256_loadu_ps(q + i), v, d);
        s = _mm256_fmadd_ps(v, v, s);
    }
    float product = sum8(d), square = sum8(s);
    for (; i < n; i++) {
        product += q[i] * x[i];
        square += x[i] * x[i];
    }
    *dot = product;
    *norm = square;
}

AVX2 static float dot_f16(const float *q, const uint16_t *x, size_t n) {
    __m256 s0 = _mm256_setzero_ps(), s1 = s0;
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        s0 = _mm256_fmadd_ps(_mm256_loadu_ps(q + i), load_half(x + i), s0);
        s1 = _mm256_fmadd_ps(_mm256_loadu_ps(q + i + 8), load_half(x + i + 8), s1);
    }
    float sum = sum8(_mm256_add_ps(s0, s1));
    for (; i < n; i++) sum += q[i] * half(x[i]);
    return sum;
}

AVX2 static float l2_f16(const float *q, const uint16_t *x, size_t n) {
    __m256 s = _mm256_setzero_ps();
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256 d = _mm256_sub_ps(_mm256_loadu_ps(q + i), load_half(x + i));
        s = _mm256_fmadd_ps(d, d, s);
    }
    float sum = sum8(s);
    for (; i < n; i++) {
        float d = q[i] - half(x[i]);
        sum += d * d;
    }
    return sum;
}

AVX2 static void dot_norm_f16(const float *q, const uint16_t *x, size_t n, float *dot, float *norm) {
    __m256 d = _mm256_setzero_ps(), s = d;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256 v = load_half(x + i);
        d = _mm256_fmadd_ps(_mm256_loadu_ps(q + i), v, d);
        s = _mm256_fmadd_ps(v, v, s);
    }
    float product = sum8(d), square = sum8(s);
    for (; i < n; i++) {
        float v = half(x[i]);
        product += q[i] * v;
        square += v * v;
    }
    *dot = product;
    *norm = square;
}

// Widened to 16 bits first: the shorter instruction for bytes saturates at sums that our codes reach.
AVX2 static inline __m256i add_products(__m256i sum, const uint8_t *code, const int8_t *query) {
    __m256i c = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)code));
    __m256i q = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)query));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(c, q));
}

AVX2 static inline void prefetch_row(const uint8_t *row, size_t n) {
    for (size_t i = 0; i < n; i += 64) _mm_prefetch((const char *)row + i, _MM_HINT_T0);
}

AVX2 static void dot_u8s8_many(const heddle_rows *rows, const int8_t *query, size_t n, int32_t *out) {
    for (size_t r = 0; r < rows->count; r++) {
        const uint8_t *code = heddle_row(rows, r);
        if (r + 2 < rows->count) prefetch_row(heddle_row(rows, r + 2), n);
        __m256i s0 = _mm256_setzero_si256(), s1 = s0;
        for (size_t i = 0; i < n; i += 32) {
            s0 = add_products(s0, code + i, query + i);
            s1 = add_products(s1, code + i + 16, query + i + 16);
        }
        out[r] = sum8i(_mm256_add_epi32(s0, s1));
    }
}

AVX2 static void dot_f32_many(const heddle_rows *rows, const float *query, size_t n, float *out) {
    for (size_t r = 0; r < rows->count; r++) {
        if (r + 1 < rows->count) prefetch_row(heddle_row(rows, r + 1), n * 4);
        out[r] = dot_f32(query, (const float *)heddle_row(rows, r), n);
    }
}

AVX2 static void l2_f32_many(const heddle_rows *rows, const float *query, size_t n, float *out) {
    for (size_t r = 0; r < rows->count; r++) {
        if (r + 1 < rows->count) prefetch_row(heddle_row(rows, r + 1), n * 4);
        out[r] = l2_f32(query, (const float *)heddle_row(rows, r), n);
    }
}

AVX2 static void hamming_many(const heddle_rows *rows, const uint8_t *query, size_t n, uint32_t *out) {
    for (size_t r = 0; r < rows->count; r++) {
        const uint8_t *code = heddle_row(rows, r);
        uint64_t sum = 0;
        for (size_t i = 0; i < n; i += 8) {
            uint64_t a, b;
            __builtin_memcpy(&a, code + i, 8);
            __builtin_memcpy(&b, query + i, 8);
            sum += (uint64_t)_mm_popcnt_u64(a ^ b);
        }
        out[r] = (uint32_t)sum;
    }
}

AVX2 static void f32_from_f16(const uint16_t *x, float *out, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) _mm256_storeu_ps(out + i, load_half(x + i));
    for (; i < n; i++) out[i] = half(x[i]);
}

AVX2 static void f16_from_f32(const float *x, uint16_t *out, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        _mm_storeu_si128((__m128i *)(out + i), _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
    }
    for (; i < n; i++) out[i] = _cvtss_sh(x[i], _MM_FROUND_TO_NEAREST_INT);
}

AVX2 static size_t u8_from_f32(const float *x, float scale, float shift, uint8_t *out, size_t n) {
    size_t clipped = 0;
    for (size_t i = 0; i < n; i++) {
        float value = __builtin_rintf(__builtin_fmaf(x[i], scale, shift));
        float kept = value > 255 ? 255 : value >= 1 ? value : 1;
        clipped += kept != value;
        out[i] = (uint8_t)kept;
    }
    return clipped;
}

AVX2 static int32_t s8_from_u8(const uint8_t *codes, int8_t *out, size_t n) {
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t value = (int32_t)codes[i] - 128;
        out[i] = (int8_t)value;
        sum += value;
    }
    return sum;
}

AVX2 static uint32_t crc32c(uint32_t crc, const void *data, size_t length) {
    const uint8_t *bytes = data;
    uint64_t state = ~crc;
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word;
        __builtin_memcpy(&word, bytes, 8);
        state = _mm_crc32_u64(state, word);
    }
    uint32_t rest = (uint32_t)state;
    for (; length; bytes++, length--) rest = _mm_crc32_u8(rest, *bytes);
    return ~rest;
}

const heddle_kernels *heddle_kernels_avx2(void) {
    static const heddle_kernels table = {
        "avx2", dot_f32, l2_f32, dot_norm_f32, dot_f16, l2_f16, dot_norm_f16, dot_u8s8_many, dot_f32_many,
        l2_f32_many, hamming_many, f32_from_f16, f16_from_f32, u8_from_f32,
        s8_from_u8, crc32c,
    };
    __builtin_cpu_init();
    int runs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("sse4.2")
        && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("f16c");
    return runs ? &table : 0;
}
#else
const heddle_kernels *heddle_kernels_avx2(void) { return 0; }
#endif
