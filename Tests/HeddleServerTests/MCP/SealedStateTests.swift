import HeddleModel
import Testing

@testable import HeddleServer

@Suite("What a client carries between rounds")
struct SealedStateTests {
    private let seal = SealedState(secret: Array(repeating: 7, count: 32))
    private let request = Array("tools/call a".utf8)
    private let now = Timestamp(milliseconds: 1_000_000)

    @Test("opens for the same principal and request, and differs each time")
    func same() throws {
        for content in [
            SealedState.Content.parked("id"), .inner("s", instance: .max), .inner("a \"state\" of 漢字"), .inner(""),
            .plain,
        ] {
            let first = try #require(seal.seal(content, for: "local", request, now: now))
            let second = try #require(seal.seal(content, for: "local", request, now: now))
            #expect(first != second)
            #expect(seal.open(first, for: "local", request, now: now) == content)
            #expect(first.utf8.allSatisfy { (0x21...0x7E).contains($0) })
        }
    }

    @Test("opens for nobody else, for nothing else, and not for ever")
    func others() throws {
        let state = try #require(seal.seal(.inner("x"), for: "local", request, now: now))
        #expect(seal.open(state, for: "other", request, now: now) == nil)
        #expect(seal.open(state, for: "local", Array("tools/call b".utf8), now: now) == nil)
        let late = Timestamp(milliseconds: now.milliseconds + 300_001)
        #expect(seal.open(state, for: "local", request, now: late) == nil)
        let otherKey = SealedState(secret: Array(repeating: 8, count: 32))
        #expect(otherKey.open(state, for: "local", request, now: now) == nil)
    }

    @Test("opens in no other form than it was given")
    func tampered() throws {
        let state = try #require(seal.seal(.inner("x"), for: "local", request, now: now))
        for index in state.indices {
            var other = state
            other.replaceSubrange(index...index, with: state[index] == "A" ? "B" : "A")
            // The last characters may stand for bits that nobody reads.
            if seal.open(other, for: "local", request, now: now) != nil {
                #expect(state.distance(from: index, to: state.endIndex) == 1)
            }
        }
        for text in ["", "x", state + "-TAMPERED", String(state.dropLast(4)), state + state] {
            #expect(seal.open(text, for: "local", request, now: now) == nil)
        }
    }
}
