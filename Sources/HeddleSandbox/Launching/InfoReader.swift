/// Reads what bwrap writes to `--info-fd`: one JSON object.
enum InfoReader {
    private static let key = "\"child-pid\":"

    /// The number of the first process inside, as the host sees it.
    ///
    /// Nil when bwrap ends or dawdles before it says so.
    static func childProcessID(from descriptor: Descriptor, until deadline: ContinuousClock.Instant) -> Int32? {
        var text = ""
        // The object arrives in pieces, and a piece may end within the number.
        while !text.contains("}") {
            guard descriptor.wait(until: deadline) else { return nil }
            let bytes = descriptor.read()
            if bytes.isEmpty { return nil }
            text += String(decoding: bytes, as: UTF8.self)
        }
        return childProcessID(in: text)
    }

    /// Finds the number in the object's text.
    static func childProcessID(in text: String) -> Int32? {
        var rest = text[...]
        while !rest.isEmpty, !rest.hasPrefix(key) { rest = rest.dropFirst() }
        return Int32(rest.dropFirst(key.count).drop { $0 == " " }.prefix { $0.isNumber })
    }
}
