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
    package func configuration() async throws(HeddleError) -> EffectiveConfiguration {
        try EffectiveConfiguration(await value(.GET, "/api/v1/configuration"))
    }

    /// Asks the server to read its configuration again and to apply what it can.
    ///
    /// - Throws: ``HeddleError`` with `invalidConfiguration` and all faults, after which nothing is changed, or with
    ///   `serverUnreachable` when nothing answers.
    package func reloadConfiguration() async throws(HeddleError) -> ConfigurationReload {
        try ConfigurationReload(await value(.POST, "/api/v1/configuration/reload"))
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
