// The tables of each kind of processor; NULL where the code was built for another one or the processor lacks it.
#ifndef KERNELS_INTERNAL_H
#define KERNELS_INTERNAL_H

#include "heddle_kernels.h"

const heddle_kernels *heddle_kernels_avx2(void);
const heddle_kernels *heddle_kernels_avx512(void);
const heddle_kernels *heddle_kernels_neon(void);

static inline const uint8_t *heddle_row(const heddle_rows *rows, size_t index) {
    return rows->base + (size_t)rows->ids[index] * rows->stride;
}

#endif
