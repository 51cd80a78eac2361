import CSeccomp
import Glibc

extension SyscallFilter {
    /// Calls that are refused whatever their arguments.
    static let refusedCalls = [
        // Other namespaces and the mount table.
        "setns", "mount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick",
        "mount_setattr", "pivot_root", "chroot",
        // Other processes.
        "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp",
        // The kernel itself.
        "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "syslog",
        "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "iopl", "ioperm", "modify_ldt", "uselib", "nfsservctl",
        "sethostname", "setdomainname", "vhangup", "lookup_dcookie", "open_by_handle_at", "fanotify_init",
        // Clocks.
        "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
        // Large interfaces with a history of faults.
        "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key",
        "io_uring_setup", "io_uring_enter", "io_uring_register",
    ]

    /// Calls that are refused when one of the comparisons holds.
    ///
    /// Arguments that the kernel cuts to 32 bits are compared under a mask: a plain comparison sees 64 bits and is
    /// passed by with a one in the upper half.
    static var refusedArguments: [(name: String, comparisons: [scmp_arg_cmp])] {
        [
            ("unshare", (namespaceFlags + [timeNamespaceFlag]).map { heddle_seccomp_masked(0, $0, $0) }),
            // The lowest byte of clone's flags is a signal, so that the time namespace's flag means nothing there.
            ("clone", namespaceFlags.map { heddle_seccomp_masked(0, $0, $0) }),
            ("ioctl", terminalInjections.map { heddle_seccomp_masked(1, low32, $0) }),
            ("socket", refusedFamilies),
            ("socketpair", refusedFamilies),
            ("personality", refusedPersonalities),
        ]
    }

    private static let low32: UInt64 = 0xFFFF_FFFF

    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
    private static let namespaceFlags: [UInt64] = [
        0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
    ]

    /// CLONE_NEWTIME.
    private static let timeNamespaceFlag: UInt64 = 0x80

    /// TIOCSTI and TIOCLINUX type into a terminal.
    private static let terminalInjections: [UInt64] = [0x5412, 0x541C]

    /// Every address family but unspecified, UNIX, IPv4, IPv6 and netlink, which `getifaddrs` needs.
    private static var refusedFamilies: [scmp_arg_cmp] {
        let lastAllowed: UInt64 = 16
        let low = (3..<lastAllowed).filter { $0 != 10 }.map { heddle_seccomp_masked(0, low32, $0) }
        return low + [heddle_seccomp_at_least(0, lastAllowed + 1)]
    }

    /// Personalities that make memory easier to attack: fixed addresses, executable reads, a mapped page zero.
    ///
    /// The highest bit is asked to be clear, because 0xFFFFFFFF only asks for the current personality.
    private static var refusedPersonalities: [scmp_arg_cmp] {
        let query: UInt64 = 0x8000_0000
        let flags: [UInt64] = [0x0004_0000, 0x0010_0000, 0x0020_0000, 0x0040_0000, 0x0080_0000, 0x0800_0000]
        return flags.map { heddle_seccomp_masked(0, query | $0, $0) }
            + flags.map { heddle_seccomp_masked(0, query | $0, query) }
    }
}
