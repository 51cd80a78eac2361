/// Counts of numbered buckets, of which only a stretch has memory.
///
/// What is measured at one place spans two or three decades of the nine, and nothing has been measured at most places.
struct BucketCounts<Count: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    /// The stretch grows by so many.
    private static var chunk: Int { 16 }

    private var counts: [Count] = []
    private var first = 0

    /// The bytes of the stretch.
    var bytes: Int { counts.capacity * MemoryLayout<Count>.stride }

    /// The buckets with memory.
    var indices: Range<Int> { first..<(first + counts.count) }

    subscript(_ index: Int) -> Count { indices.contains(index) ? counts[index - first] : 0 }

    @inline(__always)
    mutating func add(_ index: Int, _ count: Count = 1) {
        let place = index &- first
        // Negative ones are large without a sign.
        if UInt(bitPattern: place) >= UInt(bitPattern: counts.count) { return addFar(index, count) }
        // A count that is full stays so.
        let (sum, overflow) = counts[place].addingReportingOverflow(count)
        counts[place] = overflow ? .max : sum
    }

    @inline(never)
    private mutating func addFar(_ index: Int, _ count: Count) {
        let chunk = Self.chunk
        let low = min(index, counts.isEmpty ? index : first) / chunk * chunk
        let high = (max(index, counts.isEmpty ? index : first + counts.count - 1) / chunk + 1) * chunk
        var grown: [Count] = []
        grown.reserveCapacity(high - low)
        grown.append(contentsOf: repeatElement(0, count: counts.isEmpty ? high - low : first - low))
        grown.append(contentsOf: counts)
        grown.append(contentsOf: repeatElement(0, count: high - low - grown.count))
        counts = grown
        first = low
        add(index, count)
    }

    mutating func merge(_ other: BucketCounts) {
        for index in other.indices where other[index] > 0 { add(index, other[index]) }
    }
}
