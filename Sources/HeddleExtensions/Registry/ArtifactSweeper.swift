import HeddleModel
import HeddleStore
package import Logging
import NIOPosix
import ServiceLifecycle

/// Removes archives that nobody needs now and then: of previews, refused registrations and pruned versions.
package struct ArtifactSweeper: Service {
    private static let interval = Duration.seconds(600)
    /// No registration takes as long.
    private static let age = Duration.seconds(7200)

    private let extensions: ExtensionService
    private let logger: Logger

    package init(extensions: ExtensionService, logger: Logger) {
        self.extensions = extensions
        self.logger = logger
    }

    package func run() async {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            // A cancelled sleep ends the loop at its head.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
            guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return }
            do {
                try await extensions.sweepArtifacts(olderThan: Self.age)
            } catch {
                logger.warning("Cannot remove archives that nobody needs", metadata: ["error": "\(error)"])
            }
        }
    }
}

extension ExtensionService {
    /// Removes archives that are older and that no version comes from.
    ///
    /// - Throws: what the store throws.
    func sweepArtifacts(olderThan age: Duration) async throws {
        let sources = try await store.read { [repository] tx in try repository.sources(tenant: .local, tx) }
        try await NIOThreadPool.singleton.runIfActive { [installation] in
            installation.sweepArtifacts(keeping: sources, olderThan: age)
        }
    }
}
