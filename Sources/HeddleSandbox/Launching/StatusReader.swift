/// Reads what bwrap writes to `--json-status-fd`: one object at the start and one at the end.
struct StatusReader {
    private let descriptor: Descriptor
    private var text = ""

    init(descriptor: Descriptor) {
        self.descriptor = descriptor
    }

    /// The number of the first process inside, as the host sees it; nil when bwrap ends or dawdles before it says so.
    mutating func childProcessID(until deadline: ContinuousClock.Instant) -> Int32? {
        // The object arrives in pieces, and a piece may end within the number.
        while !text.contains("}") {
            guard descriptor.wait(until: deadline), readMore() else { return nil }
        }
        return number(after: "\"child-pid\":")
    }

    /// Whether bwrap reported how the command ended, which it does only when the set-up went well; call it when bwrap
    /// is gone.
    mutating func hasExitCode() -> Bool {
        while descriptor.wait(until: .now), readMore() {}
        return number(after: "\"exit-code\":") != nil
    }

    private mutating func readMore() -> Bool {
        let bytes = descriptor.read()
        text += String(decoding: bytes, as: UTF8.self)
        return !bytes.isEmpty
    }

    private func number(after key: String) -> Int32? {
        var rest = text[...]
        while !rest.isEmpty, !rest.hasPrefix(key) { rest = rest.dropFirst() }
        return Int32(rest.dropFirst(key.count).drop { $0 == " " }.prefix { $0.isNumber })
    }
}
