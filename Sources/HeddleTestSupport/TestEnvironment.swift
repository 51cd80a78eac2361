import FoundationEssentials
import Glibc

/// What a test finds around it: the products of the build, scratch folders, and whether absence is a failure.
package enum TestEnvironment {
    /// Whether a missing tool fails a test instead of skipping it.
    package static var isCI: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }

    /// The folder with the executables that were built beside the tests.
    package static var products: String {
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        // With `swift test` the runner is in the toolchain, and the bundle is named on the command line.
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? path
        return "/" + bundle.split(separator: "/").dropLast().joined(separator: "/")
    }

    /// The top of the checkout.
    package static var checkout: String {
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    }

    /// The Python interpreter that has the official MCP client and the peers of tests, if the scripts installed it.
    package static var clientPython: String? {
        ProcessInfo.processInfo.environment["HEDDLE_TEST_PYTHON"].flatMap { isExecutable($0) ? $0 : nil }
    }

    /// Whether a program is there and can be run.
    package static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// Whether a program is on the search path.
    package static func hasProgram(_ name: String) -> Bool {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").contains { isExecutable("\($0)/\(name)") }
    }
}
