import HeddleModel
import Testing

@testable import HeddleExtensions

@Suite("The log of an extension")
struct ExtensionLogTests {
    @Test("keeps the last lines, and of each the beginning")
    func bounds() {
        let log = ExtensionLog(clock: SystemWallClock())
        // One character of a megabyte, as a hostile extension might send it.
        log.append("log", instance: nil, "a" + String(repeating: "\u{301}", count: 500_000))
        #expect(log.last(1).first.map { $0.text.utf8.count <= ExtensionLog.lineBytes + 3 } == true)
        for number in 0..<(ExtensionLog.capacity + 5) { log.append("stderr", instance: nil, "line \(number)") }
        #expect(log.last(5000).count == ExtensionLog.capacity)
        #expect(log.last(2).map(\.text) == ["line 1003", "line 1004"])
        #expect(log.lastErrorText() == "line 1004")
    }
}
