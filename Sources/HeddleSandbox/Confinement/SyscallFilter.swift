import CSeccomp
import Glibc
import HeddleModel

/// The seccomp program that every confined process runs under, as bytes for `bwrap --seccomp`.
///
/// It refuses what a tool server never needs and a break-out usually does, with EPERM so that programs can go on.
/// It has to leave setuid, prctl and capset alone, because `setpriv` runs under it.
struct SyscallFilter: Sendable {
    let bytes: [UInt8]

    /// Builds the program.
    ///
    /// - Throws: `sandboxUnavailable` when libseccomp refuses a rule; a filter with a hole is never used.
    init() throws(HeddleError) {
        do {
            bytes = try Self.build()
        } catch {
            throw HeddleError(.sandboxUnavailable, "the system call filter cannot be built", cause: error)
        }
    }

    private static func build() throws(SystemCallError) -> [UInt8] {
        guard let context = seccomp_init(heddle_seccomp_allow()) else { throw SystemCallError("seccomp_init") }
        defer { seccomp_release(context) }
        // A call in the 32-bit or x32 numbering would pass by every rule below.
        try check(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, heddle_seccomp_kill()), "seccomp_attr_set")
        for name in refusedCalls {
            try refuse(name, [], in: context)
        }
        for (name, comparisons) in refusedArguments {
            for comparison in comparisons { try refuse(name, [comparison], in: context) }
        }
        // glibc falls back to clone, whose flags a filter can read; clone3 hides them behind a pointer.
        try refuse("clone3", [], number: ENOSYS, in: context)
        let file = try MemoryFile.make([])
        try check(seccomp_export_bpf(context, file.raw), "seccomp_export_bpf")
        let size = lseek(file.raw, 0, SEEK_END)
        guard size > 0, lseek(file.raw, 0, SEEK_SET) == 0 else { throw SystemCallError("lseek") }
        let bytes = file.read(atMost: Int(size))
        guard bytes.count == Int(size) else { throw SystemCallError("read") }
        return bytes
    }

    private static func refuse(
        _ name: String,
        _ comparisons: [scmp_arg_cmp],
        number: Int32 = EPERM,
        in context: scmp_filter_ctx
    ) throws(SystemCallError) {
        let call = seccomp_syscall_resolve_name(name)
        guard call != __NR_SCMP_ERROR else { throw SystemCallError("resolve \(name)", number: ENOSYS) }
        let action = heddle_seccomp_errno(UInt16(number))
        let status = seccomp_rule_add_array(context, action, call, UInt32(comparisons.count), comparisons)
        try check(status, "seccomp_rule_add \(name)")
    }

    private static func check(_ status: Int32, _ call: String) throws(SystemCallError) {
        guard status >= 0 else { throw SystemCallError(call, number: -status) }
    }
}
