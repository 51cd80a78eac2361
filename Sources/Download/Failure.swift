import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// What failures of the parts below mean for a download.
enum Failure {
    /// An error of a request that reached the host, in our words.
    static func told(_ error: any Error, host: String, bytes: Int) -> any Error {
        switch error {
        case is DownloadError, is Interruption, is CancellationError:
            return error
        case let error as HTTPClientError where error == .cancelled:
            return CancellationError()
        case HTTPParserError.invalidEOFState:
            return cut(host: host, bytes: bytes)
        case is HTTPParserError:
            return DownloadError(.badAnswer, "\(host) does not answer in proper HTTP")
        case is HeadGuard.Overflow:
            return DownloadError(.badAnswer, "\(host) sends more than \(HeadGuard.maximumBytes) bytes of headers")
        case is Connection.WrongPeer:
            return DownloadError(.addressRefused, "\(host) was not connected at the address that was checked")
        case let error where Connection.isSecurity(error):
            return DownloadError(.untrusted, "\(host) cannot prove by a trusted certificate that it is that host")
        default:
            return cut(host: host, bytes: bytes)
        }
    }

    /// The connection ended before the file did.
    static func cut(host: String, bytes: Int) -> Interruption {
        Interruption(error: DownloadError(.incomplete, "the connection to \(host) ended early, after \(bytes) bytes"))
    }

    /// No address took a connection.
    static func unreachable(_ url: DownloadURL, cause: (any Error)?) -> Interruption {
        let isProxy: Bool =
            switch cause as? HTTPClientError {
            case .invalidProxyResponse, .proxyAuthenticationRequired, .httpProxyHandshakeTimeout: true
            default: false
            }
        return Interruption(
            error: DownloadError(
                .unreachable,
                isProxy ? "the proxy does not connect to \(url.host)" : "\(url.endpoint) takes no connection"
            )
        )
    }
}
