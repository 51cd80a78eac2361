import Glibc
import JSON

/// One of the program's standard streams.
struct Terminal: Sendable {
    private let descriptor: Int32

    static let input = Terminal(descriptor: STDIN_FILENO)
    static let output = Terminal(descriptor: STDOUT_FILENO)
    static let error = Terminal(descriptor: STDERR_FILENO)

    /// Whether a person is at the other end.
    var isInteractive: Bool { isatty(descriptor) == 1 }

    /// The columns of the window; nil for a pipe or file.
    var columns: Int? {
        guard isInteractive else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes at once, so that what two streams say keeps its order.
    func write(_ text: String) { write(Array(text.utf8)) }

    /// Writes bytes as they are.
    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno == EAGAIN {
                var descriptors = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
                poll(&descriptors, 1, -1)
            } else if count < 0, errno != EINTR {
                return
            }
        }
    }

    /// Writes one line.
    func line(_ text: String) { write(text + "\n") }

    /// Writes JSON on one line: as it is into a pipe, with what could disturb a screen escaped on one.
    func json(_ value: JSONValue) {
        line(isInteractive ? DisplayText.json(value.text) : value.text)
    }

    /// Writes text of an extension: as it is into a pipe, made harmless on a screen.
    func foreign(_ text: String) {
        let shown = isInteractive ? DisplayText.lines(text) : text
        write(shown.hasSuffix("\n") ? shown : shown + "\n")
    }
}
