import CHeddleKernels

/// CRC-32C, which finds every burst of up to 32 damaged bits and has an instruction on most processors.
enum Checksum {
    static func of(_ bytes: UnsafeRawBufferPointer, after checksum: UInt32 = 0) -> UInt32 {
        heddle_kernels_best().pointee.crc32c(checksum, bytes.baseAddress, bytes.count)
    }

    static func of(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { of($0) }
    }
}
