package import HeddleModel
import NIOHTTP1

extension HeddleClient {
    /// How the server is doing.
    ///
    /// - Throws: ``HeddleError`` with `serverUnreachable` when nothing answers.
    package func status() async throws(HeddleError) -> ServerStatus {
        try ServerStatus(await value(.GET, "/api/v1/status"))
    }

    /// Asks the server to stop; it answers before it does.
    ///
    /// - Throws: ``HeddleError`` with `serverUnreachable` when nothing answers.
    package func stopServer() async throws(HeddleError) {
        _ = try await send(.POST, "/api/v1/shutdown")
    }

    /// The server's effective configuration.
    ///
    /// - Throws: ``HeddleError`` with `serverUnreachable` when nothing answers.
    package func configuration() async throws(HeddleError) -> Page<ConfigurationEntry> {
        try Page(await value(.GET, "/api/v1/config"))
    }

    /// Whether a server answers at the address, with or without a valid token.
    package func isAnswering() async -> Bool {
        do {
            _ = try await send(.GET, "/healthz", timeout: .seconds(2))
            return true
        } catch {
            return error.code != .serverUnreachable && error.code != .cancelled && error.code != .deadlineExceeded
        }
    }
}
