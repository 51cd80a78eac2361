// What the shim writes and powercut-recover reads.
#ifndef POWERCUT_H
#define POWERCUT_H

#include <stdint.h>

#define POWERCUT_MAGIC UINT64_C(0x3154554352574f50)

// One change that the disk may not have yet: `length` old bytes follow, which stood at `offset`.
struct powercut_record {
    uint64_t magic;
    uint64_t old_size;
    uint64_t offset;
    uint64_t length;
};

#endif
