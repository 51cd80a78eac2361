#pragma once

// libseccomp, and the few Linux calls that Swift's Glibc module does not show: variadic ones (`syscall`, `ioctl`),
// ones behind _GNU_SOURCE, and one whose result is a union.

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

// The action that refuses a call with an error number; a macro with an argument in seccomp.h.
static inline uint32_t heddle_seccomp_errno(uint16_t number) { return SCMP_ACT_ERRNO(number); }
static inline uint32_t heddle_seccomp_allow(void) { return SCMP_ACT_ALLOW; }
static inline uint32_t heddle_seccomp_kill(void) { return SCMP_ACT_KILL_PROCESS; }

// One "(argument & mask) == value" of a rule.
static inline struct scmp_arg_cmp heddle_seccomp_masked(unsigned argument, uint64_t mask, uint64_t value) {
    struct scmp_arg_cmp compare = {argument, SCMP_CMP_MASKED_EQ, mask, value};
    return compare;
}

// One "argument >= value" of a rule.
static inline struct scmp_arg_cmp heddle_seccomp_at_least(unsigned argument, uint64_t value) {
    struct scmp_arg_cmp compare = {argument, SCMP_CMP_GE, value, 0};
    return compare;
}

static inline int heddle_pidfd_open(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

static inline int heddle_pidfd_signal(int descriptor, int number) {
    return (int)syscall(SYS_pidfd_send_signal, descriptor, number, (void *)0, 0);
}

// Collects the end of a child: 1 with its code and status, 0 while it runs, -1 with errno.
static inline int heddle_reap(int descriptor, int *code, int *status) {
    siginfo_t info = {0};
    // 3 is P_PIDFD, which older headers lack.
    if (waitid((idtype_t)3, (id_t)descriptor, &info, WEXITED | WNOHANG) != 0) return -1;
    if (info.si_pid == 0) return 0;
    *code = info.si_code;
    *status = info.si_status;
    return 1;
}

static inline int heddle_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

// glibc 2.34 has it, and shows it to _GNU_SOURCE only.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);

static inline int heddle_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

// Orphans below this process become its children: prctl PR_SET_CHILD_SUBREAPER.
static inline int heddle_become_subreaper(void) { return prctl(36, 1UL, 0UL, 0UL, 0UL); }

// An anonymous file, close-on-exec.
static inline int heddle_memory_file(void) { return (int)syscall(SYS_memfd_create, "heddle", 1U); }

// The user namespace that owns a namespace: ioctl NS_GET_USERNS.
static inline int heddle_namespace_owner(int descriptor) { return ioctl(descriptor, _IO(0xb7, 0x1)); }

// A descriptor that only names a path; 010000000 is O_PATH, which fcntl.h shows to _GNU_SOURCE only.
static inline int heddle_open_path(const char *path) { return open(path, 010000000 | O_CLOEXEC); }

// Whether `user` (with no other group than its own) may access what an O_PATH descriptor names. The directories above
// it do not matter. Ids are of the thread here, and are put back before the call returns; root only.
static inline int heddle_access_as(int descriptor, uid_t user, int mode) {
    gid_t groups[256];
    int count = getgroups(256, groups);
    if (count < 0) return -1;
    uid_t own_user = geteuid();
    gid_t own_group = getegid();
    if (syscall(SYS_setgroups, 0, (void *)0) != 0) return -1;
    syscall(SYS_setfsgid, user);
    syscall(SYS_setfsuid, user);
    // 439 is faccessat2; 0x1000 is AT_EMPTY_PATH, 0x200 AT_EACCESS.
    int result = (int)syscall(439, descriptor, "", mode, 0x1000 | 0x200);
    int number = errno;
    syscall(SYS_setfsuid, own_user);
    syscall(SYS_setfsgid, own_group);
    if (syscall(SYS_setgroups, count, groups) != 0) return -1;
    errno = number;
    return result;
}

// The same question for the process's own user.
static inline int heddle_access(int descriptor, int mode) {
    return (int)syscall(439, descriptor, "", mode, 0x1000 | 0x200);
}
