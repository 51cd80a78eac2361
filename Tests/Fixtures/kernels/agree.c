// Holds every table of kernels that this processor can run against the plain one; for processors that the tests of the
// package do not run on, such as Arm under qemu-user (scripts/test-neon).
#include "heddle_kernels.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1536, ROWS = 9 };

static unsigned long long state = 7;
static int failures;

static float number(void) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (float)(int)(state >> 32) / 2147483648.0f;
}

static void expect(int holds, const char *table, const char *what, size_t n) {
    if (holds) return;
    failures++;
    printf("%s: %s of %zu differ\n", table, what, n);
}

static int close_to(float a, float b, size_t n) { return fabsf(a - b) <= 1e-5f * sqrtf((float)n + 1) + 1e-5f * fabsf(b); }

static void compare(const heddle_kernels *k, const heddle_kernels *plain, size_t n) {
    static float a[MOST], b[MOST], left[MOST], right[MOST];
    static unsigned short half[MOST], other[MOST];
    for (size_t i = 0; i < n; i++) {
        a[i] = number();
        b[i] = number();
    }
    expect(close_to(k->dot_f32(a, b, n), plain->dot_f32(a, b, n), n), k->name, "products", n);
    expect(close_to(k->l2_f32(a, b, n), plain->l2_f32(a, b, n), n), k->name, "distances", n);
    float dot, norm;
    k->dot_norm_f32(a, b, n, &dot, &norm);
    expect(close_to(dot, plain->dot_f32(a, b, n), n) && close_to(norm, plain->dot_f32(b, b, n), n), k->name, "both", n);
    plain->f16_from_f32(b, half, n);
    k->f16_from_f32(b, other, n);
    expect(memcmp(half, other, n * 2) == 0, k->name, "halves", n);
    plain->f32_from_f16(half, left, n);
    k->f32_from_f16(half, right, n);
    expect(memcmp(left, right, n * 4) == 0, k->name, "floats of halves", n);
    expect(close_to(k->dot_f16(a, half, n), plain->dot_f16(a, half, n), n), k->name, "products of halves", n);
    expect(close_to(k->l2_f16(a, half, n), plain->l2_f16(a, half, n), n), k->name, "distances of halves", n);
    k->dot_norm_f16(a, half, n, &dot, &norm);
    expect(close_to(dot, plain->dot_f16(a, half, n), n), k->name, "both of halves", n);
    static unsigned char codes[MOST], same[MOST];
    size_t clipped = plain->u8_from_f32(a, 140, 128, codes, n);
    expect(k->u8_from_f32(a, 140, 128, same, n) == clipped && memcmp(codes, same, n) == 0, k->name, "codes", n);
    expect(k->crc32c(0, a, n * 4) == plain->crc32c(0, a, n * 4), k->name, "checksums", n);
}

static void compare_rows(const heddle_kernels *k, const heddle_kernels *plain, size_t n) {
    static unsigned char codes[ROWS * MOST], bits[MOST];
    static signed char query[MOST], signed_codes[MOST], signed_same[MOST];
    for (size_t i = 0; i < ROWS * n; i++) codes[i] = (unsigned char)(number() * 128 + 128);
    for (size_t i = 0; i < n; i++) {
        codes[i] = 255;
        query[i] = i < n / 2 ? 127 : (signed char)(number() * 127);
        bits[i] = codes[n + i] ^ (unsigned char)(number() * 100);
    }
    unsigned ids[ROWS];
    for (unsigned i = 0; i < ROWS; i++) ids[i] = ROWS - 1 - i;
    for (size_t count = 1; count <= ROWS; count++) {
        heddle_rows rows = {codes, n, ids, count};
        int left[ROWS], right[ROWS];
        unsigned few[ROWS], many[ROWS];
        plain->dot_u8s8_many(&rows, query, n, left);
        k->dot_u8s8_many(&rows, query, n, right);
        expect(memcmp(left, right, count * sizeof *left) == 0, k->name, "products of bytes", n);
        plain->hamming_many(&rows, bits, n, few);
        k->hamming_many(&rows, bits, n, many);
        expect(memcmp(few, many, count * sizeof *few) == 0, k->name, "bits", n);
    }
    int sum = plain->s8_from_u8(codes + n, signed_codes, n);
    expect(k->s8_from_u8(codes + n, signed_same, n) == sum && memcmp(signed_codes, signed_same, n) == 0, k->name, "signs", n);
}

int main(void) {
    const heddle_kernels *tables[8], *plain = heddle_kernels_scalar();
    size_t count = heddle_kernels_available(tables, 8);
    const size_t lengths[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 100, 384, 1000, 1536};
    for (size_t t = 0; t < count && t < 8; t++) {
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) compare(tables[t], plain, lengths[i]);
        for (size_t n = 64; n <= MOST; n += 64) compare_rows(tables[t], plain, n);
        printf("%s agrees\n", tables[t]->name);
    }
    return failures > 0;
}
