import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("What was acknowledged is kept", .serialized)
    struct DurabilityTests {
        static var rounds: Int {
            ProcessInfo.processInfo.environment["HEDDLE_TEST_ROUNDS"].flatMap { Int($0) } ?? 2
        }

        private static var hasCompiler: Bool { TestEnvironment.hasProgram("cc") }

        @Test("killed under 64 clients that register")
        func killed() async throws {
            try await ServerFixture.with { server in
                var acknowledged: Set<String> = []
                for round in 0..<Self.rounds {
                    acknowledged.formUnion(try server.registrationsUntilKilled(round: round))
                    try server.restart()
                    let missing = try acknowledged.subtracting(server.registered())
                    #expect(missing.isEmpty, "round \(round)")
                }
                #expect(acknowledged.count >= 64)
            }
        }

        @Test(
            "the power fails under 64 clients that register",
            .enabled(if: hasCompiler || TestEnvironment.isCI, "skipped: no C compiler")
        )
        func powerCut() async throws {
            try await ServerFixture.with(prepare: PowerCut.prepare) { server in
                let cut = PowerCut(scratch: server.scratch)
                var acknowledged: Set<String> = []
                for round in 0..<Self.rounds {
                    acknowledged.formUnion(try server.registrationsUntilKilled(round: round))
                    try server.restart { try cut.recover() }
                    let missing = try acknowledged.subtracting(server.registered())
                    #expect(missing.isEmpty, "round \(round): \(missing.count) of \(acknowledged.count)")
                }
                #expect(acknowledged.count >= 64)
                #expect(cut.journaled, "the shim noted nothing, so that this test shows nothing")
            }
        }
    }
}

/// The shim that loses what was never synced.
private struct PowerCut {
    let scratch: ScratchDirectory

    private var tool: String { scratch.path + "/powercut-recover" }
    private var journal: String { scratch.path + "/journal" }
    private var data: String { scratch.path + "/data" }

    /// Builds the shim; gives the environment of a server that has it.
    ///
    /// - Throws: when it cannot be built.
    static func prepare(_ scratch: ScratchDirectory) throws -> [String: String] {
        let cut = PowerCut(scratch: scratch)
        let sources = TestEnvironment.checkout + "/Tests/Fixtures/powercut"
        for path in [cut.data, cut.journal] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        let shim = scratch.path + "/powercut.so"
        try cut.run(["/usr/bin/cc", "-shared", "-fPIC", "-O2", "-o", shim, sources + "/powercut.c"])
        try cut.run(["/usr/bin/cc", "-O2", "-o", cut.tool, sources + "/powercut-recover.c"])
        return ["POWERCUT_DIR": cut.data, "POWERCUT_JOURNAL": cut.journal, "LD_PRELOAD": shim]
    }

    /// Undoes what was not synced.
    ///
    /// - Throws: when the tool fails.
    func recover() throws { try run([tool, data, journal]) }

    /// Whether the shim notes writes.
    var journaled: Bool {
        ((try? FileManager.default.contentsOfDirectory(atPath: journal)) ?? []).isEmpty == false
    }

    private func run(_ command: [String]) throws {
        let child = try ChildProcess(command, output: scratch.path + "/powercut.log")
        guard child.wait(seconds: 60) == 0 else {
            throw ChildProcess.Failure(description: "\(command[0]) failed: \(child.text)")
        }
    }
}

extension ServerFixture {
    /// Has 64 clients register one extension after the other, and kills the server amid it.
    ///
    /// - Returns: the names whose registration was acknowledged.
    /// - Throws: when no client can connect.
    fileprivate func registrationsUntilKilled(round: Int) throws -> [String] {
        var acknowledged: [String] = []
        var count = 0
        let connections = try (0..<64).map { _ in try HTTPConnection(port: port, seconds: 5) }
        var pending = [String](repeating: "", count: connections.count)
        func sendNext(_ index: Int) {
            pending[index] = "r\(round)-\(count)"
            count += 1
            let body = registration(pending[index], [echo], activate: false)
            connections[index].send(bytes("POST", "/api/v1/extensions", body: body.bytes))
        }
        func receive(_ index: Int) throws {
            let answer = try connections[index].answer()
            #expect(answer.status == 201, "\(answer.json.text)")
            if answer.status == 201 { acknowledged.append(pending[index]) }
        }
        connections.indices.forEach(sendNext)
        let end = ContinuousClock.now + .milliseconds(Int.random(in: 300...900))
        let limit = end + .seconds(20)
        while ContinuousClock.now < end || (acknowledged.count < 64 && ContinuousClock.now < limit) {
            var polled = connections.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
            poll(&polled, nfds_t(polled.count), 100)
            for index in polled.indices where polled[index].revents != 0 {
                try receive(index)
                sendNext(index)
            }
        }
        kill(SIGKILL)
        _ = process.wait(seconds: 5)
        // What the server sent before it died counts too.
        for index in connections.indices {
            guard let answer = try? connections[index].answer(), answer.status == 201 else { continue }
            acknowledged.append(pending[index])
        }
        return acknowledged
    }

    /// The names of all extensions.
    fileprivate func registered() throws -> Set<String> {
        var names: Set<String> = []
        var cursor: String? = ""
        while let next = cursor {
            let page = try request("GET", "/api/v1/extensions?limit=100&cursor=\(next)").json
            names.formUnion(page["items"]?.array?.compactMap { $0["name"]?.string } ?? [])
            cursor = page["next_cursor"]?.string
        }
        return names
    }
}
