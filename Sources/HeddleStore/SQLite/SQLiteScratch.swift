/// Memory for the texts of one statement while it runs, which SQLite then need not copy one by one.
///
/// Each connection has one, and one statement at a time uses it.
final class SQLiteScratch {
    private let memory: UnsafeMutableBufferPointer<CChar>
    private var used = 0

    init(capacity: Int = 64 << 10) {
        memory = .allocate(capacity: capacity)
    }

    deinit {
        memory.deallocate()
    }

    /// Forgets all texts.
    func clear() { used = 0 }

    /// Takes a text, unless there is no room for it.
    func keep(_ text: String) -> (start: UnsafePointer<CChar>, count: Int32)? {
        let count = text.utf8.count
        // One byte more, so that an empty text has an address too.
        guard count < memory.count - used, let base = memory.baseAddress else { return nil }
        let start = base + used
        let isCopied: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                if let source = bytes.baseAddress { start.update(from: source, count: count) }
            }
        }
        guard isCopied != nil else { return nil }
        used += count + 1
        return (UnsafePointer(start), Int32(count))
    }
}
