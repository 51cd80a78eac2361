import FoundationEssentials
import Glibc
import HeddleModel

/// A library that makes each sync of a file take longer, as on a slower disk, for programs that load it first.
struct SyncDelay {
    /// The environment of a program that loads it.
    let variables: [String]

    private static let source = """
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <time.h>
        #include <unistd.h>

        static void delay(void) {
            const char *text = getenv("SYNC_DELAY_MS");
            long milliseconds = text ? atol(text) : 0;
            struct timespec rest = {milliseconds / 1000, milliseconds % 1000 * 1000000};
            while (nanosleep(&rest, &rest) != 0) {
            }
        }

        int fdatasync(int file) {
            delay();
            return (int)syscall(SYS_fdatasync, file);
        }

        int fsync(int file) {
            delay();
            return (int)syscall(SYS_fsync, file);
        }

        """

    /// Compiles the library; nil when there is no C compiler.
    ///
    /// - Parameters:
    ///   - milliseconds: How much longer each sync takes.
    ///   - folder: Where it is put.
    /// - Throws: ``HeddleError`` with `startFailed` when it cannot be compiled.
    init?(milliseconds: Int, folder: String) throws {
        guard let compiler = Self.compiler else { return nil }
        let (input, output) = ("\(folder)/sync-delay.c", "\(folder)/sync-delay.so")
        try Data(Self.source.utf8).write(to: URL(filePath: input))
        let process = try PlainProcess([compiler, "-shared", "-fPIC", "-O2", "-o", output, input])
        guard process.wait() == 0 else { throw HeddleError(.startFailed, "'\(compiler)' does not compile C") }
        variables = ["LD_PRELOAD=\(output)", "SYNC_DELAY_MS=\(milliseconds)"]
    }

    /// The first `cc` of the search path.
    private static var compiler: String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return path.split(separator: ":").map { $0 + "/cc" }.first { access($0, X_OK) == 0 }
    }
}
