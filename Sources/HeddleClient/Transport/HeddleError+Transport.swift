import AsyncHTTPClient
import HeddleModel

extension HeddleError {
    /// What a failure below HTTP means to the person at the command line.
    static func transport(_ error: any Error, _ server: ServerAddress) -> HeddleError {
        if let error = error as? HeddleError { return error }
        if error is CancellationError { return HeddleError(.cancelled, "the request was cancelled") }
        guard let failure = error as? HTTPClientError else {
            return unreachable(server, cause: error)
        }
        switch failure {
        case .cancelled:
            return HeddleError(.cancelled, "the request was cancelled")
        case .deadlineExceeded, .readTimeout, .writeTimeout:
            return HeddleError(.deadlineExceeded, "the server did not answer in time", cause: error)
        case .remoteConnectionClosed:
            return HeddleError(
                .serverUnreachable,
                "the connection to \(server) was closed before the answer came",
                cause: error
            )
        default:
            return unreachable(server, cause: error)
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
