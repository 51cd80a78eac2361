import Synchronization
import Testing

@testable import HeddleServer

@Suite("Sessions of legacy MCP clients")
struct MCPSessionsTests {
    private let sessions = MCPSessions()

    @Test("exist from their begin to their end")
    func life() {
        let (first, second) = (sessions.begin(), sessions.begin())
        #expect(first != second)
        #expect(sessions.use(first) && sessions.use(second))
        #expect(sessions.end(first))
        #expect(!sessions.use(first) && !sessions.end(first))
        #expect(sessions.use(second))
    }

    @Test("cancel only their own calls, and only while those run")
    func cancellation() {
        let (first, second) = (sessions.begin(), sessions.begin())
        let cancelled = Mutex<[String]>([])
        let id = Array("7".utf8)[...]
        sessions.add(first, requestID: id) { cancelled.withLock { $0.append("first") } }
        sessions.cancel(second, requestID: id)
        sessions.cancel(nil, requestID: id)
        sessions.cancel(first, requestID: Array("8".utf8)[...])
        #expect(cancelled.withLock { $0 } == [])
        sessions.cancel(first, requestID: id)
        #expect(cancelled.withLock { $0 } == ["first"])
        sessions.remove(first, requestID: id)
        sessions.cancel(first, requestID: id)
        #expect(cancelled.withLock { $0 } == ["first"])
    }

    @Test("cancel what runs in them when they end")
    func end() {
        let session = sessions.begin()
        let cancelled = Atomic<Int>(0)
        for number in 0..<3 {
            sessions.add(session, requestID: Array("\(number)".utf8)[...]) { cancelled.add(1, ordering: .relaxed) }
        }
        #expect(sessions.end(session))
        #expect(cancelled.load(ordering: .relaxed) == 3)
    }

    @Test("are bounded: the one that was used longest ago makes room, but not one that works")
    func bound() {
        let busy = sessions.begin()
        sessions.add(busy, requestID: Array("1".utf8)[...]) {}
        let idle = sessions.begin()
        let used = sessions.begin()
        #expect(sessions.use(used))
        for _ in 0..<9_998 { _ = sessions.begin() }
        #expect(sessions.use(busy) && sessions.use(used))
        #expect(!sessions.use(idle))
    }
}
