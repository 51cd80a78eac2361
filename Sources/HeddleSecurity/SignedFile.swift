import Crypto
import FoundationEssentials
import Glibc
package import HeddleModel

/// A file of the host with the signature in the file beside it.
package struct SignedFile: Sendable, Hashable {
    package let verdict: SignatureVerdict
    /// SHA-256 of the bytes that were looked at, in lower-case hexadecimal.
    package let sha256: String

    private static let endings = [".sig", ".minisig"]
    private static let mostBytes = 1 << 30
    /// A signature of the old form is of all bytes at once, which then have to be in memory.
    private static let mostWholeBytes = 64 << 20
    private static let chunkBytes = 1 << 20

    /// Reads a file once, and looks whose signature is in `X.sig` or `X.minisig` beside it.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - publishers: Whose signatures are known.
    /// - Throws: ``HeddleError`` with `pathNotReadable`, or with `integrityFailed` when the signature is not of the file.
    package init(_ path: String, trusting publishers: TrustedPublishers) throws(HeddleError) {
        let signature = try Self.signature(beside: path)
        let limit = signature?.form == .whole ? Self.mostWholeBytes : Self.mostBytes
        var digest = SHA256()
        var hash = BLAKE2b()
        var whole: [UInt8] = []
        let isFound = try Self.read(path, atMost: limit) { chunk in
            chunk.withUnsafeBytes { digest.update(bufferPointer: $0) }
            switch signature?.form {
            case .hashed: hash.update(chunk.span)
            case .whole: whole += chunk
            case nil: break
            }
        }
        guard isFound else { throw Self.unreadable(path) }
        sha256 = digest.finalize().hexadecimal
        guard let signature else {
            verdict = .absent
            return
        }
        verdict = try publishers.verdict(of: signature, for: signature.form == .whole ? whole : hash.finalize())
    }

    private static func signature(beside path: String) throws(HeddleError) -> MinisignSignature? {
        for ending in endings {
            var bytes: [UInt8] = []
            guard try read(path + ending, atMost: 64 << 10, { bytes += $0 }) else { continue }
            return try MinisignSignature(parsing: bytes)
        }
        return nil
    }

    /// Reads a file in chunks.
    ///
    /// - Returns: Whether there is one.
    private static func read(
        _ path: String,
        atMost limit: Int,
        _ body: (ArraySlice<UInt8>) -> Void
    ) throws(HeddleError) -> Bool {
        // A pipe without a writer would hold the open up.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            guard errno == ENOENT else { throw unreadable(path) }
            return false
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw unreadable(path) }
        var chunk = [UInt8](repeating: 0, count: min(chunkBytes, limit + 1))
        var total = 0
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path) }
            guard count > 0 else { return true }
            total += count
            guard total <= limit else {
                throw HeddleError(
                    .integrityFailed,
                    "a file whose signature is to be checked has at most \(limit >> 10) KB",
                    details: ["path": path]
                )
            }
            body(chunk[..<count])
        }
    }

    private static func unreadable(_ path: String) -> HeddleError {
        HeddleError(.pathNotReadable, "the file or its signature cannot be read", details: ["path": path])
    }
}
