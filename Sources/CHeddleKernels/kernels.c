// Chooses the table of functions for the processor at hand, once.
#include "kernels_internal.h"

size_t heddle_kernels_available(const heddle_kernels **tables, size_t capacity) {
    const heddle_kernels *all[] = {
        heddle_kernels_avx512(), heddle_kernels_avx2(), heddle_kernels_neon(), heddle_kernels_scalar(),
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!all[i]) continue;
        if (count < capacity) tables[count] = all[i];
        count++;
    }
    return count;
}

const heddle_kernels *heddle_kernels_best(void) {
    static const heddle_kernels *chosen;
    const heddle_kernels *best = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    if (!best) {
        heddle_kernels_available(&best, 1);
        __atomic_store_n(&chosen, best, __ATOMIC_RELAXED);
    }
    return best;
}
