import HeddleCommands
import HeddleModel
import Testing

@Suite("The exit status")
struct CommandStatusTests {
    @Test(
        "follows the code of the error",
        arguments: [
            (HeddleError.Code.serverUnreachable, CommandStatus.notReachable),
            (.shuttingDown, .notReachable),
            (.extensionNotFound, .notFound),
            (.capabilityNotFound, .notFound),
            (.unauthenticated, .denied),
            (.permissionDenied, .denied),
            (.grantRefused, .denied),
            (.storageFull, .storageFull),
            (.invalidRequest, .usage),
            (.invalidConfiguration, .usage),
            (.deadlineExceeded, .failed),
            (.internalError, .failed),
        ]
    )
    func map(code: HeddleError.Code, status: CommandStatus) {
        #expect(code.exitStatus == status)
    }

    @Test("is never success for an error", arguments: HeddleError.Code.allCases)
    func total(code: HeddleError.Code) {
        #expect(code.exitStatus != .success)
    }

    @Test("has the numbers that scripts rely on")
    func numbers() {
        #expect(CommandStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6])
    }

    @Test(
        "is 2 for a line that cannot be understood",
        arguments: [
            ["bogus"], ["ext", "show"], ["ext", "add", "time"], ["ext", "add", "Not A Name", "--", "x"],
            ["cap", "invoke", "time"], ["cap", "invoke", "time", "x", "--timeout", "soon"],
            ["cap", "invoke", "a", "b", "--param", "nonsense"], ["status", "--output", "xml"],
            ["status", "--server", "not a server"], ["ext", "add", "./x", "--pypi", "y"],
        ]
    )
    func usage(line: [String]) async {
        #expect(await HeddleCommand.status(of: line) == .usage)
    }

    @Test("is 0 for help and the version", arguments: [["--help"], ["--version"], ["version"], ["ext", "--help"]])
    func help(line: [String]) async {
        #expect(await HeddleCommand.status(of: line) == .success)
    }

    @Test("is 3 when nothing answers")
    func unreachable() async {
        #expect(await HeddleCommand.status(of: ["status", "--server", "http://127.0.0.1:1"]) == .notReachable)
    }
}
