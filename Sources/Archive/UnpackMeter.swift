/// Counts what decompression makes of how much, and stops it when that is too much.
struct UnpackMeter {
    private let limits: ArchiveLimits
    private var unpacked = 0

    init(_ limits: ArchiveLimits) { self.limits = limits }

    /// Counts bytes that came out, with all those that have gone in so far.
    ///
    /// - Throws: ``ArchiveError/Reason/tooLarge`` or ``ArchiveError/Reason/suspiciousRatio``.
    mutating func add(_ count: Int, packed: Int, entry: [UInt8]? = nil) throws(ArchiveError) {
        unpacked += count
        guard unpacked <= limits.unpackedBytes else {
            throw ArchiveError(.tooLarge, entry: entry, "unpacks to more than \(limits.unpackedBytes) bytes")
        }
        guard unpacked > limits.ratioFreeBytes else { return }
        let (allowed, isUnlimited) = packed.multipliedReportingOverflow(by: limits.ratio)
        guard isUnlimited || unpacked <= allowed else {
            throw ArchiveError(
                .suspiciousRatio,
                entry: entry,
                "unpacks to more than \(limits.ratio) times the bytes it takes"
            )
        }
    }
}
