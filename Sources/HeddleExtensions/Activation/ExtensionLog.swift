package import HeddleModel
import Synchronization

/// The last lines that an extension's processes wrote to standard error, or sent as log messages.
package final class ExtensionLog: Sendable {
    /// One line.
    package struct Line: Sendable {
        package let time: Timestamp
        /// `stderr`, `log` for messages of the protocol, or `heddle` for what the host has to say.
        package let stream: String
        package let instance: String
        package let text: String
    }

    private struct State {
        var lines: [Line] = []
        var start = 0
    }

    /// Lines that are kept; older ones make room.
    package static let capacity = 1000
    /// Bytes of one line that are kept.
    package static let lineBytes = 4096

    private let state = Mutex(State())
    private let clock: any WallClock

    package init(clock: any WallClock) {
        self.clock = clock
    }

    package func append(_ stream: String, instance: InstanceID?, _ text: String) {
        let text = text.clipped(Self.lineBytes)
        let line = Line(time: clock.now, stream: stream, instance: instance?.rawValue ?? "", text: text)
        state.withLock { state in
            guard state.lines.count == Self.capacity else { return state.lines.append(line) }
            state.lines[state.start] = line
            state.start = (state.start + 1) % Self.capacity
        }
    }

    /// The newest lines, oldest first.
    package func last(_ count: Int) -> [Line] {
        state.withLock { state in
            let ordered = Array(state.lines[state.start...] + state.lines[..<state.start])
            return ordered.suffix(max(0, count))
        }
    }

    /// The newest line that says something, for an error message.
    func lastErrorText() -> String? {
        last(20).reversed().first { $0.stream == "stderr" && !$0.text.allSatisfy(\.isWhitespace) }
            .map { $0.text.clipped(200) }
    }
}
