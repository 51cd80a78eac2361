/// The place of a partial answer in the whole, such as `bytes 100-199/200`.
struct ContentRange: Hashable {
    let first: Int
    let last: Int
    let total: Int

    /// Reads the header's value; nothing when the total is unknown or the numbers contradict each other.
    init?(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
        let ends = parts.first?.split(separator: "-", omittingEmptySubsequences: false) ?? []
        guard parts.count == 2, ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]),
            let total = Self.number(parts[1]), first <= last, last < total
        else { return nil }
        self.first = first
        self.last = last
        self.total = total
    }

    /// A number in decimal digits that fits.
    static func number(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}
