import AsyncHTTPClient
import Glibc
import HeddleModel
import NIOCore
import NIOPosix

extension HeddleError {
    /// What a failure below HTTP means to the person at the command line.
    static func transport(_ error: any Error, _ server: ServerAddress) -> HeddleError {
        if let error = error as? HeddleError { return error }
        if error is CancellationError { return HeddleError(.cancelled, "the request was cancelled") }
        if hasNotLeft(error) { return unreachable(server, cause: error) }
        switch error as? HTTPClientError {
        case .cancelled:
            return HeddleError(.cancelled, "the request was cancelled")
        case .deadlineExceeded, .readTimeout, .writeTimeout:
            return HeddleError(.deadlineExceeded, "the server did not answer in time", cause: error)
        default:
            return HeddleError(
                .serverUnreachable,
                "the connection to \(server) ended before the answer came",
                cause: error
            )
        }
    }

    /// Whether no connection came about, so that the server cannot have seen anything of the request.
    private static func hasNotLeft(_ error: any Error) -> Bool {
        switch error {
        case is NIOConnectionError: true
        case let error as HTTPClientError: [.connectTimeout, .getConnectionFromPoolTimeout].contains(error)
        case let error as IOError: error.errnoCode == ECONNREFUSED
        default: false
        }
    }

    /// Nothing answers at an address.
    static func unreachable(_ server: ServerAddress, cause: (any Error)? = nil) -> HeddleError {
        HeddleError(
            .serverUnreachable,
            "no Heddle answers at \(server); start one with 'heddle serve'",
            details: ["server": server.description],
            cause: cause
        )
    }
}
