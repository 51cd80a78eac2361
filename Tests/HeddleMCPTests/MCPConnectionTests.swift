import Dispatch
import Glibc
import HeddleMCP
import HeddleModel
import JSON
import Synchronization
import Testing

@Suite("A conversation with an extension")
struct MCPConnectionTests {
    /// A connection whose other end the test plays.
    private struct Peer {
        let connection: MCPConnection
        let input: Int32
        let output: Int32

        /// The next line that Heddle wrote; read on a thread of its own, since tests share two.
        func readLine() async -> JSONView? {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async { continuation.resume(returning: readLineNow()) }
            }
        }

        private func readLineNow() -> JSONView? {
            var bytes: [UInt8] = []
            var byte: UInt8 = 0
            while read(input, &byte, 1) == 1 {
                if byte == UInt8(ascii: "\n") { return try? JSONDocument(bytes).root }
                bytes.append(byte)
            }
            return nil
        }

        func send(_ text: String) {
            let bytes = Array((text + "\n").utf8)
            _ = bytes.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
        }
    }

    private func withPeer(
        limits: MCPLimits = MCPLimits(),
        _ body: @Sendable (Peer) async throws -> Void
    ) async throws {
        var down: [Int32] = [0, 0]
        var up: [Int32] = [0, 0]
        #expect(pipe(&down) == 0 && pipe(&up) == 0)
        let connection = try await MCPConnection.open(
            standardInput: down[1],
            standardOutput: up[0],
            limits: limits,
            delegate: MCPDelegate(roots: ["/srv/a b"])
        )
        let peer = Peer(connection: connection, input: down[0], output: up[1])
        do {
            try await body(peer)
        } catch {
            Issue.record(error)
        }
        await connection.close()
        close(down[0])
        close(up[1])
    }

    private func call(_ peer: Peer, timeout: Duration = .seconds(10)) async throws -> MCPOutcome {
        try await peer.connection.callTool("t", arguments: nil, era: .legacy, timeout: timeout)
    }

    @Test("matches answers to calls by id, whatever their order")
    func order() async throws {
        try await withPeer { peer in
            async let first = call(peer)
            async let second = call(peer)
            let lines = [await peer.readLine(), await peer.readLine()]
            let ids = lines.compactMap { $0?["id"]?.integer }
            for id in ids.reversed() { peer.send(#"{"jsonrpc":"2.0","id":\#(id),"result":{"n":\#(id)}}"#) }
            let seen = try await [first, second]
                .compactMap { outcome -> Int? in
                    guard case .result(let result) = outcome else { return nil }
                    return result["n"]?.integer
                }
            #expect(Set(seen) == Set(ids) && seen.count == 2)
        }
    }

    @Test("ignores doubled, unknown and stray lines, and counts them")
    func strays() async throws {
        try await withPeer { peer in
            async let answer = call(peer)
            let id = await peer.readLine()?["id"]?.integer ?? 0
            peer.send("hello, I am a log line")
            peer.send(#"{"jsonrpc":"2.0","id":999999,"result":{}}"#)
            peer.send(#"{"jsonrpc":"2.0","id":\#(id),"result":{"ok":true}}"#)
            peer.send(#"{"jsonrpc":"2.0","id":\#(id),"result":{"ok":false}}"#)
            guard case .result(let result) = try await answer else {
                Issue.record("no result")
                return
            }
            #expect(result["ok"]?.bool == true)
            async let next = call(peer)
            let following = await peer.readLine()?["id"]?.integer ?? 0
            peer.send(#"{"jsonrpc":"2.0","id":\#(following),"result":{}}"#)
            _ = try await next
            #expect(peer.connection.strays.stray == 1)
            #expect(peer.connection.strays.unmatched == 2)
        }
    }

    @Test("ends a call at its deadline, tells the extension, and survives the late answer")
    func deadline() async throws {
        try await withPeer { peer in
            let error = await #expect(throws: HeddleError.self) { try await call(peer, timeout: .milliseconds(50)) }
            #expect(error?.code == .deadlineExceeded)
            let id = await peer.readLine()?["id"]?.integer ?? 0
            let notice = await peer.readLine()
            #expect(notice?["method"]?.string == "notifications/cancelled")
            #expect(notice?["params"]?["requestId"]?.integer == id)
            peer.send(#"{"jsonrpc":"2.0","id":\#(id),"result":{}}"#)
            async let next = call(peer)
            let following = await peer.readLine()?["id"]?.integer ?? 0
            peer.send(#"{"jsonrpc":"2.0","id":\#(following),"result":{}}"#)
            _ = try await next
        }
    }

    @Test("asks nothing more of an extension that stopped in the middle of an answer")
    func halfALine() async throws {
        try await withPeer { peer in
            let first = Task { try await call(peer, timeout: .milliseconds(50)) }
            let id = await peer.readLine()?["id"]?.integer ?? 0
            let half = Array(#"{"jsonrpc":"2.0","id":\#(id),"res"#.utf8)
            _ = half.withUnsafeBytes { write(peer.output, $0.baseAddress, $0.count) }
            var error = await #expect(throws: HeddleError.self) { try await first.value }
            #expect(error?.code == .deadlineExceeded)
            try await Task.sleep(for: .milliseconds(300))
            error = await #expect(throws: HeddleError.self) { try await call(peer) }
            #expect(error?.code == .extensionProtocol)
            #expect(error?.details["sent"] == "false")
        }
    }

    @Test("fails only the call whose answer is broken or too large")
    func brokenAnswers() async throws {
        var limits = MCPLimits()
        limits.messageBytes = 4096
        try await withPeer(limits: limits) { peer in
            for broken in [
                #""result":{"a":1,"a":2}}"#, #""result":{"#,
                #""result":{"x":"\#(String(repeating: "y", count: 5000))"}}"#,
            ] {
                async let answer = call(peer)
                let id = await peer.readLine()?["id"]?.integer ?? 0
                peer.send(#"{"jsonrpc":"2.0","id":\#(id),\#(broken)"#)
                do {
                    _ = try await answer
                    Issue.record("a broken answer was taken")
                } catch let error as HeddleError {
                    #expect(error.code == .extensionProtocol)
                }
            }
        }
    }

    @Test("fails every call when the process ends, and later ones as never sent")
    func end() async throws {
        try await withPeer { peer in
            async let answer = call(peer)
            _ = await peer.readLine()
            close(peer.output)
            do {
                _ = try await answer
                Issue.record("an answer came from nowhere")
            } catch let error as HeddleError {
                #expect(error.code == .extensionCrashed && error.details["sent"] == nil)
            }
            let later = await #expect(throws: HeddleError.self) { try await call(peer) }
            #expect(later?.details["sent"] == "false")
        }
    }

    @Test("answers pings and roots, and refuses what was not offered")
    func requests() async throws {
        try await withPeer { peer in
            peer.send(#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#)
            #expect(await peer.readLine()?["result"]?.kind == .object)
            peer.send(#"{"jsonrpc":"2.0","id":2,"method":"roots/list"}"#)
            let roots = await peer.readLine()?["result"]?["roots"]?.elements.compactMap { $0["uri"]?.string }
            #expect(roots == ["file:///srv/a%20b"])
            peer.send(#"{"jsonrpc":"2.0","id":3,"method":"sampling/createMessage","params":{}}"#)
            #expect(await peer.readLine()?["error"]?["code"]?.integer == -32601)
        }
    }

    /// Arguments that no pipe takes at once.
    private static let large = try? JSONDocument(Array(#"{"x":"\#(String(repeating: "y", count: 300_000))"}"#.utf8))
        .root

    private func largeCall(_ peer: Peer, timeout: Duration) async throws -> MCPOutcome {
        try await peer.connection.callTool("t", arguments: Self.large, era: .legacy, timeout: timeout)
    }

    @Test("gives up an extension that reads nothing, once nobody waits for it any more")
    func deaf() async throws {
        try await withPeer { peer in
            for _ in 0..<2 {
                let error = await #expect(throws: HeddleError.self) {
                    try await largeCall(peer, timeout: .milliseconds(50))
                }
                #expect(error?.code == .deadlineExceeded)
            }
            try await Task.sleep(for: .milliseconds(1100))
            let error = await #expect(throws: HeddleError.self) { try await call(peer) }
            #expect(error?.code == .extensionProtocol && error?.details["sent"] == "false")
        }
    }

    @Test("keeps only so much for an extension that is behind with reading, of calls and of answers to it")
    func unread() async throws {
        var limits = MCPLimits()
        limits.unreadBytes = 200_000
        try await withPeer(limits: limits) { peer in
            let waiting = [
                Task { try await largeCall(peer, timeout: .seconds(10)) },
                Task { try await largeCall(peer, timeout: .seconds(10)) },
            ]
            var error: HeddleError?
            for _ in 0..<100 where error?.code != .tooManyRequests {
                error = await #expect(throws: HeddleError.self) { try await call(peer, timeout: .milliseconds(20)) }
            }
            #expect(error?.code == .tooManyRequests && error?.details["limit"] == "unread_bytes")
            peer.send(#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#)
            for task in waiting {
                let error = await #expect(throws: HeddleError.self) { try await task.value }
                #expect(error?.code == .extensionProtocol)
            }
        }
    }

    @Test("lets a call go on as long as there is progress, up to its bound")
    func progress() async throws {
        try await withPeer { peer in
            let seen = Mutex(0)
            let report: @Sendable (JSONView) -> Void = { _ in seen.withLock { $0 += 1 } }
            func start(_ bound: Duration) -> Task<MCPOutcome, any Error> {
                Task {
                    try await peer.connection.callTool(
                        "t",
                        arguments: nil,
                        era: .legacy,
                        timeout: .seconds(2),
                        maximumTimeout: bound,
                        progress: report
                    )
                }
            }
            func sendProgress(_ id: Int, times: Int) async throws {
                for step in 0..<times {
                    try await Task.sleep(for: .milliseconds(500))
                    let params = #"{"progressToken":\#(id),"progress":\#(step)}"#
                    peer.send(#"{"jsonrpc":"2.0","method":"notifications/progress","params":\#(params)}"#)
                }
            }
            let long = start(.seconds(30))
            var id = await peer.readLine()?["id"]?.integer ?? 0
            try await sendProgress(id, times: 6)
            peer.send(#"{"jsonrpc":"2.0","id":\#(id),"result":{}}"#)
            _ = try await long.value
            #expect(seen.withLock { $0 } == 6)
            let bounded = start(.milliseconds(2500))
            id = await peer.readLine()?["id"]?.integer ?? 0
            try await sendProgress(id, times: 8)
            let error = await #expect(throws: HeddleError.self) { try await bounded.value }
            #expect(error?.code == .deadlineExceeded)
        }
    }

    @Test("bounds the values of all definitions, which are stored as one document")
    func definitionEntries() async throws {
        var limits = MCPLimits()
        limits.definitionEntries = 1000
        try await withPeer(limits: limits) { peer in
            for (zeros, isAccepted) in [(300, true), (600, false)] {
                let list = Task { try await peer.connection.listTools(era: .legacy, timeout: .seconds(10)) }
                let values = Array(repeating: "0", count: zeros).joined(separator: ",")
                for (name, cursor) in [("a", #","nextCursor":"b""#), ("b", "")] {
                    let id = await peer.readLine()?["id"]?.integer ?? 0
                    let tool = #"{"name":"\#(name)","inputSchema":{"type":"object","enum":[\#(values)]}}"#
                    peer.send(#"{"jsonrpc":"2.0","id":\#(id),"result":{"tools":[\#(tool)]\#(cursor)}}"#)
                }
                let result = await list.result
                switch result {
                case .success(let tools): #expect(isAccepted && tools.count == 2)
                case .failure(let error):
                    #expect(!isAccepted)
                    #expect((error as? HeddleError)?.details["limit"] == "definition_entries")
                }
            }
        }
    }

    @Test("bounds the calls under way")
    func bound() async throws {
        var limits = MCPLimits()
        limits.callsInFlight = 1
        try await withPeer(limits: limits) { peer in
            async let first = call(peer)
            let id = await peer.readLine()?["id"]?.integer ?? 0
            let error = await #expect(throws: HeddleError.self) { try await call(peer) }
            #expect(error?.code == .tooManyRequests)
            peer.send(#"{"jsonrpc":"2.0","id":\#(id),"result":{}}"#)
            _ = try await first
        }
    }
}
