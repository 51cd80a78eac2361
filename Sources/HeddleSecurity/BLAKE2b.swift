/// The hash BLAKE2b (RFC 7693), which minisign signs instead of large files.
struct BLAKE2b: Sendable {
    private static let initial: InlineArray<8, UInt64> = [
        0x6A09_E667_F3BC_C908, 0xBB67_AE85_84CA_A73B, 0x3C6E_F372_FE94_F82B, 0xA54F_F53A_5F1D_36F1,
        0x510E_527F_ADE6_82D1, 0x9B05_688C_2B3E_6C1F, 0x1F83_D9AB_FB41_BD6B, 0x5BE0_CD19_137E_2179,
    ]
    /// Which words of the block each of the twelve rounds mixes in; the last two are the first two again.
    private static let schedule: InlineArray<192, UInt8> = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
        11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
        7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
        9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
        2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
        12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
        13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
        6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
        10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
    ]

    private var state = initial
    private var block = InlineArray<128, UInt8>(repeating: 0)
    private var filled = 0
    private var total: UInt64 = 0
    private let length: Int

    /// Starts a hash.
    ///
    /// - Parameters:
    ///   - length: The bytes of the result, 1 to 64.
    ///   - key: At most 64 bytes that only those know who may make the hash.
    init(length: Int = 64, key: [UInt8] = []) {
        precondition((1...64).contains(length) && key.count <= 64)
        self.length = length
        state[0] ^= 0x0101_0000 ^ UInt64(key.count) << 8 ^ UInt64(length)
        guard !key.isEmpty else { return }
        for (index, byte) in key.enumerated() { block[index] = byte }
        filled = 128
    }

    mutating func update(_ bytes: Span<UInt8>) {
        var start = 0
        while start < bytes.count {
            // Only when more comes: the last block is mixed in otherwise.
            if filled == 128 { compress(isLast: false) }
            let count = min(128 - filled, bytes.count - start)
            for index in 0..<count { block[filled + index] = bytes[start + index] }
            filled += count
            start += count
        }
    }

    consuming func finalize() -> [UInt8] {
        for index in filled..<128 { block[index] = 0 }
        compress(isLast: true)
        return (0..<length).map { UInt8(truncatingIfNeeded: state[$0 / 8] >> UInt64($0 % 8 * 8)) }
    }

    static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var hash = BLAKE2b()
        hash.update(bytes.span)
        return hash.finalize()
    }

    private mutating func compress(isLast: Bool) {
        total &+= UInt64(filled)
        filled = 0
        var words = InlineArray<16, UInt64>(repeating: 0)
        for index in 0..<16 {
            var word: UInt64 = 0
            for byte in 0..<8 { word |= UInt64(block[8 * index + byte]) << UInt64(8 * byte) }
            words[index] = word
        }
        var mixed = InlineArray<16, UInt64>(repeating: 0)
        for index in 0..<8 {
            mixed[index] = state[index]
            mixed[index + 8] = Self.initial[index]
        }
        mixed[12] ^= total
        if isLast { mixed[14] = ~mixed[14] }
        let schedule = Self.schedule
        for round in stride(from: 0, to: 192, by: 16) {
            for column in 0..<4 {
                Self.mix(
                    &mixed,
                    (column, column + 4, column + 8, column + 12),
                    words[Int(schedule[round + 2 * column] & 15)],
                    words[Int(schedule[round + 2 * column + 1] & 15)]
                )
            }
            for row in 0..<4 {
                Self.mix(
                    &mixed,
                    (row, (row + 1) % 4 + 4, (row + 2) % 4 + 8, (row + 3) % 4 + 12),
                    words[Int(schedule[round + 8 + 2 * row] & 15)],
                    words[Int(schedule[round + 9 + 2 * row] & 15)]
                )
            }
        }
        for index in 0..<8 { state[index] ^= mixed[index] ^ mixed[index + 8] }
    }

    private static func mix(
        _ mixed: inout InlineArray<16, UInt64>,
        _ place: (Int, Int, Int, Int),
        _ first: UInt64,
        _ second: UInt64
    ) {
        let (a, b, c, d) = place
        mixed[a] = mixed[a] &+ mixed[b] &+ first
        mixed[d] = rotated(mixed[d] ^ mixed[a], 32)
        mixed[c] = mixed[c] &+ mixed[d]
        mixed[b] = rotated(mixed[b] ^ mixed[c], 24)
        mixed[a] = mixed[a] &+ mixed[b] &+ second
        mixed[d] = rotated(mixed[d] ^ mixed[a], 16)
        mixed[c] = mixed[c] &+ mixed[d]
        mixed[b] = rotated(mixed[b] ^ mixed[c], 63)
    }

    private static func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 { word >> count | word << (64 - count) }
}
