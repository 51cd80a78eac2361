/// The sizes and the place of an entry, which move to an extra field when 32 bits are not enough.
struct ZipSizes {
    private(set) var size: UInt64
    private(set) var packed: UInt64
    private(set) var offset: UInt64
    private(set) var disk: UInt32

    /// What says that the number is in the extra field.
    static let escape32: UInt64 = 0xFFFF_FFFF
    static let escape16: UInt32 = 0xFFFF

    init(size: UInt32, packed: UInt32, offset: UInt32, disk: UInt16) {
        self.size = UInt64(size)
        self.packed = UInt64(packed)
        self.offset = UInt64(offset)
        self.disk = UInt32(disk)
    }

    /// Takes the numbers that have moved from the extra field of a zip64; false when one is not there.
    mutating func widen(_ field: UnsafeRawBufferPointer?) -> Bool {
        guard let field else { return ![size, packed, offset].contains(Self.escape32) && disk != Self.escape16 }
        let fields = ZipFields(field)
        var position = 0
        func take(_ number: inout UInt64) -> Bool {
            guard number == Self.escape32 else { return true }
            guard position + 8 <= field.count else { return false }
            number = fields.u64(position)
            position += 8
            return true
        }
        guard take(&size), take(&packed), take(&offset) else { return false }
        guard disk == Self.escape16 else { return true }
        guard position + 4 <= field.count else { return false }
        disk = fields.u32(position)
        return true
    }
}
