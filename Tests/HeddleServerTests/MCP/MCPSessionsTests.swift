import HeddleExtensions
import HeddleMCP
import JSON
import Synchronization
import Testing

@testable import HeddleServer

@Suite("Sessions of legacy MCP clients")
struct MCPSessionsTests {
    private let sessions = MCPSessions(relay: RelayService(registry: ExtensionRegistry()))

    private func begin() -> MCPSession {
        sessions.begin(
            MCPSession.Opening(
                revision: .november2025,
                capabilities: Array("{}".utf8),
                abilities: [],
                extensionName: nil
            )
        )
    }

    @Test("exist from their begin to their end")
    func life() {
        let (first, second) = (begin().id, begin().id)
        #expect(first != second)
        #expect(sessions.use(first) != nil && sessions.use(second) != nil)
        #expect(sessions.end(first))
        #expect(sessions.use(first) == nil && !sessions.end(first))
        #expect(sessions.use(second) != nil)
    }

    @Test("cancel only their own calls, and only while those run")
    func cancellation() {
        let (first, second) = (begin(), begin())
        let cancelled = Mutex<[String]>([])
        let id = Array("7".utf8)[...]
        first.add(id) { cancelled.withLock { $0.append("first") } }
        second.cancel(id)
        first.cancel(Array("8".utf8)[...])
        #expect(cancelled.withLock { $0 }.isEmpty)
        first.cancel(id)
        #expect(cancelled.withLock { $0 } == ["first"])
        first.remove(id)
        first.cancel(id)
        #expect(cancelled.withLock { $0 } == ["first"])
    }

    @Test("end what runs in them and what was asked in them")
    func end() throws {
        let session = begin()
        let cancelled = Atomic<Int>(0)
        for number in 0..<3 {
            session.add(Array("\(number)".utf8)[...]) { cancelled.add(1, ordering: .relaxed) }
        }
        let refused = Atomic<Int>(0)
        let stream = session.makeStream()
        session.send(Self.ask { if case .failure = $0 { refused.add(1, ordering: .relaxed) } }, over: stream)
        #expect(session.subscribe("file:///a", of: "files"))
        #expect(sessions.end(session.id))
        #expect(cancelled.load(ordering: .relaxed) == 3)
        #expect(refused.load(ordering: .relaxed) == 1)
        #expect(stream.isEnded)
        session.send(Self.ask { if case .failure = $0 { refused.add(1, ordering: .relaxed) } }, over: stream)
        #expect(refused.load(ordering: .relaxed) == 2)
        #expect(!session.subscribe("file:///b", of: "files"))
    }

    private static func ask(_ told: @escaping @Sendable (Result<[UInt8], MCPFailure>) -> Void) -> MCPAsk {
        MCPAsk(method: "elicitation/create", params: nil, reply: told)
    }

    @Test("give an answer to whoever asked, once, and to nobody in another session")
    func answers() throws {
        let (session, other) = (begin(), begin())
        let answers = Mutex<[[UInt8]]>([])
        let stream = session.makeStream()
        session.send(
            Self.ask { if case .success(let bytes) = $0 { answers.withLock { $0.append(bytes) } } },
            over: stream
        )
        let id = try JSONDocument(#"{"id":"heddle-1","next":"heddle-2"}"#).root["id"]
        let unknown = try JSONDocument(#"{"id":"heddle-2"}"#).root["id"]
        #expect(!other.answer(id, .success([1])))
        #expect(!session.answer(unknown, .success([1])))
        #expect(session.answer(id, .success([2])))
        #expect(!session.answer(id, .success([3])))
        #expect(answers.withLock { $0 } == [[2]])
    }

    @Test("keep a bounded number of streams, and know the streams of events")
    func streams() throws {
        let session = begin()
        let first = session.makeStream()
        #expect(session.stream(ofEvent: "1-0")?.stream === first)
        for _ in 0..<31 { _ = session.makeStream() }
        // None of them has ended: none is given up for another.
        #expect(session.makeStream().name == nil)
        #expect(session.stream(ofEvent: "1-0")?.stream === first)
        first.end()
        #expect(session.makeStream().name == "33")
        #expect(session.stream(ofEvent: "1-0") == nil)
        #expect(session.stream(ofEvent: "33-7")?.number == 7)
        let last = try #require(session.stream(ofEvent: "33-0")).stream
        session.drop(last)
        #expect(session.stream(ofEvent: "33-0") == nil)
        #expect(session.stream(ofEvent: "0-3")?.stream === session.general)
        for odd in ["", "1", "a-b", "1--1", "1-2-3"] { #expect(session.stream(ofEvent: odd) == nil) }
    }

    @Test("are bounded: the one that was used longest ago makes room, but not one that works")
    func bound() {
        let busy = begin()
        busy.add(Array("1".utf8)[...]) {}
        let idle = begin()
        let used = begin()
        #expect(sessions.use(used.id) != nil)
        for _ in 0..<9_998 { _ = begin() }
        #expect(sessions.use(busy.id) != nil && sessions.use(used.id) != nil)
        #expect(sessions.use(idle.id) == nil)
    }
}
