import ArgumentParser
import HeddleClient

/// A person's agreement to what is new in a version that waits.
enum PendingConsent {
    /// Shows what waits and accepts it when somebody agrees; a version may wait for its permissions, and then for its
    /// tools.
    ///
    /// - Throws: `ExitCode` when nobody agrees, or what the server throws.
    static func settle(
        _ offered: ExtensionResource,
        isAgreed: Bool,
        _ client: HeddleClient
    ) async throws -> ExtensionResource {
        var current = offered
        while let pending = current.pending {
            Terminal.error.line("\(current.name) \(pending.version) waits to be accepted; \(current.version) serves:")
            for line in pending.lines { Terminal.error.line("  " + line) }
            guard isAgreed || isThere else {
                Terminal.error.line("accept it with 'heddle ext accept \(current.name)'")
                throw ExitCode.failure
            }
            guard isAgreed || Consent.ask("Accept it?") else {
                Terminal.error.line("it waits on; 'heddle ext accept \(current.name) --discard' removes it")
                throw ExitCode.failure
            }
            let (name, revision) = (current.name, current.revision)
            current = try await Progress.during("upgrading \(name)") {
                try await client.acceptExtension(name, revision: revision)
            }
        }
        return current
    }

    private static var isThere: Bool { Terminal.input.isInteractive && Terminal.error.isInteractive }
}

extension ExtensionResource.Pending {
    /// What is new, a line for each.
    var lines: [String] {
        newPermissions.map(DisplayText.cell) + changes.map(\.line)
            + (newPermissions.isEmpty || !changes.isEmpty ? [] : ["its tools are known once it runs"])
    }
}

extension ExtensionResource.ToolChange {
    /// What became of the tool.
    var line: String {
        let name = DisplayText.cell(name)
        switch (wasAccepted, isOffered) {
        case (true, true): return "'\(name)' is described differently"
        case (true, false): return "'\(name)' is gone"
        case (false, _): return "'\(name)' is new"
        }
    }
}
