import Testing

@testable import HeddleSandbox

@Suite(
    "The system call filter",
    .enabled(if: Requirement.bubblewrap, "skipped: no bubblewrap"),
    .timeLimit(.minutes(2))
)
struct SyscallTests {
    /// Calls by their x86-64 number with arguments that would do something else than EPERM without the filter.
    private static let program = """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        def call(name, number, *arguments):
            ctypes.set_errno(0)
            result = libc.syscall(number, *[ctypes.c_ulong(a) for a in arguments])
            if number == 56 and result == 0:
                os._exit(0)
            print(name, ctypes.get_errno() if result == -1 else "done")
        buffer = ctypes.create_string_buffer(256)
        address = ctypes.addressof(buffer)
        user = 0x10000000
        call("unshare user", 272, user)
        call("unshare net", 272, 0x40000000)
        call("unshare high bits", 272, user | 1 << 40)
        call("clone user", 56, user | 17, 0, 0, 0, 0)
        call("clone3", 435, address, 88)
        call("setns", 308, -1, 0)
        call("mount", 165, 0, 0, 0, 0, 0)
        call("fsopen", 430, 0, 0)
        call("open_tree", 428, -100, 0, 0)
        call("chroot", 161, 0)
        call("ptrace", 101, 0, 0, 0, 0)
        call("process_vm_readv", 310, os.getpid(), 0, 0, 0, 0, 0)
        call("pidfd_getfd", 438, -1, 0, 0)
        call("bpf", 321, 99, 0, 0)
        call("perf_event_open", 298, 0, 0, 0, 0, 0)
        call("userfaultfd", 323, 1)
        call("keyctl", 250, 0, -3, 1)
        call("io_uring_setup", 425, 1, 0)
        call("io_uring_enter", 426, -1, 0, 0, 0, 0, 0)
        call("TIOCSTI", 16, 0, 0x5412, address)
        call("TIOCSTI high bits", 16, 0, 0x5412 | 1 << 40, address)
        call("socket vsock", 41, 40, 1, 0)
        call("socket packet", 41, 17, 3, 0)
        call("personality", 135, 0x40000)
        call("personality query", 135, 0xffffffff)
        call("socket inet", 41, 2, 1, 0)
        call("socket netlink", 41, 16, 3, 0)
        call("fork", 56, 17, 0, 0, 0, 0)
        """

    @Test("refuses what a break-out needs and lets the rest be", arguments: Mode.available)
    func calls(_ mode: Mode) async throws {
        #if arch(x86_64)
        try await Fixture.with(mode) { fixture in
            let result = try await fixture.python(Self.program)
            let allowed: Set = ["personality query", "socket inet", "socket netlink", "fork"]
            let lines = result.output.split(separator: "\n").map(String.init)
            #expect(lines.count == 28, "\(result.error)")
            for line in lines {
                let name = line.split(separator: " ").dropLast().joined(separator: " ")
                let answer = line.split(separator: " ").last
                let expected = name == "clone3" ? "38" : allowed.contains(name) ? "done" : "1"
                #expect(answer.map(String.init) == expected, "\(line)")
            }
        }
        #endif
    }

    @Test("kills a process that makes 32-bit calls", arguments: Mode.available)
    func otherArchitecture(_ mode: Mode) async throws {
        #if arch(x86_64)
        try await Fixture.with(mode) { fixture in
            // mov eax, 20 (getpid); int 0x80; ret
            let result = try await fixture.python(
                """
                import ctypes, mmap
                m = mmap.mmap(-1, 4096, prot=7)
                m.write(bytes([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3]))
                print("start", flush=True)
                ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()
                print("survived")
                """
            )
            #expect(result.output == "start\n")
            #expect(result.exit == .signalled(31))
        }
        #endif
    }

    @Test("lets threads and subprocesses run", arguments: Mode.available)
    func ordinaryWork(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let result = try await fixture.python(
                """
                import threading, subprocess, socket, pwd, getpass, os
                t = threading.Thread(target=lambda: print("thread", flush=True)); t.start(); t.join()
                print(subprocess.check_output(["/bin/echo", "child"]).decode().strip())
                s = socket.socket(); s.bind(("localhost", 0)); s.listen(); socket.create_connection(s.getsockname())
                print(pwd.getpwuid(os.getuid()).pw_name, getpass.getuser())
                """
            )
            let name = mode == .root ? "heddle" : "nobody"
            #expect(result.output == "thread\nchild\n\(name) \(name)\n", "\(result.error)")
        }
    }
}
