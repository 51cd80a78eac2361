import HeddleModel

/// The arguments of one statement in the binary form of the protocol, in one buffer.
struct PostgresArguments {
    private var bytes: [UInt8] = []
    /// Where each argument begins; -1 for null.
    private var starts: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    /// No arguments.
    init() {}

    /// Encodes values as a prepared statement takes them.
    ///
    /// - Throws: ``HeddleError`` with `.invalidRequest` for what the engines cannot store alike.
    init(
        _ values: [StoreValue],
        types: [PostgresType]
    ) throws(HeddleError) {
        starts.reserveCapacity(values.count)
        lengths.reserveCapacity(values.count)
        formats = [Int32](repeating: 1, count: values.count)
        for (index, value) in values.enumerated() {
            try value.check()
            let start = bytes.count
            switch value {
            case .null:
                starts.append(-1)
                lengths.append(0)
                continue
            case .integer(let integer): append(integer, as: index < types.count ? types[index] : .int8)
            case .real(let real): append(bigEndian: real.bitPattern)
            case .text(let text): bytes.append(contentsOf: text.utf8)
            case .blob(let blob): bytes.append(contentsOf: blob)
            }
            starts.append(start)
            lengths.append(Int32(bytes.count - start))
        }
    }

    private mutating func append(
        _ integer: Int64,
        as type: PostgresType
    ) {
        switch type {
        case .int4: append(bigEndian: UInt32(bitPattern: Int32(truncatingIfNeeded: integer)))
        case .int2: append(bigEndian: UInt16(bitPattern: Int16(truncatingIfNeeded: integer)))
        case _: append(bigEndian: UInt64(bitPattern: integer))
        }
    }

    private mutating func append<Number: FixedWidthInteger>(bigEndian number: Number) {
        var shift = Number.bitWidth
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }

    /// Lends the arguments as libpq takes them, for one call.
    func withPointers<Value>(
        _ body: (
            _ count: Int32, _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ lengths: UnsafePointer<Int32>?,
            _ formats: UnsafePointer<Int32>?
        ) -> Value
    ) -> Value {
        guard !starts.isEmpty else { return body(0, nil, nil, nil) }
        return bytes.withUnsafeBytes { buffer in
            // An empty text is not null: its address has to be some address.
            let base = buffer.baseAddress.map { $0.assumingMemoryBound(to: CChar.self) }
            return withUnsafePointer(to: 0 as CChar) { empty in
                let pointers = starts.map { start -> UnsafePointer<CChar>? in
                    start < 0 ? nil : base.map { $0 + start } ?? empty
                }
                return body(Int32(starts.count), pointers, lengths, formats)
            }
        }
    }
}
