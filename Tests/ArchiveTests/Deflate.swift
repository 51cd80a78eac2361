import CZlib

/// Compresses with zlib.
enum Deflate {
    /// One member of a gzip file.
    static func gzip(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8] { compress(bytes, level, windowBits: 31) }

    /// Without anything around it.
    static func raw(_ bytes: [UInt8]) -> [UInt8] { compress(bytes, 6, windowBits: -15) }

    static func checksum(_ bytes: [UInt8]) -> UInt32 { UInt32(crc32(0, bytes, uInt(bytes.count))) }

    private static func compress(_ bytes: [UInt8], _ level: Int32, windowBits: Int32) -> [UInt8] {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        precondition(
            deflateInit2_(&stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
        )
        defer { deflateEnd(&stream) }
        var input = bytes
        let bound = Int(deflateBound(&stream, uLong(bytes.count)))
        return input.withUnsafeMutableBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: bound) { output, count in
                stream.next_in = source.baseAddress
                stream.avail_in = uInt(source.count)
                stream.next_out = output.baseAddress
                stream.avail_out = uInt(bound)
                precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
                count = bound - Int(stream.avail_out)
            }
        }
    }
}
