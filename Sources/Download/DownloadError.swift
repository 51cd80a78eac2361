import NIOHTTP1

/// Why a file was not downloaded.
///
/// The message names the host and never the path, the query or a password of a URL.
package struct DownloadError: Error, Sendable, Hashable {
    /// The rule that was broken, or what failed.
    package enum Code: Sendable, Hashable {
        /// The text is no `http` or `https` URL that may be fetched.
        case invalidURL
        /// A limit, checksum, exception or proxy is written wrongly.
        case invalidSetting
        /// The host is, or leads to, an address that is not public.
        case addressRefused
        /// The name has no address.
        case hostNotFound
        /// No address of the host takes a connection.
        case unreachable
        /// The server could not prove to be the host that the URL names.
        case untrusted
        /// The server answered with a status that brings no file.
        case refused(status: Int)
        /// A redirect leads where none may lead, or there are too many.
        case redirectRefused
        /// The answer is no proper HTTP, or says things that cannot be.
        case badAnswer
        /// The file comes in an encoding although none was asked for.
        case encoded
        /// The file has more bytes than allowed.
        case tooLarge
        /// The connection ended before the file did, in every try.
        case incomplete
        /// The whole download, or the wait for the next byte, took too long.
        case timedOut
        /// The bytes are not those that were expected.
        case checksumMismatch
        /// Somebody else downloads to the same place.
        case busy
        /// The storage or the quota is used up.
        case diskFull
        /// A file could not be written or read.
        case notWritable
        /// The task was cancelled.
        case cancelled
    }

    /// Which rule.
    package let code: Code
    /// One sentence for people that starts lower-case.
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// A status that brings no file.
    static func refused(status: Int, host: String) -> DownloadError {
        let reason = HTTPResponseStatus(statusCode: status).reasonPhrase
        let words = reason.isEmpty ? "\(status)" : "\(status) (\(reason))"
        return DownloadError(.refused(status: status), "\(host) answered with status \(words)")
    }
}

extension DownloadError: CustomStringConvertible {
    package var description: String { message }
}
