import Crypto
import Glibc
import HeddleModel
import HeddleSecurity

/// Reads an open file to its end, takes its hash on the way, and copies it when there is somewhere to copy it to.
struct HashedCopy {
    private static let chunkBytes = 1 << 20

    /// More than this is refused.
    let mostBytes: Int
    /// What is told of a file that "is too large", "cannot be read" or "cannot be written".
    let failure: (_ what: String) -> HeddleError

    /// Copies what follows in one file to another and returns the hash of it.
    ///
    /// - Throws: ``HeddleError`` that `failure` makes, or `storageFull`.
    func digest(of source: Int32, to target: Int32?, _ algorithm: PackageDigest.Algorithm) throws(HeddleError) -> String
    {
        switch algorithm {
        case .sha256: try run(source, target, SHA256())
        case .sha512: try run(source, target, SHA512())
        }
    }

    private func run(_ source: Int32, _ target: Int32?, _ function: some HashFunction) throws(HeddleError) -> String {
        var (hash, total) = (function, 0)
        var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
        while true {
            let count = read(source, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("cannot be read") }
            if count == 0 { break }
            total += count
            guard total <= mostBytes else { throw failure("is larger than \(mostBytes >> 20) MB") }
            chunk.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            if let target { try write(chunk[..<count], to: target) }
        }
        return hash.finalize().hexadecimal
    }

    private func write(_ bytes: ArraySlice<UInt8>, to target: Int32) throws(HeddleError) {
        var rest = bytes
        while !rest.isEmpty {
            let part = rest.withUnsafeBytes { Glibc.write(target, $0.baseAddress, $0.count) }
            if part < 0, errno == EINTR { continue }
            guard part > 0 else { throw Self.isDiskFull ? Self.storageFull : failure("cannot be written") }
            rest = rest.dropFirst(part)
        }
    }

    /// Whether the system call that just failed found no room.
    static var isDiskFull: Bool { errno == ENOSPC || errno == EDQUOT }

    static var storageFull: HeddleError { HeddleError(.storageFull, "the disk is full") }
}
