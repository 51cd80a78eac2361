import Glibc
import HeddleModel

extension StoreValue {
    /// GRDB stops the process for a value SQLite is too small for, so it never gets one.
    private static let maximumBytes = 500_000_000

    /// Refuses what the engines cannot store alike.
    ///
    /// - Throws: ``HeddleError`` with `.invalidRequest`.
    func check() throws(HeddleError) {
        switch self {
        case .null, .integer:
            break
        case .real(let real):
            guard !real.isNaN else { throw HeddleError(.invalidRequest, "not-a-number cannot be stored") }
        case .text(let text):
            // Native strings have their bytes in one piece, where the C library looks at many at once.
            let hasNull = text.utf8.withContiguousStorageIfAvailable { bytes in
                bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
            }
            guard !(hasNull ?? text.utf8.contains(0)) else {
                throw HeddleError(.invalidRequest, "text with the character U+0000 cannot be stored")
            }
            try Self.checkSize(text.utf8.count)
        case .blob(let bytes):
            try Self.checkSize(bytes.count)
        }
    }

    private static func checkSize(_ count: Int) throws(HeddleError) {
        guard count <= maximumBytes else {
            throw HeddleError(
                .invalidRequest,
                "the value is too large to be stored",
                details: ["limit_bytes": String(maximumBytes)]
            )
        }
    }
}
