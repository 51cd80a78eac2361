extension String {
    /// The beginning of a text in at most `bytes` bytes of UTF-8; what is cut off is told by an ellipsis after it.
    ///
    /// Counts bytes, because one character may have any number of them.
    package func clipped(_ bytes: Int) -> String {
        guard utf8.count > bytes else { return self }
        var end = utf8.index(startIndex, offsetBy: bytes)
        // Back to where a scalar begins: the bytes inside of one are 10xxxxxx.
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(decoding: Array(utf8[..<end]), as: UTF8.self) + "…"
    }
}
