import Glibc
import HeddleModel

/// A secret that lies in a file of the host and is read at each start.
enum SecretFile {
    static let maximumBytes = 64 << 10

    /// The content without the line break at its end, which editors put there.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable` when it is not there, `grantRefused` when it is no secret's file.
    static func read(_ path: String, variable: String) throws(HeddleError) -> String {
        let details = ["variable": variable, "path": path]
        guard let file = HostFile(path) else {
            throw HeddleError(.pathNotReadable, "the file of the secret '\(variable)' does not exist", details: details)
        }
        guard file.kind == .regular else {
            throw HeddleError(.grantRefused, "the file of the secret '\(variable)' is not a file", details: details)
        }
        guard let bytes = HostFile.read(path, upTo: maximumBytes + 1) else {
            throw HeddleError(.pathNotReadable, "the file of the secret '\(variable)' cannot be read", details: details)
        }
        guard bytes.count <= maximumBytes else {
            throw HeddleError(
                .grantRefused,
                "the file of the secret '\(variable)' is larger than \(maximumBytes) bytes",
                details: details
            )
        }
        guard !bytes.contains(0), var text = String(validating: bytes, as: UTF8.self) else {
            throw HeddleError(.grantRefused, "the file of the secret '\(variable)' is not text", details: details)
        }
        if text.last?.isNewline == true { text.removeLast() }
        return text
    }
}
