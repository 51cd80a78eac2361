/// The numbers of a zip's records, lowest byte first.
struct ZipFields {
    /// The record; an access beyond it is a mistake of ours and stops.
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func u16(_ offset: Int) -> UInt16 { UInt16(littleEndian: load(offset)) }
    func u32(_ offset: Int) -> UInt32 { UInt32(littleEndian: load(offset)) }
    func u64(_ offset: Int) -> UInt64 { UInt64(littleEndian: load(offset)) }

    private func load<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> Number {
        bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Number.self)
    }
}
