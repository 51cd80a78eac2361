// Processors with AVX-512 and VNNI: 64 products of bytes in one instruction.
#include "kernels_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512vpopcntdq,f16c,fma,avx2,sse4.2")))

AVX512 static inline __mmask16 tail_mask(size_t rest) { return (__mmask16)((1u << rest) - 1); }

AVX512 static inline __m512 load_half(const uint16_t *x) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)x));
}

AVX512 static inline __m512 load_half_tail(const uint16_t *x, size_t rest) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(tail_mask(rest), x));
}

AVX512 static float dot_f32(const float *a, const float *b, size_t n) {
    __m512 s0 = _mm512_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 64 <= n; i += 64) {
        s0 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i), s0);
        s1 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 16), _mm512_loadu_ps(b + i + 16), s1);
        s2 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 32), _mm512_loadu_ps(b + i + 32), s2);
        s3 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 48), _mm512_loadu_ps(b + i + 48), s3);
    }
    for (; i + 16 <= n; i += 16) s0 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i), s0);
    if (i < n) {
        __mmask16 mask = tail_mask(n - i);
        s1 = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, a + i), _mm512_maskz_loadu_ps(mask, b + i), s1);
    }
    return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(s0, s1), _mm512_add_ps(s2, s3)));
}

AVX512 static float l2_f32(const float *a, const float *b, size_t n) {
    __m512 s0 = _mm512_setzero_ps(), s1 = s0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m512 d0 = _mm512_sub_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i));
        __m512 d1 = _mm512_sub_ps(_mm512_loadu_ps(a + i + 16), _mm512_loadu_ps(b + i + 16));
        s0 = _mm512_fmadd_ps(d0, d0, s0);
        s1 = _mm512_fmadd_ps(d1, d1, s1);
    }
    for (; i < n; i += 16) {
        __mmask16 mask = n - i >= 16 ? 0xFFFF : tail_mask(n - i);
        __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, a + i), _mm512_maskz_loadu_ps(mask, b + i));
        s0 = _mm512_fmadd_ps(d, d, s0);
    }
    return _mm512_reduce_add_ps(_mm512_add_ps(s0, s1));
}

AVX512 static void dot_norm_f32(const float *q, const float *x, size_t n, float *dot, float *norm) {
    __m512 d0 = _mm512_setzero_ps(), d1 = d0, n0 = d0, n1 = d0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m512 x0 = _mm512_loadu_ps(x + i), x1 = _mm512_loadu_ps(x + i + 16);
        d0 = _mm512_fmadd_ps(_mm512_loadu_ps(q + i), x0, d0);
        d1 = _mm512_fmadd_ps(_mm512_loadu_ps(q + i + 16), x1, d1);
        n0 = _mm512_fmadd_ps(x0, x0, n0);
        n1 = _mm512_fmadd_ps(x1, x1, n1);
    }
    for (; i < n; i += 16) {
        __mmask16 mask = n - i >= 16 ? 0xFFFF : tail_mask(n - i);
        __m512 x0 = _mm512_maskz_loadu_ps(mask, x + i);
        d0 = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, q + i), x0, d0);
        n0 = _mm512_fmadd_ps(x0, x0, n0);
    }
    *dot = _mm512_reduce_add_ps(_mm512_add_ps(d0, d1));
    *norm = _mm512_reduce_add_ps(_mm512_add_ps(n0, n1));
}

AVX512 static float dot_f16(const float *q, const uint16_t *x, size_t n) {
    __m512 s0 = _mm512_setzero_ps(), s1 = s0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        s0 = _mm512_fmadd_ps(_mm512_loadu_ps(q + i), load_half(x + i), s0);
        s1 = _mm512_fmadd_ps(_mm512_loadu_ps(q + i + 16), load_half(x + i + 16), s1);
    }
    for (; i < n; i += 16) {
        size_t rest = n - i >= 16 ? 16 : n - i;
        s0 = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(tail_mask(rest), q + i), load_half_tail(x + i, rest), s0);
    }
    return _mm512_reduce_add_ps(_mm512_add_ps(s0, s1));
}

AVX512 static float l2_f16(const float *q, const uint16_t *x, size_t n) {
    __m512 s0 = _mm512_setzero_ps();
    for (size_t i = 0; i < n; i += 16) {
        size_t rest = n - i >= 16 ? 16 : n - i;
        __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(tail_mask(rest), q + i), load_half_tail(x + i, rest));
        s0 = _mm512_fmadd_ps(d, d, s0);
    }
    return _mm512_reduce_add_ps(s0);
}

AVX512 static void dot_norm_f16(const float *q, const uint16_t *x, size_t n, float *dot, float *norm) {
    __m512 d0 = _mm512_setzero_ps(), n0 = d0;
    for (size_t i = 0; i < n; i += 16) {
        size_t rest = n - i >= 16 ? 16 : n - i;
        __m512 x0 = load_half_tail(x + i, rest);
        d0 = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(tail_mask(rest), q + i), x0, d0);
        n0 = _mm512_fmadd_ps(x0, x0, n0);
    }
    *dot = _mm512_reduce_add_ps(d0);
    *norm = _mm512_reduce_add_ps(n0);
}

AVX512 static inline __m256i halves(__m512i sum) {
    return _mm256_add_epi32(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
}

// The sums of four accumulators at once, which costs little more than that of one.
AVX512 static inline __m128i sums(__m512i s0, __m512i s1, __m512i s2, __m512i s3) {
    __m256i low = _mm256_hadd_epi32(halves(s0), halves(s1));
    __m256i high = _mm256_hadd_epi32(halves(s2), halves(s3));
    __m256i all = _mm256_hadd_epi32(low, high);
    return _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

AVX512 static inline void prefetch_row(const uint8_t *row, size_t n) {
    for (size_t i = 0; i < n; i += 64) _mm_prefetch((const char *)row + i, _MM_HINT_T0);
}

AVX512 static void dot_u8s8_many(const heddle_rows *rows, const int8_t *query, size_t n, int32_t *out) {
    size_t r = 0;
    for (; r + 4 <= rows->count; r += 4) {
        const uint8_t *c0 = heddle_row(rows, r), *c1 = heddle_row(rows, r + 1);
        const uint8_t *c2 = heddle_row(rows, r + 2), *c3 = heddle_row(rows, r + 3);
        for (size_t next = r + 4; next < r + 8 && next < rows->count; next++) prefetch_row(heddle_row(rows, next), n);
        __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
        for (size_t i = 0; i < n; i += 64) {
            __m512i q = _mm512_loadu_si512(query + i);
            s0 = _mm512_dpbusd_epi32(s0, _mm512_loadu_si512(c0 + i), q);
            s1 = _mm512_dpbusd_epi32(s1, _mm512_loadu_si512(c1 + i), q);
            s2 = _mm512_dpbusd_epi32(s2, _mm512_loadu_si512(c2 + i), q);
            s3 = _mm512_dpbusd_epi32(s3, _mm512_loadu_si512(c3 + i), q);
        }
        _mm_storeu_si128((__m128i *)(out + r), sums(s0, s1, s2, s3));
    }
    for (; r < rows->count; r++) {
        const uint8_t *code = heddle_row(rows, r);
        __m512i sum = _mm512_setzero_si512();
        for (size_t i = 0; i < n; i += 64) {
            sum = _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(code + i), _mm512_loadu_si512(query + i));
        }
        out[r] = _mm512_reduce_add_epi32(sum);
    }
}

AVX512 static void dot_f32_many(const heddle_rows *rows, const float *query, size_t n, float *out) {
    for (size_t r = 0; r < rows->count; r++) {
        if (r + 1 < rows->count) prefetch_row(heddle_row(rows, r + 1), n * 4);
        out[r] = dot_f32(query, (const float *)heddle_row(rows, r), n);
    }
}

AVX512 static void l2_f32_many(const heddle_rows *rows, const float *query, size_t n, float *out) {
    for (size_t r = 0; r < rows->count; r++) {
        if (r + 1 < rows->count) prefetch_row(heddle_row(rows, r + 1), n * 4);
        out[r] = l2_f32(query, (const float *)heddle_row(rows, r), n);
    }
}

AVX512 static void hamming_many(const heddle_rows *rows, const uint8_t *query, size_t n, uint32_t *out) {
    for (size_t r = 0; r < rows->count; r++) {
        const uint8_t *code = heddle_row(rows, r);
        __m512i sum = _mm512_setzero_si512();
        for (size_t i = 0; i < n; i += 64) {
            __m512i differences = _mm512_xor_si512(_mm512_loadu_si512(code + i), _mm512_loadu_si512(query + i));
            sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(differences));
        }
        out[r] = (uint32_t)_mm512_reduce_add_epi64(sum);
    }
}

AVX512 static void f32_from_f16(const uint16_t *x, float *out, size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        size_t rest = n - i >= 16 ? 16 : n - i;
        _mm512_mask_storeu_ps(out + i, tail_mask(rest), load_half_tail(x + i, rest));
    }
}

AVX512 static void f16_from_f32(const float *x, uint16_t *out, size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 mask = tail_mask(n - i >= 16 ? 16 : n - i);
        __m256i half = _mm512_cvtps_ph(_mm512_maskz_loadu_ps(mask, x + i), _MM_FROUND_TO_NEAREST_INT);
        _mm256_mask_storeu_epi16(out + i, mask, half);
    }
}

AVX512 static size_t u8_from_f32(const float *x, float scale, float shift, uint8_t *out, size_t n) {
    const __m512 low = _mm512_set1_ps(1), high = _mm512_set1_ps(255);
    const __m512 factor = _mm512_set1_ps(scale), offset = _mm512_set1_ps(shift);
    size_t clipped = 0;
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 mask = tail_mask(n - i >= 16 ? 16 : n - i);
        __m512 value = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, x + i), factor, offset);
        value = _mm512_roundscale_ps(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        __m512 kept = _mm512_min_ps(_mm512_max_ps(value, low), high);
        clipped += (size_t)__builtin_popcount(_mm512_mask_cmp_ps_mask(mask, value, kept, _CMP_NEQ_UQ));
        _mm_mask_storeu_epi8(out + i, mask, _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(kept)));
    }
    return clipped;
}

AVX512 static int32_t s8_from_u8(const uint8_t *codes, int8_t *out, size_t n) {
    const __m512i bias = _mm512_set1_epi8((char)0x80), ones = _mm512_set1_epi8(1);
    __m512i sum = _mm512_setzero_si512();
    for (size_t i = 0; i < n; i += 64) {
        __m512i value = _mm512_xor_si512(_mm512_loadu_si512(codes + i), bias);
        _mm512_storeu_si512(out + i, value);
        sum = _mm512_dpbusd_epi32(sum, ones, value);
    }
    return _mm512_reduce_add_epi32(sum);
}

AVX512 static uint32_t crc32c(uint32_t crc, const void *data, size_t length) {
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

const heddle_kernels *heddle_kernels_avx512(void) {
    static const heddle_kernels table = {
        "avx512-vnni", dot_f32, l2_f32, dot_norm_f32, dot_f16, l2_f16, dot_norm_f16, dot_u8s8_many, dot_f32_many,
        l2_f32_many, hamming_many, f32_from_f16, f16_from_f32, u8_from_f32,
        s8_from_u8, crc32c,
    };
    __builtin_cpu_init();
    int runs = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vpopcntdq")
        && __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
    return runs ? &table : 0;
}
#else
const heddle_kernels *heddle_kernels_avx512(void) { return 0; }
#endif
